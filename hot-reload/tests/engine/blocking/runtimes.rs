//! Blocking services and async runtimes in one process.

use std::thread;
use std::time::Duration;

use hot_reload::blocking;
use tokio::runtime::{self, Handle};
use tokio::time::timeout;

use super::{PATIENCE, in_time};
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
    in_time("the shutdown", move || drop(runtime));
    assert_eq!(script.holders(), 0);
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
