//! The commands: what they print, and their exit codes.

use std::path::Path;
use std::process::Command;

use crate::certificates::{put, with_tls};
use crate::{config, folder_with};

/// Runs a command. Returns its exit code and standard output. It must write nothing to standard error.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &Path)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server-bin"));
    let output = command
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// Runs `check` on this file.
pub(crate) fn check(file: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let file = file.display().to_string();
    run(&[&["check", "--config", &file], arguments].concat(), &[])
}

#[test]
fn check_of_a_good_file_prints_nothing() {
    let (_folder, file) = folder_with(&config(1));
    assert_eq!(check(&file, &["--deny-warnings"]), (Some(0), String::new()));
}

#[test]
fn check_prints_a_problem_as_json() {
    let (_folder, file) = folder_with("id = 1\nname = 'a'\nlisten = 80\n");
    let (code, page) = check(&file, &["--format", "json"]);
    let problem: serde_json::Value = serde_json::from_str(&page).unwrap();
    assert_eq!(code, Some(78));
    assert_eq!(problem["severity"], "error");
    assert_eq!(problem["kind"], "decode");
    assert_eq!(problem["file"], file.display().to_string());
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&3.into(), &10.into())
    );
    assert_eq!(problem["path"], "listen");
    assert_eq!(page.lines().count(), 1);
}

#[test]
fn check_takes_the_file_from_the_environment() {
    let (_folder, file) = folder_with("id = 1\n");
    let (code, page) = run(&["check"], &[("SERVER_CONFIG", &file)]);
    assert_eq!(code, Some(78));
    assert!(page.contains("missing key \"name\""), "{page}");
}

#[test]
fn denied_warning_exits_with_3() {
    let (folder, file) = folder_with(&with_tls(1));
    put(folder.path(), 2000, 2001);
    let line =
        "the certificate has expired on 2001-01-01 00:00:00 UTC: clients refuse it; renew it";
    assert_eq!(check(&file, &[]), (Some(0), format!("warning: {line}\n")));
    let (code, page) = check(&file, &["--deny-warnings", "--format=json"]);
    let problem: serde_json::Value = serde_json::from_str(&page).unwrap();
    assert_eq!(code, Some(3));
    assert_eq!(
        problem,
        serde_json::json!({"severity": "warning", "message": line})
    );
}

#[test]
fn completions_and_manual_page_name_every_command() {
    let (code, page) = run(&["man"], &[]);
    assert_eq!(code, Some(0));
    let (_, script) = run(&["completions", "bash"], &[]);
    let (_, help) = run(&["--help"], &[]);
    let commands = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let commands: Vec<_> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"check"), "{commands:?}");
    for command in commands {
        assert!(
            page.contains(command) && script.contains(command),
            "{command}"
        );
    }
}
