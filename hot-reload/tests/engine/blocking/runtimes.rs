//! Blocking services and async runtimes in one process.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hot_reload::blocking;
use tokio::runtime::{self, Handle};
use tokio::time::timeout;

use super::{PATIENCE, in_time, service};
use crate::script::{Good, Script};
use crate::tray::Tray;

#[tokio::test]
async fn blocking_calls_work_in_a_task_of_a_current_thread_runtime() {
    let tray = Tray::with(1);
    let (live, control) = tray.builder().start_blocking().unwrap();
    tray.put(2);
    assert!(control.reload().is_current());
    let found = blocking::wait_for(&live, |value| *value == 2, PATIENCE).unwrap();
    assert_eq!(*found, 2);
    let mut changes = live.subscribe();
    tray.put(3);
    assert!(control.target().reload().await.is_current());
    assert_eq!(
        *timeout(PATIENCE, changes.changed()).await.unwrap().unwrap(),
        3
    );
    control.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_calls_work_in_tasks_of_many_threads() {
    let tasks = (0..8).map(|number| {
        tokio::spawn(async move {
            let (live, control) = Tray::with(number).builder().start_blocking().unwrap();
            assert_eq!(*live.load(), number);
            control.stop();
        })
    });
    for task in tasks {
        timeout(PATIENCE, task).await.unwrap().unwrap();
    }
}

#[test]
fn start_on_runs_the_service_in_another_runtime() {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let script = Script::new(Good("first"));
    let starting = script.builder().start_on(runtime.handle());
    let (live, control) = blocking::wait_timeout(starting, PATIENCE).unwrap().unwrap();
    assert!(Handle::try_current().is_err());
    script.set(Good("second"));
    assert!(
        blocking::wait_timeout(control.reload(), PATIENCE)
            .unwrap()
            .is_current()
    );
    assert_eq!(*live.load(), "second");
    in_time("the shutdown", move || drop(runtime));
    assert!(control.status().stopped, "it ends with its runtime");
}

#[test]
fn dropped_start_on_stops_the_service() {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let script = Script::new(crate::script::Hanging);
    let starting = script.builder().start_on(runtime.handle());
    let late = blocking::wait_timeout(starting, Duration::from_millis(20));
    assert!(late.is_err());
    in_time("the end", move || {
        // The runtime still runs, so it is not its end that stops the service.
        while script.holders() > 0 {
            thread::yield_now();
        }
    });
    in_time("the shutdown", move || drop(runtime));
}

#[test]
fn start_in_a_runtime_of_a_callback_runs_there() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, started) = mpsc::channel();
    let callback = live.for_each(move |_| {
        let own = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap();
        let script = Script::new(Good("first"));
        let builder = script.builder();
        let (other, other_control) = own.block_on(builder.start()).unwrap();
        // All events of the start are delivered before the receipt.
        assert!(own.block_on(other_control.reload()).is_current());
        // Its observers are called by the caller of a command, as in any runtime but the engine's.
        let (paused, pauses) = mpsc::channel();
        other_control.on_event(move |_| paused.send(thread::current().id()).unwrap());
        other_control.pause();
        let by_caller = pauses.try_recv() == Ok(thread::current().id());
        drop(own);
        let ended = other_control.status().stopped;
        sender
            .send((other.load().clone(), by_caller, ended))
            .unwrap();
    });
    let expected = ("first".to_owned(), true, true);
    assert_eq!(started.recv_timeout(PATIENCE), Ok(expected));
    in_time("the end", move || {
        control.stop();
        blocking::wait(callback.finished()).unwrap();
    });
}

#[test]
fn start_outside_of_a_runtime_names_the_caller() {
    let script = Script::new(Good("first"));
    let panic = thread::spawn(move || blocking::wait(script.builder().start()).map(drop));
    let panic = in_time("the start", || panic.join()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(
        text.contains("`Builder::start` needs a tokio runtime"),
        "{text}"
    );
    assert!(text.contains("engine/blocking/runtimes.rs"), "{text}");
}
