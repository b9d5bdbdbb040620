//! The error line for each common mistake.

use std::net::{Ipv4Addr, SocketAddr};

use hot_reload::{ReloaderConfig, ReloaderService};
use server_lib::{Server, ServerConfig, ServerContext, Shutdown};
use tokio::net::TcpListener;

pub(crate) const HEAD: &str = "id = 1\nname = 'errors'\n";

/// The line with which this configuration is refused, without the folder's path.
fn line(config: &str) -> String {
    line_in(&tempfile::tempdir().unwrap(), config)
}

/// The same for a configuration in this folder.
pub(crate) fn line_in(folder: &tempfile::TempDir, config: &str) -> String {
    let path = folder.path().join("config.toml");
    std::fs::write(&path, config).unwrap();
    let line = ServerConfig::load(&path).unwrap_err().to_string();
    assert!(!line.contains('\n'), "{line}");
    line.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    assert_eq!(
        ServerConfig::load(&path).unwrap_err().to_string(),
        format!(
            "{}: cannot be read: there is no such file; create it, or correct the path",
            path.display()
        )
    );
    assert_eq!(
        ServerConfig::load(folder.path()).unwrap_err().to_string(),
        format!(
            "{}: cannot be read: it is not a regular file; give the path of a file",
            folder.path().display()
        )
    );
}

#[test]
fn file_that_is_not_toml_is_rejected() {
    assert_eq!(
        line("id = 1\nname = \n"),
        "config.toml:2:8: expected a value after '='"
    );
    assert_eq!(line("{\"id\": 1}"), "config.toml:1:1: expected key = value");
    assert_eq!(line(""), "config.toml:1:1: missing key \"id\"");
}

#[test]
fn limit_out_of_bounds_is_rejected() {
    for (key, expected) in [
        ("max_connections", "a whole number from 1 to 4294967295"),
        ("max_body_bytes", "a whole number from 1 to 4294967295"),
        ("max_head_bytes", "a number of bytes from 8192 to 1048576"),
        (
            "idle_timeout_ms",
            "a number of milliseconds from 1 to 86400000",
        ),
    ] {
        for (given, found) in [
            ("0", "0"),
            ("-1", "-1"),
            ("4294967296", "4294967296"),
            ("1e4", "10000.0"),
            ("'10'", "\"10\""),
            ("true", "true"),
        ] {
            let line = line(&format!("{HEAD}[limits]\n{key} = {given}\n"));
            let column = key.len() + 4;
            assert_eq!(
                line,
                format!("config.toml:4:{column}: limits.{key}: expected {expected}, found {found}")
            );
        }
    }
}

#[test]
fn root_that_is_no_directory_is_rejected() {
    let root = |root: &str| line(&format!("{HEAD}root = '{root}'\n"));
    assert_eq!(
        root("nowhere"),
        "config.toml: root: cannot use nowhere: there is no such directory; create it, or correct the path"
    );
    assert_eq!(
        root("config.toml"),
        "config.toml: root: cannot use config.toml: it is not a directory; give the directory of the files"
    );
}

#[test]
fn value_of_the_wrong_type_or_form_is_rejected() {
    let with = |more: &str| line(&format!("{HEAD}{more}"));
    assert_eq!(
        line("id = '1'"),
        "config.toml:1:6: id: expected u64, found \"1\""
    );
    assert_eq!(
        with("listen = '8080'"),
        "config.toml:3:10: listen: expected an address and a port, such as \"127.0.0.1:8080\", found \"8080\""
    );
    assert_eq!(
        with("log = 'loud=chatty'"),
        "config.toml:3:7: log: expected a log filter, such as \"info\" or \"warn,server_lib=debug\", found \"loud=chatty\""
    );
    assert_eq!(
        with("log = 'inof'"),
        "config.toml:3:7: log: expected a log filter, such as \"info\" or \"warn,server_lib=debug\" (did you mean \"info\"?), found \"inof\""
    );
    assert_eq!(
        with("[limits]\nmax_body_bytes = 0"),
        "config.toml:4:18: limits.max_body_bytes: expected a whole number from 1 to 4294967295, found 0"
    );
    assert_eq!(
        with("[[routes]]\npath = 'a'"),
        "config.toml:4:8: routes[0].path: expected a path that starts with \"/\" and has no space, \"?\" or \"#\", found \"a\""
    );
    assert_eq!(
        with("[[routes]]\npath = '/'\nstatus = 99"),
        "config.toml:5:10: routes[0].status: expected a status from 200 to 599, found 99"
    );
}

