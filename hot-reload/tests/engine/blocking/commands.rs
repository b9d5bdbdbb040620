//! Each command, and each way to wait, on threads without a runtime.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, Requester, Trigger};
use hot_reload::{Live, Outcome, Registry, ReloaderService, blocking};
use tokio::runtime::Handle;

use super::{PATIENCE, in_time, service};
use crate::script::{Bad, Failing, Good, Script};
use crate::tray::Tray;

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn commands_answer_as_their_async_twins_do() {
    let script = Script::new(Good("first"));
    let builder = script.builder().history(2);
    let (live, control) = in_time("start_blocking", || builder.start_blocking()).unwrap();
    in_time("a command", move || {
        assert!(Handle::try_current().is_err(), "this test has no runtime");
        assert_eq!(*live.load(), "first");
        script.set(Good("second"));
        let receipt = control.reload_for(Requester::Signal);
        assert!(receipt.is_current(), "{receipt}");
        assert_eq!(receipt.trigger, Trigger::Signal);
        assert_eq!(*live.load(), "second");
        script.set(Bad("third"));
        let receipt = control.reload();
        assert_eq!(receipt.error().unwrap().kind(), ErrorKind::Decode);

        assert!(control.rollback().is_current());
        assert_eq!(*live.load(), "first");
        let earlier = control.history();
        assert_eq!(*earlier[0], "second");
        assert!(control.rollback_to(earlier[0].generation()).is_current());
        assert_eq!(*live.load(), "second");

        control.pause();
        script.set(Good("fourth"));
        assert!(matches!(control.reload().outcome, Outcome::Held));
        assert!(control.status().hold.is_some());
        assert!(control.resume().is_current());
        assert!(control.barrier().is_current());
        assert_eq!(*live.load(), "fourth");
        let before = live.get().generation();
        let receipt = control.republish();
        assert_eq!(receipt.trigger, Trigger::Manual);
        assert!(receipt.is_current(), "{receipt}");
        assert!(live.get().generation() > before);
        assert!(control.explain().to_string().contains("rejected"));
        control.stop();
        control.stop();
        assert!(control.status().stopped);
        assert_eq!(*live.load(), "fourth");
        assert_eq!(control.reload().error().unwrap().kind(), ErrorKind::Stopped);
    });
}

#[test]
fn disabled_service_loads_again_once_it_is_enabled() {
    // It polls once an hour.
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    control.disable();
    in_time("the commands", move || {
        // The load is requested after the command.
        assert!(control.reload().is_current());
        assert!(!control.status().enabled);
        tray.put(2);
        control.enable();
        blocking::wait_for(&live, |value| *value == 2, PATIENCE).unwrap();
        assert!(control.status().enabled);
        control.stop();
    });
}

#[test]
fn start_fails_with_the_reason_and_leaves_nothing() {
    let script = Script::new(Failing(ErrorKind::Denied));
    let builder = script.builder();
    let error = in_time("a failed start", || builder.start_blocking()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(script.holders(), 0);
}

#[test]
fn panic_of_a_start_reaches_the_caller() {
    #[derive(Clone)]
    struct Nameless;
    #[hot_reload::async_trait]
    impl hot_reload::Reload<u8, String> for Nameless {
        type Source = ();
        async fn new((): &()) -> hot_reload::ReloadResult<Self, u8, String> {
            Ok(Self)
        }
        async fn reload(&self) -> hot_reload::ReloadResult<Option<u8>, u8, String> {
            Ok(Some(1))
        }
        fn source_name(&self) -> Option<String> {
            panic!("no name")
        }
    }
    let started = thread::spawn(|| ReloaderService::builder(Nameless).start_blocking());
    let panic = in_time("a panicking start", || started.join()).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"no name"));
}

