//! The start: errors that refuse it, and the first load, which decides.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use crate::support::{Program, get};
use crate::{config, folder_with, save};

/// Starts with a configuration that is wrong: exit code 78, and the last line is the reason.
pub(crate) async fn refused(file: &Path) -> String {
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
async fn missing_file_exits_with_78() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        refused(&folder.path().join("config.toml")).await,
        "config.toml: cannot be read: there is no such file; create it, or correct the path"
    );
}

#[tokio::test]
async fn invalid_file_exits_with_78() {
    let (_folder, file) = folder_with("id = 1\nname = x\n");
    // The text is the decoder's; this test is about the location.
    let line = refused(&file).await;
    assert!(line.starts_with("config.toml:2:8: "), "{line}");
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
async fn missing_or_unfit_certificate_exits_with_78() {
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
        "config.toml: tls.key: the file key.pem does not match the certificate in cert.pem; give the key that the certificate was made for"
    );
}

#[tokio::test]
async fn address_in_use_exits_with_78() {
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
async fn wrong_arguments_are_2() {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start(&file, &["--watch-mode", "guess"]);
    assert_eq!(program.ended().await.code(), Some(2));
}

/// A good configuration that takes long to load: a comment of some MiB.
pub(crate) fn slow(config: &str) -> String {
    let line = format!("#{}\n", "-".repeat(62));
    format!("{}{config}", line.repeat(SLOW / 64))
}

/// In bytes, less than the largest configuration.
pub(crate) const SLOW: usize = 12 << 20;

/// Waits until the program has read this many bytes, the size of its configuration.
pub(crate) async fn until_read(program: &Program, size: usize) {
    let counts = format!("/proc/{}/io", program.pid());
    crate::support::until(|| async {
        let counts = std::fs::read_to_string(&counts).ok()?;
        let read = counts.lines().next()?.strip_prefix("rchar: ")?;
        (read.parse::<usize>().ok()? > size).then_some(())
    })
    .await;
}

#[tokio::test]
async fn file_broken_during_the_start_is_served_or_refused() {
    for mode in ["polling", "realtime", "hybrid"] {
        let good = slow(&config(1));
        let (_folder, file) = folder_with(&good);
        let mut program = Program::start(&file, &["-w", mode]);
        until_read(&program, good.len()).await;
        save(&file, "id = 'bad'");
        // It listens with the configuration that it has read, or ends. It never goes on without an address.
        match program.started().await {
            Ok(address) => assert_eq!(get(address, "/").await.id(), 1),
            Err(status) => assert_eq!(status.code(), Some(78), "{mode}"),
        }
    }
}

#[tokio::test]
async fn sigterm_during_the_first_load_ends_it_with_0() {
    let good = slow(&config(1));
    let (_folder, file) = folder_with(&good);
    let mut program = Program::start(&file, &[]);
    until_read(&program, good.len()).await;
    program.signal(rustix::process::Signal::TERM);
    assert_eq!(program.ended().await.code(), Some(0));
}
