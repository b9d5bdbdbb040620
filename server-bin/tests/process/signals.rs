//! Signals, from the start on.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::sleep;

use crate::start::{slow, until_read};
use crate::support::{Program, command_after, get, until_id};
use crate::{config, folder_with, save};

/// The signals that do not stop the server.
const HARMLESS: [Signal; 6] = [
    Signal::HUP,
    Signal::QUIT,
    Signal::USR1,
    Signal::USR2,
    Signal::PIPE,
    Signal::XFSZ,
];

#[tokio::test]
async fn harmless_signals_during_the_first_load_do_not_end_it() {
    let good = slow(&config(1));
    let (_folder, file) = folder_with(&good);
    let mut program = Program::start(&file, &[]);
    // All handlers stand before the configuration is loaded, which takes a while.
    until_read(&program, good.len()).await;
    for _ in 0..20 {
        for signal in HARMLESS {
            assert!(!program.has_ended(), "ended before {signal:?}");
            program.signal(signal);
        }
    }
    let address = program.started().await.unwrap();
    assert_eq!(get(address, "/").await.id(), 1);
}

#[tokio::test]
async fn storm_of_harmless_signals_from_the_start_on_leaves_a_server_that_follows_its_file() {
    let (_folder, file) = folder_with(&config(1));
    // The parent ignores the signals until the program has its own handlers; before that nobody else could.
    let before = "trap '' HUP QUIT USR1 USR2 PIPE XFSZ; echo ignored >&2";
    let mut command = command_after(before, "");
    command.arg("--config").arg(&file);
    command.args(["-w", "polling", "--interval", "86400"]);
    let mut program = Program::run(command);
    program.line("ignored").await;
    for _ in 0..200 {
        for signal in HARMLESS {
            program.signal(signal);
        }
        sleep(Duration::from_millis(1)).await;
    }
    let address = program.started().await.unwrap();
    save(&file, &config(2));
    program.signal(Signal::HUP);
    until_id(address, 2).await;
    // It is said once what is ignored, and what is not.
    program
        .line("SIGUSR1 ignored; SIGTERM stops the server, SIGHUP reloads")
        .await;
    assert_eq!(program.count("SIGUSR1"), 1);
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await.code(), Some(0));
}