#[test]
fn unknown_key_is_rejected() {
    assert_eq!(
        line(&format!("{HEAD}lisen = '127.0.0.1:80'")),
        "config.toml:3:1: unknown key \"lisen\", expected one of \"id\", \"name\", \"listen\", \"root\", \"routes\", \"limits\", \"log\", \"tls\", \"plaintext\" (did you mean \"listen\"?)"
    );
    assert_eq!(
        line(&format!("{HEAD}[limits]\nmax_body = 1")),
        "config.toml:4:1: limits: unknown key \"max_body\", expected one of \"max_connections\", \"max_concurrent_requests\", \"max_head_bytes\", \"max_body_bytes\", \"head_timeout_ms\", \"body_timeout_ms\", \"request_timeout_ms\", \"idle_timeout_ms\", \"send_timeout_ms\""
    );
}

#[test]
fn senseless_route_is_rejected() {
    let with = |route: &str| {
        line(&format!(
            "{HEAD}[[routes]]\npath = '/a'\n[[routes]]\n{route}"
        ))
    };
    assert_eq!(
        with("path = '/a'"),
        "config.toml: routes[1].path: \"/a\" is the path of routes[0] already; give each route a path of its own"
    );
    assert_eq!(
        with("path = '/b'\nheaders = { 'a b' = '' }"),
        "config.toml: routes[1].headers.a b: \"a b\" is not the name of a header; use letters, digits and \"-\""
    );
    assert_eq!(
        with("path = '/b'\nheaders = { x-config-id = '5' }"),
        "config.toml: routes[1].headers.x-config-id: the server sets this header itself; remove it"
    );
    assert_eq!(
        with("path = '/b'\nheaders = { X-Tea = 'a', x-tea = 'b' }"),
        "config.toml: routes[1].headers.x-tea: this header is given twice, since upper and lower case are the same; keep one of the two"
    );
    assert_eq!(
        with("path = '/b'\nstatus = 205\nbody = 'a'"),
        "config.toml: routes[1].status: a response of status 205 has no body; remove it"
    );
    assert_eq!(
        with("path = '/b'\nmethods = ['get']"),
        "config.toml:7:11: routes[1].methods[0]: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, in capitals, found \"get\""
    );
    assert_eq!(
        with("path = '/b'\nmethods = []"),
        "config.toml:7:11: routes[1].methods: no method; name at least one, or leave the key out"
    );
    assert_eq!(
        with("path = '/b'\nfile = 'page.html'"),
        "config.toml: routes[1].file: cannot read page.html: there is no such file; create it, or correct the path"
    );
    assert_eq!(
        with("path = '/b'\nfile = 'page.html'\nbody = ''"),
        "config.toml: routes[1].file: there is a body too; keep one of the two"
    );
    assert_eq!(
        with("path = '/b'\nstatus = 204\nbody = 'a'"),
        "config.toml: routes[1].status: a response of status 204 has no body; remove it"
    );
}

#[tokio::test]
async fn address_in_use_at_the_start_is_an_error() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, format!("{HEAD}listen = '{address}'")).unwrap();
    let path = path.display().to_string();
    let (service, rx) = ReloaderService::new(&path, ReloaderConfig::polling(1))
        .await
        .unwrap();
    let server = Server::new(rx, ServerContext::new(Shutdown::new()));
    let error = server.entrypoint(service).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "listen: cannot listen on {address}: the address is in use; stop the program that uses it, or choose another port"
        )
    );
    assert!(error.is_configuration());
}

#[test]
fn p18_pem_text_in_place_of_a_path_is_not_shown() {
    let pem = "\"-----BEGIN PRIVATE KEY-----\\nMIIEhunter2hunter2\\n-----END PRIVATE KEY-----\\n\"";
    for table in [
        format!("[tls]\ncert = {pem}\nkey = 'key.pem'"),
        format!("[tls]\ncert = 'cert.pem'\nkey = {pem}"),
        format!("[[routes]]\npath = '/'\nfile = {pem}"),
        format!("listen = {pem}"),
        format!("log = {pem}"),
    ] {
        let line = line(&format!("{HEAD}{table}"));
        assert!(!line.contains("hunter2") && !line.contains('\n'), "{line}");
    }
}

#[test]
fn p18_debug_of_a_configuration_shows_neither_headers_nor_bodies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let route = "[[routes]]\npath = '/'\nbody = 'hunter2'\nheaders = { x-token = 'hunter2' }";
    std::fs::write(&path, format!("{HEAD}{route}")).unwrap();
    let shown = format!("{:?}", ServerConfig::load(&path).unwrap());
    assert!(
        shown.contains("x-token") && !shown.contains("hunter2"),
        "{shown}"
    );
}
