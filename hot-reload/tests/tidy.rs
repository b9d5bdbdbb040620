//! The rules of the tree that a compiler does not know: who may import whom, how long a file may be, what never stands
//! in the sources. The table below is the one of `docs/ARCHITECTURE.md`.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]

use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom: the longest fitting prefix of a module's path decides. `*` stands for everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("revision", &[]),
    ("backoff", &[]),
    ("clock", &[]),
    ("locks", &[]),
    ("secret", &[]),
    ("scope", &["error", "secret"]),
    ("panics", &["error", "event", "secret"]),
    ("error", &["revision", "secret"]),
    ("snapshot", &["event", "revision"]),
    ("event", &["error", "snapshot"]),
    ("status", &["error", "event", "secret", "snapshot"]),
    ("reload", &["error", "revision", "status"]),
    ("participant", &[]),
    ("receipt", &["error", "event", "status"]),
    ("hints", &["error", "locks"]),
    ("watch", &["error", "hints", "reload"]),
    ("live", &["error", "event", "locks", "panics", "snapshot"]),
    ("diff", &["error", "panics", "scope", "secret"]),
    (
        "last_good",
        &["clock", "error", "locks", "panics", "revision", "snapshot"],
    ),
    (
        "last_good::tests",
        &["error", "last_good", "live", "snapshot"],
    ),
    ("testing", &["live", "locks", "snapshot"]),
    (
        "compat",
        &[
            "clock", "error", "reload", "revision", "source", "status", "watch",
        ],
    ),
    (
        "service::machine",
        &["backoff", "event", "service::settings", "watch"],
    ),
    ("service::settings", &["watch"]),
    ("service::policy::restart", &["diff", "error", "reload"]),
    (
        "service::builder::options::restart",
        &["diff", "reload", "service"],
    ),
    (
        "service::flight",
        &[
            "backoff",
            "clock",
            "error",
            "event",
            "locks",
            "panics",
            "receipt",
            "reload",
            "revision",
            "service::driver::clock",
            "service::machine",
            "service::settings",
            "snapshot",
            "status",
            "watch",
        ],
    ),
    (
        "service::shared",
        &[
            "clock",
            "compat",
            "error",
            "event",
            "group::link",
            "live",
            "locks",
            "panics",
            "receipt",
            "revision",
            "service",
            "snapshot",
            "status",
        ],
    ),
    (
        "service::feed",
        &[
            "error", "event", "hints", "reload", "revision", "status", "watch",
        ],
    ),
    (
        "service",
        &[
            "backoff",
            "clock",
            "compat",
            "error",
            "event",
            "hints",
            "last_good",
            "live",
            "locks",
            "panics",
            "participant",
            "receipt",
            "reload",
            "revision",
            "snapshot",
            "status",
            "watch",
        ],
    ),
    (
        "group",
        &[
            "error", "event", "hints", "live", "locks", "panics", "reload", "revision", "service",
            "snapshot", "status", "watch",
        ],
    ),
    (
        "source",
        &[
            "backoff", "clock", "error", "hints", "locks", "reload", "revision", "scope", "secret",
            "status", "watch",
        ],
    ),
    ("", &["*"]),
];

/// What only these modules may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("tokio::select!", &["service::driver"]),
    (
        "tokio::spawn",
        &["live::callback", "service::builder::start"],
    ),
    ("RwLock", &["source"]),
    // The engine counts by its own clock, which a test can pause.
    ("clock::now", &["source"]),
    ("disallowed_methods", &["clock"]),
    ("unsafe", &["live::cell", "source::file::os::lease"]),
];

/// What a module must not name at all.
const NEVER_IN: &[(&str, &[&str])] = &[
    (
        "service::machine",
        &["tokio", "tracing", "Instant", "SystemTime", "async"],
    ),
    ("source", &["crate::service", "crate::live"]),
];

/// No file is longer, and a comment must say why one is longer than the half of it.
const NEVER_LONGER: usize = 600;
/// The table of contents.
const LIB_NEVER_LONGER: usize = 120;

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

/// The modules of the crate that a line names, as `service::machine`.
fn imports(module: &str, line: &str) -> Vec<String> {
    let ups = |count: usize| {
        let mut parts: Vec<_> = module.split("::").collect();
        parts.truncate(parts.len().saturating_sub(count));
        parts.join("::")
    };
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        found.push(line[at + "crate::".len()..].to_owned());
    }
    if let Some(rest) = line.trim_start().strip_prefix("use super::super::") {
        found.push(format!("{}::{rest}", ups(2)));
    }
    found
        .into_iter()
        .map(|path| {
            path.chars()
                .take_while(|char| char.is_alphanumeric() || matches!(char, '_' | ':'))
                .collect()
        })
        .collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for file in sources("hot-reload") {
        let (own, allowed) = MAY_IMPORT
            .iter()
            .filter(|(prefix, _)| is_within(&file.module, prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .unwrap();
        for (number, line) in code(&file.text) {
            for import in imports(&file.module, line) {
                let fine = allowed.contains(&"*")
                    || is_within(&import, own)
                    || allowed.iter().any(|allowed| is_within(&import, allowed));
                if !fine {
                    wrong.push(format!(
                        "{}:{number}: {own} imports {import}",
                        file.path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn some_things_are_named_in_one_place_or_not_at_all() {
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
fn a_file_is_one_idea_and_says_which() {
    let mut wrong = Vec::new();
    for krate in ["hot-reload", "server-lib", "server-bin", "examples"] {
        for file in sources(krate) {
            let lines = file.text.lines().count();
            let name = file.path.display();
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
fn nothing_is_left_for_later_and_nothing_is_skipped() {
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
fn the_rules_find_a_planted_violation() {
    assert_eq!(
        imports("source::file", "use crate::service::Builder;"),
        ["service::Builder"]
    );
    assert_eq!(
        imports(
            "service::machine::link",
            "use super::super::settings::SETTLE;"
        ),
        ["service::settings::SETTLE"]
    );
    assert!(is_within("service::machine::link", "service::machine"));
    assert!(!is_within("services", "service"));
    let text = "use a;\n// crate::service\nmod tests {\nuse crate::service;\n";
    assert_eq!(code(text).collect::<Vec<_>>(), [(1, "use a;")]);
}
