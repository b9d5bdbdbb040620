//! Signals during the start and later.

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
    // The handlers are installed before the first load, which takes a while.
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
async fn server_follows_its_file_after_many_harmless_signals() {
    let (_folder, file) = folder_with(&config(1));
    // The parent's shell ignores the signals until the program has installed its own handlers.
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
    // The log names an ignored signal once, and those that have an effect.
    program
        .line("SIGUSR1 ignored; SIGTERM stops the server, SIGHUP reloads")
        .await;
    assert_eq!(program.count("SIGUSR1"), 1);
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await.code(), Some(0));
}
