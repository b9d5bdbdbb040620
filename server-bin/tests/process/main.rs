//! The whole program: its output, its exit codes, and its reloads.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]
#![cfg(unix)]

mod addresses;
mod admin;
mod bad_starts;
mod campaign;
mod certificates;
mod clients;
mod clock;
mod commands;
mod files;
mod logs;
mod ops;
mod signals;
mod start;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod systemd;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use support::{Program, get, until_id};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

fn config(id: u64) -> String {
    format!(
        "id = {id}\nname = 'process'\nlisten = '127.0.0.1:0'\n[[routes]]\npath = '/'\nbody = 'this is {id}'\n"
    )
}

/// A folder with this file in it.
fn folder_with(config: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, config).unwrap();
    (folder, file)
}

fn save(file: &Path, config: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, config).unwrap();
    std::fs::rename(new, file).unwrap();
}

async fn ends_with_0_at(signal: Signal) {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start(&file, &[]);
    let address = program.address().await;
    let mut kept = support::client::Client::connect(address).await;
    assert_eq!(kept.get("/").await.body, "this is 1");
    program.signal(signal);
    assert_eq!(program.ended().await.code(), Some(0));
}

#[tokio::test]
async fn sigterm_ends_it_with_0() {
    ends_with_0_at(Signal::TERM).await;
}

#[tokio::test]
async fn sigint_ends_it_with_0() {
    ends_with_0_at(Signal::INT).await;
}

#[tokio::test]
async fn second_sigterm_does_not_wait_for_open_requests() {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start(&file, &[]);
    let address = program.address().await;
    let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    // The request has reached the server before the signal does.
    assert_eq!(get(address, "/").await.id(), 1);
    program.signal(Signal::TERM);
    program.line("stopping").await;
    program.signal(Signal::TERM);
    // Open requests are given ten seconds.
    let ended = tokio::time::timeout(Duration::from_secs(8), program.ended()).await;
    assert_eq!(ended.expect("it waited").code(), Some(0));
}

#[tokio::test]
async fn sighup_reloads_the_file() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["-w", "polling", "--interval", "86400"]);
    let address = program.address().await;
    save(&file, &config(2));
    program.signal(Signal::HUP);
    until_id(address, 2).await;
    program.line("SIGHUP: config: published").await;
}

#[tokio::test]
async fn address_in_use_is_logged_once_and_taken_when_free() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &[]);
    let first = program.address().await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let wanted = taken.local_addr().unwrap();
    save(
        &file,
        &config(2).replace("127.0.0.1:0", &wanted.to_string()),
    );
    program
        .line(&format!(
            "listen: cannot listen on {wanted}: the address is in use; "
        ))
        .await;
    assert_eq!(get(first, "/").await.id(), 2);
    drop(taken);
    program.line(&format!("listening address={wanted} ")).await;
    assert_eq!(get(wanted, "/").await.id(), 2);
    assert_eq!(program.count("cannot listen"), 1);
}

#[tokio::test]
async fn applied_configuration_is_logged_with_address_tls_and_changes() {
    let (folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &[]);
    let line = program.line("configuration applied generation=1 ").await;
    assert!(line.contains(" listen=127.0.0.1:0 tls=false"), "{line}");
    assert!(!line.contains("changed="), "{line}");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    save(
        &file,
        &format!("{}[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n", config(2)),
    );
    let line = program.line("configuration applied generation=2 ").await;
    assert!(
        line.contains(" tls=true changed=\"id, routes, tls\""),
        "{line}"
    );
}

#[tokio::test]
async fn refusal_is_logged_at_error_at_each_sighup() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["-w", "polling", "--interval", "86400"]);
    program.address().await;
    save(&file, "id = 'bad'");
    for round in 1..=3 {
        program.signal(Signal::HUP);
        program.lines("SIGHUP: config: rejected", round).await;
        assert_eq!(program.count("ERROR"), round);
    }
}

async fn reloads(arguments: &[&str]) {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, arguments);
    let address = program.address().await;
    assert_eq!(get(address, "/").await.id(), 1);
    save(&file, &config(2));
    until_id(address, 2).await;
    std::fs::write(&file, config(3)).unwrap();
    until_id(address, 3).await;
    assert_eq!(get(address, "/").await.body, "this is 3");
    assert_eq!(program.count("ERROR"), 0);
}

#[tokio::test]
async fn reloads_by_polling() {
    reloads(&["--watch-mode", "polling", "--interval", "1"]).await;
}

#[tokio::test]
async fn reloads_by_notifications() {
    reloads(&["-w", "realtime"]).await;
}

#[tokio::test]
async fn reloads_in_hybrid_mode_which_is_the_default() {
    reloads(&[]).await;
}

#[tokio::test]
async fn wrong_edit_is_logged_once_and_keeps_the_last_good_value() {
    let (_folder, file) = folder_with(&config(1));
    // A short interval and a log line for every load, so that the test sees repeated loads of the wrong file.
    let log = [("SERVER_LOG", "info,hot_reload=debug")];
    let program = Program::start_with(&file, &["--interval", "1"], &log);
    let address = program.address().await;
    let reason = "config.toml:1:6: id: expected u64, found \"two\"";
    save(&file, &config(2).replace("id = 2", "id = \"two\""));
    program.line(reason).await;
    program.lines("still rejected: ", 2).await;
    assert_eq!(get(address, "/").await.body, "this is 1");
    save(&file, &config(3));
    until_id(address, 3).await;
    assert_eq!(program.count("ERROR"), 1, "it is logged once");
}

#[test]
fn sample_configuration_of_the_readme_command_loads() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(top.join("README.md")).unwrap();
    assert!(readme.contains("\ncargo run --package server-bin -- --config config.toml\n"));
    let file = top.join("config.toml");
    let config = server_lib::ServerConfig::load(&file).unwrap();
    assert_eq!((config.id, config.name.as_str()), (1234, "onamae"));
    assert_eq!(config.listen, SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
    assert!(config.route("/").is_some());
}
