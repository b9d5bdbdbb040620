//! The first example of the README builds from the files that the README shows, in an empty folder.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The first code block of this kind in the section "Start".
fn block<'r>(readme: &'r str, kind: &str) -> &'r str {
    let section = readme.split_once("\n## Start\n").unwrap().1;
    let (_, block) = section.split_once(&format!("\n```{kind}\n")).unwrap();
    block.split_once("\n```\n").unwrap().0
}

#[test]
fn readme_example_builds_from_its_manifest() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = library.parent().unwrap();
    let readme = fs::read_to_string(workspace.join("README.md")).unwrap();
    let clone = "\"../hot_reload/hot-reload\"";
    let manifest = block(&readme, "toml");
    assert!(manifest.contains(clone), "{manifest}");

    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let manifest = manifest.replace(clone, &format!("{library:?}"));
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(project.join("src")).unwrap();
    fs::write(project.join("src/main.rs"), block(&readme, "rust,no_run")).unwrap();
    // The versions are those of the workspace. Cargo downloads the few that it does not use.
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let cargo = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--manifest-path"])
        .arg(project.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&cargo.stderr);
    assert!(cargo.status.success(), "{said}");
}
