//! The README's example builds with only the dependencies that the README lists.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The first code block of this kind in the section "Use it".
fn block<'r>(readme: &'r str, kind: &str) -> &'r str {
    let section = readme.split_once("\n## Use it\n").unwrap().1;
    let (_, block) = section.split_once(&format!("\n```{kind}\n")).unwrap();
    block.split_once("\n```\n").unwrap().0
}

#[test]
fn readme_example_builds_from_its_listed_dependencies() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = library.parent().unwrap();
    let readme = fs::read_to_string(workspace.join("README.md")).unwrap();
    let dependencies = block(&readme, "toml");
    assert!(dependencies.starts_with("[dependencies]\n"));

    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let package = "[package]\nname = \"readme\"\nedition = \"2024\"\n";
    let patch = format!("[patch.crates-io]\nhot_reload = {{ path = {library:?} }}\n");
    let manifest = format!("{package}\n{dependencies}\n\n{patch}\n[workspace]\n");
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(project.join("src")).unwrap();
    fs::write(project.join("src/main.rs"), block(&readme, "rust,no_run")).unwrap();
    // Uses the workspace's lock file, whose versions are already downloaded.
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let cargo = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--manifest-path"])
        .arg(project.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&cargo.stderr);
    assert!(cargo.status.success(), "{said}");
    assert!(!said.contains("was not used in the crate graph"), "{said}");
}
