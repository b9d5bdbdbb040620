//! P14: a stop from anywhere ends the service, and nothing waits for itself.

use std::future::pending;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::EventKind;
use hot_reload::{Live, blocking};

use super::{PATIENCE, in_time, service};
use crate::tray::Tray;

/// Waits for the end of a service that was asked to stop elsewhere.
#[track_caller]
fn ends<V: Send + Sync + 'static>(live: Live<V>) {
    in_time("the end", move || {
        let mut changes = live.subscribe();
        while blocking::wait(changes.changed()).unwrap().is_some() {}
    });
}

#[test]
fn p14_stop_in_a_callback_waits_for_the_service() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, stopped) = channel();
    let callback = live.for_each(move |_| {
        control.stop();
        sender.send(control.status().stopped).unwrap();
    });
    assert_eq!(stopped.recv_timeout(PATIENCE), Ok(true));
    in_time("the callback", || blocking::wait(callback.finished())).unwrap();
    ends(live);
}

/// Whether a function of the user is registered or runs.
fn is_held(function: &Arc<AtomicBool>) -> bool {
    Arc::strong_count(function) > 1
}

#[test]
fn p14_stop_waits_for_running_callbacks_and_drops_them() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, running) = channel();
    // Whether the function was called with the last value, and has returned.
    let functions = [const { AtomicBool::new(false) }; 4].map(Arc::new);
    let call = |number: usize| {
        let (sender, control, done) = (
            sender.clone(),
            control.clone(),
            Arc::clone(&functions[number]),
        );
        move |value: u64| {
            sender.send((number, value)).unwrap();
            while !control.status().stopped {
                thread::yield_now();
            }
            // Without it, a stop that does not wait might still come second.
            let _ = blocking::wait_timeout(pending::<()>(), Duration::from_millis(50));
            done.store(value == 2, Relaxed);
        }
    };
    let [whole, from, part, derived] = [0, 1, 2, 3].map(call);
    live.for_each(move |value| whole(**value)).detach();
    live.on_change_from(move |_, value| from(**value)).detach();
    let projection = live.map(|value| value);
    projection.on_change(move |value| part(**value)).detach();
    let doubled = live.derive(|value| *value);
    doubled.on_change(move |value| derived(**value)).detach();
    assert_eq!(running.recv_timeout(PATIENCE), Ok((0, 1)));
    tray.put(2);
    let _ = in_time("the reload", {
        let control = control.clone();
        move || control.reload()
    });
    let mut others = [(); 3].map(|()| running.recv_timeout(PATIENCE).unwrap());
    others.sort_unstable();
    assert_eq!(others, [(1, 2), (2, 2), (3, 2)]);
    in_time("the stop", move || control.stop());
    for (number, function) in functions.iter().enumerate() {
        assert!(function.load(Relaxed) && !is_held(function), "{number}");
    }
}

#[test]
fn p14_callbacks_that_stop_their_service_do_not_wait_for_each_other() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let both = Arc::new(Barrier::new(2));
    let callbacks = [(); 2].map(|()| {
        let (both, control) = (Arc::clone(&both), control.clone());
        live.for_each(move |_| {
            both.wait();
            control.stop();
        })
    });
    for callback in callbacks {
        in_time("a callback", || blocking::wait(callback.finished())).unwrap();
    }
    in_time("another stop", move || control.stop());
}

#[tokio::test]
async fn p14_stop_does_not_wait_for_a_callback_of_the_callers_runtime() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let callback = live.for_each(|_| ());
    // Its task runs on this thread, which the stop blocks.
    control.stop();
    callback.finished().await;
}

#[test]
fn p14_stop_in_an_observer_ends_the_service_after_it() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, events) = channel();
    control.on_event({
        let control = control.clone();
        move |event| {
            control.stop();
            let stopped = matches!(event.kind, EventKind::Stopped);
            sender.send((stopped, control.status().stopped)).unwrap();
        }
    });
    tray.put(2);
    let _ = in_time("the reload", {
        let control = control.clone();
        move || control.reload()
    });
    ends(live);
    assert_eq!(events.recv_timeout(PATIENCE), Ok((false, false)));
    assert_eq!(events.recv_timeout(PATIENCE), Ok((true, true)));
    in_time("another stop", move || control.stop());
}

