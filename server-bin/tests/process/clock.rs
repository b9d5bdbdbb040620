//! A wall clock that steps back.

use std::env;
use std::fs;
use std::process::Command;

use crate::support::{Program, command, get};
use crate::{config, folder_with};

#[tokio::test]
async fn date_follows_a_clock_that_steps_back() {
    let Some(library) = library() else {
        assert!(
            env::var_os("HOT_RELOAD_REQUIRE").is_none(),
            "faketime is missing"
        );
        println!("not run: faketime is missing");
        return;
    };
    let (folder, file) = folder_with(&config(1));
    let time = folder.path().join("time");
    fs::write(&time, "+2d").unwrap();
    let mut command = command();
    command
        .arg("--config")
        .arg(&file)
        // Only the wall clock, and not the times of files.
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &time)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .env("NO_FAKE_STAT", "1");
    let program = Program::run(command);
    let address = program.address().await;
    let date = async || {
        let reply = get(address, "/").await;
        httpdate::parse_http_date(reply.header("date")).unwrap()
    };
    let before = date().await;
    fs::write(&time, "-2d").unwrap();
    let after = date().await;
    assert!(after < before, "{after:?} after {before:?}");
}

/// The library that the program `faketime` preloads.
fn library() -> Option<String> {
    let output = Command::new("faketime")
        .args(["2020-01-01 00:00:00", "printenv", "LD_PRELOAD"])
        .output()
        .ok()?;
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}