#[test]
fn waits_end_with_a_value_with_the_limit_or_with_the_stop() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    in_time("a wait", move || {
        let late = blocking::wait_for(&live, |value| *value > 1, SHORT).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Timeout);
        let mut changes = blocking::iter(live.subscribe());
        assert_eq!(
            changes.next_timeout(SHORT).unwrap_err().kind(),
            ErrorKind::Timeout
        );
        let publish = |value| {
            tray.put(value);
            assert!(control.reload().is_current());
        };
        let waiting = {
            let live = live.clone();
            thread::spawn(move || blocking::wait_for(&live, |value| *value == 3, PATIENCE))
        };
        publish(2);
        assert_eq!(*changes.next().unwrap(), 2);
        publish(3);
        assert_eq!(*waiting.join().unwrap().unwrap(), 3);
        assert_eq!(*changes.next_timeout(PATIENCE).unwrap().unwrap(), 3);

        let waiting = {
            let live = live.clone();
            thread::spawn(move || blocking::wait_for(&live, |value| *value == 4, PATIENCE))
        };
        control.stop();
        assert_eq!(
            waiting.join().unwrap().unwrap_err().kind(),
            ErrorKind::Stopped
        );
        assert!(changes.next().is_none());
        assert_eq!(
            changes.next_timeout(PATIENCE).unwrap().map(|value| *value),
            None
        );
    });
}

#[test]
fn events_are_an_iterator_that_ends_with_the_service() {
    let tray = Tray::with(1);
    let (_live, control) = service(&tray);
    in_time("the events", move || {
        let mut events = control.events();
        assert_eq!(
            events.next_timeout(SHORT).unwrap_err().kind(),
            ErrorKind::Timeout
        );
        tray.put(2);
        let _ = control.reload();
        control.pause();
        let _ = control.resume();
        control.stop();
        let kinds: Vec<_> = events.map(|event| event.kind).collect();
        let shown = format!("{kinds:?}");
        assert!(matches!(kinds[0], EventKind::Load { .. }), "{shown}");
        assert!(matches!(kinds[1], EventKind::Paused), "{shown}");
        assert!(matches!(kinds[2], EventKind::Resumed), "{shown}");
        assert!(matches!(kinds.last(), Some(EventKind::Stopped)), "{shown}");
    });
}

#[test]
fn callbacks_need_no_runtime_of_the_caller() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, calls) = mpsc::channel();
    let callback = {
        let live = live.clone();
        in_time("for_each", move || {
            live.for_each(move |value| sender.send(**value).unwrap())
        })
    };
    assert_eq!(calls.recv_timeout(PATIENCE), Ok(1));
    tray.put(2);
    in_time("the end", move || {
        assert!(control.reload().is_current());
        control.stop();
        blocking::wait(callback.finished()).unwrap();
    });
    assert_eq!(calls.iter().collect::<Vec<_>>(), [2]);
    drop(live);
}

#[test]
fn callbacks_need_no_service() {
    let (sender, calls) = mpsc::channel();
    let live = Live::fixed("a value");
    let callback = live.for_each(move |value| sender.send(**value).unwrap());
    assert_eq!(calls.recv_timeout(PATIENCE), Ok("a value"));
    drop(live);
    in_time("the end", || blocking::wait(callback.finished())).unwrap();
}

#[test]
fn registry_and_targets_are_served_by_wait() {
    let tray = Tray::with(1);
    let registry = Registry::new();
    let builder = tray.builder().name("tray").register(&registry);
    let (live, control) = in_time("start_blocking", || builder.start_blocking()).unwrap();
    in_time("a registry", move || {
        tray.put(2);
        let target = registry.get(control.target().name()).unwrap();
        assert!(blocking::wait(target.reload()).unwrap().is_current());
        assert_eq!(*live.load(), 2);
        let limit = blocking::wait_timeout(target.stopped(), SHORT);
        assert_eq!(limit.unwrap_err().kind(), ErrorKind::Timeout);
        blocking::wait(registry.stop_all()).unwrap();
        assert!(control.status().stopped);
        blocking::wait(target.stopped()).unwrap();
    });
}
