//! Rules of the source tree that the compiler does not check: imports, cycles, lengths of files, forbidden words. The import
//! table is the one of `docs/ARCHITECTURE.md`.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]

mod imports;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use self::imports::{Crate, cycles};

/// The files that are longer than is good, each with its reason.
const LONG: &[(&str, &str)] = &[
    (
        "live/cell.rs",
        "the proof of the read cell stands beside its code",
    ),
    (
        "file_reloader/mod.rs",
        "the compatible surface in one place",
    ),
    ("place/secret.rs", "one table of forms"),
    ("place/message.rs", "one table of messages"),
    ("json/scan.rs", "one scanner"),
];

/// The modules that every module may import.
const ALL_MAY_IMPORT: &[&str] = &["generation"];

/// Names that only these modules may use.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("tokio::select!", &["service::driver"]),
    // A subscription of layers owns the task of their idle timeouts.
    ("tokio::spawn", &["runtime", "source::layers::watch"]),
    ("axum::", &["admin", "axum"]),
    ("hyper", &["admin"]),
    ("RwLock", &["source"]),
    // The engine counts by its own clock, which a test can pause.
    ("clock::now", &["runtime::park", "source"]),
    ("disallowed_methods", &["clock"]),
    ("unsafe", &["live::cell", "source::file::os::lease"]),
];

/// Names that a module must not use at all.
const NEVER_IN: &[(&str, &[&str])] = &[
    (
        "service::machine",
        &["tokio", "tracing", "Instant", "SystemTime", "async"],
    ),
    ("source", &["crate::service", "crate::live"]),
];

/// No file is longer.
const NEVER_LONGER: usize = 600;
/// A file is longer only for a reason in [`LONG`].
const SELDOM_LONGER: usize = 350;
/// No folder has more files.
const FOLDER_NEVER_LARGER: usize = 20;
/// The table of contents.
const LIB_NEVER_LONGER: usize = 130;
/// The root of the library has the names that an application uses daily, and no more.
const ROOT_NEVER_LARGER: usize = 35;
/// The only module whose names are also at the root: release 0.3.6 has both paths.
const TWO_PATHS: &str = "file_reloader";

struct File {
    path: PathBuf,
    /// The module's path below the crate, `service::machine`.
    module: String,
    text: String,
}

/// The sources of one crate of the workspace.
fn sources(krate: &str) -> Vec<File> {
    let root = workspace().join(krate).join("src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(!files.is_empty(), "no sources below {}", root.display());
    files
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(root).unwrap().with_extension("");
            let parts: Vec<_> = below
                .iter()
                .map(|part| part.to_str().unwrap())
                .filter(|part| !matches!(*part, "mod" | "lib" | "main"))
                .collect();
            files.push(File {
                module: parts.join("::"),
                text: fs::read_to_string(&path).unwrap(),
                path,
            });
        }
    }
}

fn is_within(module: &str, prefix: &str) -> bool {
    prefix.is_empty() || module == prefix || module.starts_with(&format!("{prefix}::"))
}

