//! The whole program: what it writes, how it ends, and how it follows its file.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]
#![cfg(unix)]

#[path = "process/addresses.rs"]
mod addresses;
#[path = "process/clients.rs"]
mod clients;
#[path = "process/files.rs"]
mod files;
mod support;

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
async fn a_second_sigterm_does_not_wait_for_open_requests() {
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
async fn sighup_asks_for_a_look_at_the_file() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["-w", "polling", "--interval", "86400"]);
    let address = program.address().await;
    save(&file, &config(2));
    program.signal(Signal::HUP);
    until_id(address, 2).await;
    program.line("as SIGHUP asked outcome=published").await;
}

/// Starts with a configuration that is wrong: exit code 78, and the last line is the reason.
async fn refused(file: &Path) -> String {
    let mut program = Program::start(file, &[]);
    assert_eq!(program.ended().await.code(), Some(78));
    let lines = program.all_lines().await;
    let last = lines.last().unwrap().clone();
    assert!(
        !lines[..lines.len() - 1]
            .iter()
            .any(|line| line.contains("ERROR")),
        "{lines:#?}"
    );
    last.replace(&format!("{}/", file.parent().unwrap().display()), "")
}

#[tokio::test]
async fn a_file_that_is_not_there_is_78() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        refused(&folder.path().join("config.toml")).await,
        "config.toml: cannot be read: there is no such file; create it, or correct the path"
    );
}

#[tokio::test]
async fn a_file_that_is_wrong_is_78() {
    let (_folder, file) = folder_with("id = 1\nname = x\n");
    assert_eq!(
        refused(&file).await,
        "config.toml:2:8: expected a value behind '='"
    );
    save(&file, "id = 1\nname = 'a'\nlisten = 80\n");
    assert_eq!(
        refused(&file).await,
        "config.toml:3:10: listen: expected a string, found 80"
    );
    save(&file, "id = 1\nnam = 'a'\n");
    let line = refused(&file).await;
    assert!(
        line.starts_with("config.toml:2:1: unknown key \"nam\", "),
        "{line}"
    );
    assert!(line.ends_with(" (did you mean \"name\"?)"), "{line}");
}

#[tokio::test]
async fn a_certificate_that_is_missing_or_does_not_fit_is_78() {
    let (folder, file) = folder_with(&format!(
        "{}[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n",
        config(1)
    ));
    assert_eq!(
        refused(&file).await,
        "config.toml: tls.cert: cannot read cert.pem: there is no such file; create it, or correct the path"
    );
    let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made().cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made().signing_key.serialize_pem(),
    )
    .unwrap();
    assert_eq!(
        refused(&file).await,
        "config.toml: tls: the certificate cert.pem does not belong to the key key.pem; give the key that the certificate was made for"
    );
}

#[tokio::test]
async fn an_address_in_use_is_78() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();
    let (_folder, file) = folder_with(&config(1).replace("127.0.0.1:0", &address.to_string()));
    assert_eq!(
        refused(&file).await,
        format!(
            "config.toml: listen: cannot listen on {address}: the address is in use; stop the program that uses it, or choose another port"
        )
    );
}

#[tokio::test]
async fn an_address_in_use_after_the_start_is_told_once_and_taken_when_it_is_free() {
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
async fn a_wrong_edit_is_logged_once_and_the_last_good_one_goes_on() {
    let (_folder, file) = folder_with(&config(1));
    // A short interval and a log that tells of every look, so that the wrong file is seen to be looked at again.
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
    assert_eq!(program.count("ERROR"), 1, "it is told once");
}

#[tokio::test]
async fn the_log_filter_follows_the_file() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["--log-format", "text"]);
    let address = program.address().await;
    save(&file, &format!("log = 'server_lib=error'\n{}", config(2)));
    until_id(address, 2).await;
    save(&file, &config(3));
    until_id(address, 3).await;
    program.line("log filter applied filter=\"info\"").await;
    // The third was applied while the filter of the second was in force.
    assert_eq!(program.count("configuration applied generation=2 "), 1);
    assert_eq!(program.count("configuration applied generation=3 "), 0);
}

#[tokio::test]
async fn log_lines_can_be_json() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["--log-format", "json"]);
    let line = program.line("\"listening\"").await;
    assert!(
        line.starts_with('{') && line.ends_with('}') && line.contains("\"address\":\"127.0.0.1:"),
        "{line}"
    );
}

#[tokio::test]
async fn wrong_arguments_are_2() {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start(&file, &["--watch-mode", "guess"]);
    assert_eq!(program.ended().await.code(), Some(2));
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

#[tokio::test]
async fn the_environments_log_filter_wins_at_the_start_only() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start_with(
        &file,
        &["-w", "realtime"],
        &[("SERVER_LOG", "server_lib=debug")],
    );
    let address = program.address().await;
    assert_eq!(program.count("log filter applied"), 0);
    save(&file, &format!("log = 'server_bin=info'\n{}", config(2)));
    until_id(address, 2).await;
    program
        .line("log filter applied filter=\"server_bin=info\"")
        .await;
}

#[tokio::test]
async fn a_variable_that_is_no_log_filter_is_78() {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start_with(&file, &[], &[("SERVER_LOG", "loud=chatty")]);
    assert_eq!(program.ended().await.code(), Some(78));
    let lines = program.all_lines().await;
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].starts_with("SERVER_LOG: \"loud=chatty\" is not a log filter: "),
        "{lines:#?}"
    );
}
