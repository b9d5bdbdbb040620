//! Observers of a blocking service: one at a time, on the engine's thread, whichever thread causes the event.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use hot_reload::blocking;
use hot_reload::event::EventKind;

use super::{in_time, service};
use crate::tray::Tray;

#[test]
fn observers_run_on_one_thread_and_never_at_once() {
    let tray = Tray::with(1);
    let (_live, control) = service(&tray);
    let running = Arc::new(AtomicUsize::new(0));
    let calls: Arc<Mutex<Vec<(ThreadId, &str)>>> = Arc::default();
    control.on_event({
        let calls = Arc::clone(&calls);
        move |event| {
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            let kind = match event.kind {
                EventKind::Paused => "paused",
                EventKind::Resumed => "resumed",
                EventKind::Stopped => "stopped",
                _ => "other",
            };
            calls.lock().unwrap().push((thread::current().id(), kind));
            thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
        }
    });
    in_time("the commands", move || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        control.pause();
                        assert!(control.resume().is_current());
                    }
                });
            }
        });
        // By a target, too, which has no control.
        control.target().pause();
        control.stop();
    });
    let calls = calls.lock().unwrap();
    let count = |wanted| calls.iter().filter(|(_, kind)| *kind == wanted).count();
    assert!(count("paused") > 0);
    assert_eq!(calls.last().map(|(_, kind)| *kind), Some("stopped"));
    assert_eq!(count("stopped"), 1);
    let (first, _) = calls[0];
    assert!(
        calls.iter().all(|(thread, _)| *thread == first),
        "{calls:?}"
    );
    assert_ne!(first, thread::current().id());
}

#[test]
fn p07_panics_of_observer_and_callback_leave_the_service() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    control.on_event(|_| panic!("an observer with a bug"));
    let callback = live.on_change(|_| panic!("a callback with a bug"));
    in_time("the end", move || {
        for value in 2..5 {
            tray.put(value);
            assert!(control.reload().is_current());
            assert_eq!(*live.load(), value);
        }
        control.stop();
        blocking::wait(callback.finished()).unwrap();
    });
}
