//! Failed starts: each ends with exit code 78 and one line.

use std::path::Path;

use crate::commands::check;
use crate::support::Program;

/// A failed start: its name, a function that sets it up in an empty folder, and a text that the line must contain.
type BadStart = (&'static str, fn(&Path), &'static str);

const HEAD: &str = "id = 1\nname = 'a'\nlisten = '127.0.0.1:0'\n";

fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), content).unwrap();
}

fn text(folder: &Path, content: impl AsRef<[u8]>) {
    file(folder, "config.toml", content);
}

fn more(folder: &Path, content: &str) {
    text(folder, format!("{HEAD}{content}"));
}

/// A route at `/` with these further keys.
fn route(folder: &Path, keys: &str) {
    more(folder, &format!("[[routes]]\npath = '/'\n{keys}"));
}

fn certificate(folder: &Path, cert: &str, key: &str) {
    more(folder, "[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n");
    file(folder, "cert.pem", cert);
    file(folder, "key.pem", key);
}

fn made() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

const BAD_STARTS: &[BadStart] = &[
    (
        "missing",
        |_| {},
        "config.toml: cannot be read: there is no such file",
    ),
    (
        "directory",
        |at| std::fs::create_dir(at.join("config.toml")).unwrap(),
        "not a regular file",
    ),
    (
        "pipe",
        |at| rustix::fs::mkfifoat(rustix::fs::CWD, at.join("config.toml"), 0o600.into()).unwrap(),
        "not a regular file",
    ),
    (
        "socket",
        |at| drop(std::os::unix::net::UnixListener::bind(at.join("config.toml")).unwrap()),
        "not a regular file",
    ),
    ("device", |at| link("/dev/zero", at), "not a regular file"),
    (
        "link to nothing",
        |at| link("nothing", at),
        "there is no such file",
    ),
    (
        "link to itself",
        |at| link("config.toml", at),
        "config.toml: ",
    ),
    (
        "giant",
        |at| {
            std::fs::File::create(at.join("config.toml"))
                .unwrap()
                .set_len(100 << 30)
                .unwrap();
        },
        "larger than 16 MiB",
    ),
    ("empty", |at| text(at, ""), "config.toml"),
    ("blank", |at| text(at, " \n\n"), "config.toml"),
    ("zeros", |at| text(at, [0; 64]), "config.toml:1:1: "),
    (
        "not UTF-8",
        |at| text(at, b"id = 1\nname = '\xff'\n"),
        "config.toml",
    ),
    (
        "UTF-16",
        |at| text(at, b"\xff\xfei\0d\0=\x001\0"),
        "config.toml",
    ),
    ("JSON", |at| text(at, "{\"id\": 1}"), "config.toml:1:1: "),
    (
        "YAML",
        |at| text(at, "id: 1\nname: a\n"),
        "config.toml:1:3: found ':', but TOML writes key = value",
    ),
    (
        "no value",
        |at| text(at, "id = 1\nname = \n"),
        "config.toml:2:8: ",
    ),
    (
        "no quote at the end",
        |at| text(at, "id = 1\nname = 'a\n"),
        "config.toml:2:",
    ),
    (
        "no bracket at the end",
        |at| more(at, "[limits\n"),
        "config.toml:4:",
    ),
    ("key twice", |at| more(at, "id = 2\n"), "config.toml:4:1: "),
    (
        "unknown key",
        |at| more(at, "lisen = 1\n"),
        "(did you mean \"listen\"?)",
    ),
    (
        "missing key",
        |at| text(at, "id = 1\n"),
        "missing key \"name\"",
    ),
    (
        "wrong type",
        |at| more(at, "log = 1\n"),
        "config.toml:4:7: log: ",
    ),
    (
        "huge number",
        |at| text(at, "id = 99999999999999999999999\n"),
        "config.toml:1:6",
    ),
    (
        "negative number",
        |at| text(at, "id = -1\nname = 'a'\n"),
        "config.toml:1:6: id: ",
    ),
    (
        "deep nesting",
        |at| more(at, &format!("x = {}", "[".repeat(100_000))),
        "config.toml",
    ),
    (
        "long name",
        |at| text(at, format!("id = 1\nname = '{}'\n", "a".repeat(1 << 20))),
        "config.toml:2:8: name: ",
    ),
    (
        "name with a line break",
        |at| text(at, "id = 1\nname = \"a\\nb\"\n"),
        "config.toml:2:8: name: ",
    ),
    (
        "no port",
        |at| text(at, "id = 1\nname = 'a'\nlisten = '127.0.0.1'\n"),
        "config.toml:3:10: listen: ",
    ),
    (
        "port too large",
        |at| text(at, "id = 1\nname = 'a'\nlisten = '127.0.0.1:65536'\n"),
        "config.toml:3:10: listen: ",
    ),
    (
        "address of another machine",
        |at| text(at, "id = 1\nname = 'a'\nlisten = '192.0.2.1:80'\n"),
        "config.toml: listen: cannot listen on 192.0.2.1:80: ",
    ),
    (
        "misspelt level",
        |at| more(at, "log = 'inof'\n"),
        "(did you mean \"info\"?)",
    ),
    (
        "other name of a level",
        |at| more(at, "log = 'warning'\n"),
        "(did you mean \"warn\"?)",
    ),
    (
        "limit of zero",
        |at| more(at, "[limits]\nmax_body_bytes = 0\n"),
        "config.toml:5:18: limits.max_body_bytes: ",
    ),
    (
        "limit beyond all numbers",
        |at| more(at, "[limits]\nmax_body_bytes = 1e400\n"),
        "config.toml:5:18",
    ),
    (
        "path without a slash",
        |at| more(at, "[[routes]]\npath = 'a'\n"),
        "config.toml:5:8: routes[0].path: ",
    ),
    (
        "path that nobody can ask for",
        |at| more(at, "[[routes]]\npath = '/<a>'\n"),
        "config.toml:5:8: routes[0].path: ",
    ),
    (
        "endless path",
        |at| {
            more(
                at,
                &format!("[[routes]]\npath = '/{}'\n", "a".repeat(1 << 20)),
            );
        },
        "config.toml:5:8: routes[0].path: ",
    ),
    (
        "path twice",
        |at| more(at, "[[routes]]\npath = '/'\n[[routes]]\npath = '/'\n"),
        "routes[1].path: ",
    ),
    (
        "status of another kind",
        |at| route(at, "status = 101\n"),
        "config.toml:6:10: routes[0].status: ",
    ),
    (
        "status without a body",
        |at| route(at, "status = 204\nbody = 'a'\n"),
        "routes[0].status: ",
    ),
    (
        "header of the server",
        |at| route(at, "headers = { content-length = '1' }\n"),
        "routes[0].headers.content-length: ",
    ),
    (
        "name that no header has",
        |at| route(at, "headers = { 'a b' = '1' }\n"),
        "routes[0].headers.a b: ",
    ),
    (
        "value that no header has",
        |at| route(at, "headers = { a = \"1\\n2\" }\n"),
        "routes[0].headers.a: ",
    ),
    (
        "headers in two cases",
        |at| route(at, "headers = { a = '1', A = '2' }\n"),
        "routes[0].headers.a: ",
    ),
    (
        "40,000 headers",
        |at| {
            let headers: String = (0..40_000)
                .map(|number| format!("h{number} = ''\n"))
                .collect();
            route(at, &format!("[routes.headers]\n{headers}"));
        },
        "routes[0].headers: ",
    ),
    (
        "missing page",
        |at| route(at, "file = 'page.html'\n"),
        "routes[0].file: cannot read page.html: ",
    ),
    (
        "page and body",
        |at| {
            file(at, "a", "a");
            route(at, "file = 'a'\nbody = 'b'\n");
        },
        "routes[0].file: ",
    ),
    (
        "missing certificate",
        |at| more(at, "[tls]\ncert = 'c'\nkey = 'k'\n"),
        "tls.cert: cannot read c: ",
    ),
    (
        "certificate that is none",
        |at| certificate(at, "nothing", "nothing"),
        "tls.cert: ",
    ),
    (
        "key that is none",
        |at| certificate(at, &made().0, "nothing"),
        "tls.key: ",
    ),
    (
        "key of another certificate",
        |at| certificate(at, &made().0, &made().1),
        "tls.key: ",
    ),
    (
        "certificate without a key",
        |at| more(at, "[tls]\ncert = 'c'\n"),
        "missing key \"key\"",
    ),
];

