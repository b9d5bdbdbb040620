//! The messages to systemd, to a socket of the test.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use super::{config, folder_with, save};
use crate::support::Program;

/// The socket of a service manager.
struct Manager(UnixDatagram);

impl Manager {
    fn new(folder: &Path) -> Self {
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        Self(socket)
    }

    /// The next message that has this text.
    fn message(&self, text: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let length = self.0.recv(&mut buffer).unwrap();
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if message.contains(text) {
                return message;
            }
        }
    }
}

#[tokio::test]
async fn systemd_learns_of_readiness_reloads_refusals_and_the_stop() {
    let (folder, file) = folder_with(&config(1));
    let manager = Manager::new(folder.path());
    let socket = folder.path().join("notify").display().to_string();
    let mut program = Program::start_with(&file, &[], &[("NOTIFY_SOCKET", &socket)]);
    program.address().await;
    assert!(manager.message("READY=1").contains("generation 1"));

    save(&file, "id = 'x'\n");
    program.line("rejected").await;
    program.signal(Signal::HUP);
    let reloading = manager.message("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    let refused = manager.message("READY=1");
    assert!(refused.contains("config.toml:1:6: id: "), "{refused}");

    program.signal(Signal::TERM);
    manager.message("STOPPING=1");
    assert_eq!(program.ended().await.code(), Some(0));
}
