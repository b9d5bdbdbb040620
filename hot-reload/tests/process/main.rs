//! File sources and their process: cost, faults of the system, and leftovers.
//!
//! The tests take turns, because they count what the process as a whole holds and does. Only hints lead to a change, unless
//! the test says otherwise.
#![cfg(target_os = "linux")]
#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "../file/alone.rs"]
mod alone;
#[path = "../file/census.rs"]
mod census;
#[path = "../file/mod.rs"]
mod file;
#[path = "../file/many.rs"]
mod many;
#[path = "../file/namespace.rs"]
mod namespace;

mod services;
mod twin;

#[cfg(feature = "blocking")]
mod blocking;
mod clock;
mod cost;
mod ends;
mod failure;
mod hang;
mod hub;
mod mapped;
mod memory;
mod race;
mod resources;
mod rights;
mod runtimes;
mod scarce;
mod sharing;
#[cfg(all(feature = "systemd", target_os = "linux"))]
mod signals;
mod storm;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;

use self::census::no_watcher;

/// Lets one test at a time go on.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Its idle threads do not linger.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_keep_alive(Duration::from_millis(50))
        .enable_all()
        .build()
        .unwrap()
}

/// Runs one test at a time, each in a runtime of its own, and none may leave a watcher.
fn in_turn(test: impl Future<Output = ()>) {
    let _turn = turn();
    runtime().block_on(async {
        no_watcher().await;
        test.await;
        no_watcher().await;
    });
}