#[test]
fn p14_stop_in_a_validator_publishes_nothing() {
    let tray = Tray::with(1);
    let stopping: Arc<Mutex<Option<blocking::Control<u64>>>> = Arc::default();
    let builder = tray.builder().validate({
        let stopping = Arc::clone(&stopping);
        move |_| {
            if let Some(control) = stopping.lock().unwrap().take() {
                control.stop();
            }
            Ok::<_, String>(())
        }
    });
    let (live, control) = in_time("the start", || builder.start_blocking()).unwrap();
    *stopping.lock().unwrap() = Some(control.clone());
    tray.put(2);
    let receipt = in_time("the reload", move || control.reload());
    assert_eq!(receipt.error().unwrap().kind(), ErrorKind::Stopped);
    assert_eq!(*live.load(), 1);
    ends(live);
}

/// A value that stops its service when it is freed.
struct Stopping {
    control: Arc<Mutex<Option<blocking::Control<Self>>>>,
    freed: Sender<()>,
}

impl Drop for Stopping {
    fn drop(&mut self) {
        let control = self.control.lock().unwrap().take();
        if let Some(control) = control {
            control.stop();
        }
        let _ = self.freed.send(());
    }
}

#[test]
fn p14_stop_in_the_drop_of_a_value_does_not_hang() {
    for held_elsewhere in [false, true] {
        let (freed, values) = channel();
        let control = Arc::default();
        let value = || Stopping {
            control: Arc::clone(&control),
            freed: freed.clone(),
        };
        let tray = Tray::with(value());
        let (live, commands) = service(&tray);
        let held = held_elsewhere.then(|| live.get());
        *control.lock().unwrap() = Some(commands.clone());
        tray.put(value());
        let _ = in_time("the reload", {
            let commands = commands.clone();
            move || commands.reload()
        });
        // Freed by the engine, or by this reader.
        in_time("the drop", move || drop(held));
        values.recv_timeout(PATIENCE).expect("the value is freed");
        ends(live);
        in_time("another stop", move || commands.stop());
    }
}

#[test]
fn p14_stops_of_many_threads_all_return() {
    for _ in 0..20 {
        let tray = Tray::with(1);
        let (live, control) = service(&tray);
        in_time("the stops", {
            let control = control.clone();
            move || {
                thread::scope(|scope| {
                    for _ in 0..4 {
                        scope.spawn(|| {
                            control.stop();
                            assert!(control.status().stopped);
                        });
                    }
                });
            }
        });
        ends(live);
    }
}

#[test]
fn p14_stop_and_start_race_without_a_hang() {
    in_time("the race", || {
        thread::scope(|scope| {
            for number in 0..4 {
                scope.spawn(move || {
                    for round in 0..25 {
                        let tray = Tray::with(number);
                        let (live, control) = tray.builder().start_blocking().unwrap();
                        assert_eq!(*live.load(), number);
                        match round % 3 {
                            0 => control.stop(),
                            1 => drop((live, control)),
                            _ => live.for_each(move |_| control.stop()).detach(),
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn p14_last_handle_dropped_in_a_callback_ends_the_service() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let target = control.target();
    let handles = Mutex::new(Some((live.clone(), control)));
    let callback = live.for_each(move |_| drop(handles.lock().unwrap().take()));
    drop(live);
    in_time("the end", move || {
        blocking::wait(target.stopped()).unwrap();
        blocking::wait(callback.finished()).unwrap();
    });
}

#[test]
fn p14_stop_in_the_destructor_of_a_thread_returns() {
    struct AtEnd(Option<blocking::Control<u64>>, Sender<bool>);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            let control = self.0.take().unwrap();
            control.stop();
            let _ = self.1.send(control.status().stopped);
        }
    }
    thread_local!(static AT_END: std::cell::RefCell<Option<AtEnd>> = const { std::cell::RefCell::new(None) });

    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, stopped) = channel();
    thread::spawn(move || {
        AT_END.with_borrow_mut(|at_end| *at_end = Some(AtEnd(Some(control), sender)));
    });
    assert_eq!(stopped.recv_timeout(PATIENCE), Ok(true));
    ends(live);
}
