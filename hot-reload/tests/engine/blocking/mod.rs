//! The feature `blocking`: services of plain threads, in real time. Nothing waits longer than [`PATIENCE`].

mod commands;
mod guarded;
mod observed;
mod runtimes;
mod stops;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hot_reload::{Live, blocking};

use crate::tray::Tray;

/// The longest wait for something that should come at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs this on a thread, and fails if it hangs.
fn in_time<R: Send + 'static>(what: &str, run: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, done) = mpsc::channel();
    let thread = thread::spawn(move || sender.send(run()));
    match done.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what} hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let panic = thread.join().expect_err("it sent no result");
            std::panic::resume_unwind(panic)
        }
    }
}

fn service<V: Send + Sync + 'static>(tray: &Tray<V>) -> (Live<V>, blocking::Control<V>) {
    let builder = tray.builder();
    in_time("start_blocking", || builder.start_blocking()).unwrap()
}