fn link(target: &str, folder: &Path) {
    std::os::unix::fs::symlink(target, folder.join("config.toml")).unwrap();
}

#[tokio::test]
async fn each_bad_start_is_one_line_and_78() {
    assert!(BAD_STARTS.len() > 45);
    let mut problems = Vec::new();
    for (name, make, needle) in BAD_STARTS {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        let mut program = Program::start(&folder.path().join("config.toml"), &[]);
        let code = program.ended().await.code();
        let lines = program.all_lines().await;
        let known = match lines.as_slice() {
            [line] => {
                let line = line.replace(&format!("{}/", folder.path().display()), "");
                let plain = !line.contains(char::is_control) && line.chars().count() < 500;
                plain && line.starts_with("config.toml:") && line.contains(needle)
            }
            _ => false,
        };
        if code != Some(78) || !known {
            problems.push(format!("{name}: {code:?}, not {needle:?} in {lines:#?}"));
        }
        // `check` finds all problems but one: it binds no address.
        let expected = match lines.iter().any(|line| line.contains("cannot listen")) {
            true => (Some(0), String::new()),
            false => (Some(78), format!("{}\n", lines.join("\n"))),
        };
        let checked = check(&folder.path().join("config.toml"), &[]);
        if checked != expected {
            problems.push(format!("{name}: {checked:?}, not {expected:?}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