/// The code of a file: without comments, and without the tests at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| *line != "mod tests {")
        .map(|(number, line)| (number + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The library, for its imports.
fn library() -> Crate {
    let files = sources("hot-reload");
    let text = |file: &File| -> String {
        let lines = code(&file.text).map(|(_, line)| line.split(" // ").next().unwrap_or_default());
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    Crate::new(files.iter().map(|file| (file.module.as_str(), text(file))))
}

/// The import table of `docs/ARCHITECTURE.md`: a module's path, and the paths that it may import.
fn table() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(workspace().join("docs/ARCHITECTURE.md")).unwrap();
    let section = page
        .split("\n## ")
        .find(|section| section.starts_with("Who may import whom"));
    let names = |cell: &str| -> Vec<_> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    };
    let mut table = Vec::new();
    for line in section
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| `"))
    {
        let cells: Vec<_> = line.split('|').collect();
        for module in names(cells[1]) {
            table.push((module, names(cells[2])));
        }
    }
    assert!(table.len() > 20, "the table was not found");
    table
}

#[test]
fn modules_import_only_as_the_table_allows() {
    let table = table();
    let mut wrong = Vec::new();
    for import in library().imports() {
        let (from, to) = (import.from.join("::"), import.to.join("::"));
        // The longest prefix decides. Of the root, which is the table of contents, everything is allowed.
        let rows = table.iter().filter(|(prefix, _)| is_within(&from, prefix));
        let Some((own, allowed)) = rows.max_by_key(|(prefix, _)| prefix.len()) else {
            assert!(
                from.is_empty() || from.starts_with("docs"),
                "{from} has no row in the table"
            );
            continue;
        };
        let is_fine = is_within(&to, own)
            || allowed
                .iter()
                .map(String::as_str)
                .chain(ALL_MAY_IMPORT.iter().copied())
                .any(|allowed| is_within(&to, allowed));
        if !is_fine {
            wrong.push(format!("{from} imports {to} by `{}`", import.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_do_not_import_each_other_in_a_cycle() {
    let imports = library().imports();
    let wrong = cycles(&imports).into_iter().map(|import| {
        let (from, to) = (import.from.join("::"), import.to.join("::"));
        format!("{from} -> {to} by `{}`", import.path)
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "these imports lie on a cycle:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn public_name_has_one_path_and_the_root_has_few() {
    let surface = library().surface();
    assert!(surface.len() > 100, "the surface was not found");
    let root = surface.keys().filter(|path| path.len() == 1);
    let root: Vec<_> = root.map(|path| path.concat()).collect();
    // The module of release 0.3.6 counts, the table of contents does not.
    assert!(root.len() < ROOT_NEVER_LARGER, "at the root: {root:?}");
    let mut paths = BTreeMap::<_, Vec<_>>::new();
    for (path, file) in surface.iter().filter(|(path, _)| path[0] != TWO_PATHS) {
        let name = path.last().unwrap();
        paths.entry((file, name)).or_default().push(path.join("::"));
    }
    let several: Vec<_> = paths.values().filter(|paths| paths.len() > 1).collect();
    assert!(several.is_empty(), "{several:?}");
}

#[test]
fn folder_has_at_most_twenty_files() {
    let mut folders = BTreeMap::new();
    for krate in ["hot-reload", "server-lib", "server-bin", "examples"] {
        for file in sources(krate) {
            *folders
                .entry(file.path.parent().unwrap().to_owned())
                .or_insert(0) += 1;
        }
    }
    let wrong = folders
        .iter()
        .filter(|(_, files)| **files > FOLDER_NEVER_LARGER);
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn restricted_names_are_used_only_where_allowed() {
    let mut wrong = Vec::new();
    for file in sources("hot-reload") {
        let is_test = file.module.ends_with("tests") || file.module.ends_with("walk");
        for (number, line) in code(&file.text).filter(|_| !is_test) {
            for (word, places) in ONLY_IN {
                if line.contains(word) && !places.iter().any(|place| is_within(&file.module, place))
                {
                    wrong.push(format!("{}:{number}: {word}", file.path.display()));
                }
            }
            // Such a test takes a new outcome without an error of the compiler.
            if line.contains("matches!(")
                && line.contains("Outcome::")
                && !is_within(&file.module, "event")
            {
                wrong.push(format!(
                    "{}:{number}: use a `match` or a method of `Outcome`",
                    file.path.display()
                ));
            }
            for (place, words) in NEVER_IN {
                for word in words.iter().filter(|word| line.contains(**word)) {
                    if is_within(&file.module, place) {
                        wrong.push(format!(
                            "{}:{number}: {word} in {place}",
                            file.path.display()
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn file_is_short_or_listed_with_a_reason() {
    let mut wrong = Vec::new();
    for krate in ["hot-reload", "server-lib", "server-bin", "examples"] {
        for file in sources(krate) {
            let lines = file.text.lines().count();
            let name = file.path.display();
            let is_test = file.module.contains("tests::");
            let has_reason = is_test || LONG.iter().any(|(end, _)| file.path.ends_with(end));
            if lines > SELDOM_LONGER && !has_reason {
                wrong.push(format!("{name}: {lines} lines, and no reason in `LONG`"));
            }
            if lines > NEVER_LONGER
                || (file.path.ends_with("src/lib.rs") && lines > LIB_NEVER_LONGER)
            {
                wrong.push(format!("{name}: {lines} lines"));
            }
            let first = file.text.lines().next().unwrap_or_default();
            if !first.starts_with("//!") && !first.starts_with("#![doc") {
                wrong.push(format!("{name}: does not begin with what it is"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn code_has_no_todo_and_no_skipped_test() {
    // Put together, so that this file does not find itself.
    let never = [
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["#[ig", "nore"].concat(),
        ["```ig", "nore"].concat(),
        ["should", "_panic"].concat(),
    ];
    let mut wrong = Vec::new();
    let mut files = Vec::new();
    for folder in ["hot-reload", "server-lib", "server-bin", "examples"] {
        let root = workspace().join(folder);
        for below in ["src", "tests", "examples"] {
            let folder = root.join(below);
            if folder.is_dir() {
                collect(&root, &folder, &mut files);
            }
        }
    }
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            for word in never.iter().filter(|word| line.contains(word.as_str())) {
                wrong.push(format!("{}:{}: {word}", file.path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_depend_in_one_direction() {
    let may_depend: [(&str, &[&str]); 4] = [
        ("hot-reload", &[]),
        ("server-lib", &["hot_reload"]),
        ("server-bin", &["hot_reload", "server-lib"]),
        ("examples", &["hot_reload"]),
    ];
    for (krate, allowed) in may_depend {
        let manifest = fs::read_to_string(workspace().join(krate).join("Cargo.toml")).unwrap();
        for name in ["hot_reload", "server-lib", "server-bin", "examples"] {
            let depends = manifest.lines().any(|line| {
                line.starts_with(&format!("{name} =")) || line.starts_with(&format!("{name}."))
            });
            assert!(
                !depends || allowed.contains(&name),
                "{krate} depends on {name}"
            );
        }
    }
}

#[test]
fn rules_find_a_planted_violation() {
    let planted = [
        (
            "",
            "mod file;\nmod service;\npub use crate::service::Builder;",
        ),
        (
            "service",
            "mod builder;\nmod task;\npub use self::builder::Builder;\nstruct Other;",
        ),
        (
            "service::builder",
            "use super::task::{self, Task as T};\npub struct Builder;",
        ),
        (
            "service::task",
            "use super::*;\nfn f() { \"crate::file::no\"; super::builder::g() }",
        ),
        (
            "file",
            "use crate::Builder;\npub(in crate::service) struct A;",
        ),
    ];
    let krate = Crate::new(planted.map(|(module, text)| (module, text.to_owned())));
    let imports = krate.imports();
    let shown = |from: &str| -> Vec<_> {
        let of = imports
            .iter()
            .filter(|import| import.from.join("::") == from);
        of.map(|import| import.to.join("::")).collect()
    };
    assert_eq!(
        shown("file"),
        ["service::builder"],
        "through two re-exports"
    );
    assert_eq!(shown(""), [""; 0], "a re-export is no import");
    assert_eq!(
        shown("service"),
        [""; 0],
        "a table of contents imports nothing"
    );
    assert_eq!(shown("service::builder"), ["service::task"; 2]);
    assert_eq!(shown("service::task"), ["service", "service::builder"]);
    let on_cycle = cycles(&imports);
    let on_cycle = on_cycle.iter().map(|import| import.from.join("::"));
    let expected = ["service::builder", "service::builder", "service::task"];
    assert_eq!(on_cycle.collect::<Vec<_>>(), expected);
    let planted = [
        (
            "",
            "mod a;\npub mod b;\npub use crate::a::{A, shown};\npub use other::O;",
        ),
        (
            "a",
            "pub mod shown;\npub struct A;\nimpl A { pub fn no() {} }\npub(crate) struct No;",
        ),
        ("a::shown", "pub async fn f() {}\nstruct No;"),
        ("b", "pub(crate) use crate::a::shown;\npub use crate::a::A;"),
    ];
    let krate = Crate::new(planted.map(|(module, text)| (module, text.to_owned())));
    let surface = krate.surface();
    let shown: Vec<_> = surface.keys().map(|path| path.join("::")).collect();
    assert_eq!(shown, ["A", "O", "b::A", "shown::f"]);
    assert_eq!(surface[&vec!["A".to_owned()]], ["a"]);
    assert!(is_within("service::machine::watch", "service::machine"));
    assert!(!is_within("services", "service"));
    let text = "use a;\n// crate::service\nmod tests {\nuse crate::service;\n";
    assert_eq!(code(text).collect::<Vec<_>>(), [(1, "use a;")]);
}
