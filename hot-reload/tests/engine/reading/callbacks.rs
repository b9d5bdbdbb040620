//! P6, P7, P13: callbacks run in order, contain panics, and delay nothing.

use std::sync::{Arc, Mutex, mpsc};

use hot_reload::error::ErrorKind;
use hot_reload::{Control, Live, Snapshot};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use crate::log::log;
use crate::script::{Failing, Good, Script, seconds, settle};

/// A service that loads on request only, so that no test waits for time to pass.
async fn service(script: &Script) -> (Live<String>, Control<String>) {
    script.builder().start().await.unwrap()
}

async fn publish(script: &Script, control: &Control<String>, text: &'static str) {
    script.set(Good(text));
    assert!(control.reload().await.is_current());
}

/// A function for a callback that reports its arguments.
fn reporter() -> (
    impl FnMut(&Snapshot<String>) + Send + 'static,
    UnboundedReceiver<String>,
) {
    let (sender, calls) = unbounded_channel();
    let report = move |value: &Snapshot<String>| {
        let _ = sender.send(value.to_string());
    };
    (report, calls)
}

/// A function whose first call says that it has begun, and then blocks its thread until it is let go.
struct Blocking {
    begun: UnboundedReceiver<String>,
    go: mpsc::Sender<()>,
}

impl Blocking {
    fn new() -> (impl FnMut(&Snapshot<String>) + Send + 'static, Self) {
        let (mut report, begun) = reporter();
        let (go, gate) = mpsc::channel();
        let call = move |value: &Snapshot<String>| {
            report(value);
            // An error means that it was let go for good.
            let _ = gate.recv();
        };
        (call, Self { begun, go })
    }
}

#[tokio::test]
async fn callback_is_called_for_each_change_in_order() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (call, mut calls) = reporter();
    let _callback = live.on_change(call);
    for text in ["second", "third", "fourth"] {
        publish(&script, &control, text).await;
        assert_eq!(calls.recv().await.unwrap(), text);
    }
    assert!(calls.is_empty());
}

#[tokio::test]
async fn callback_may_begin_with_the_current_or_first_value() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, control) = script.builder().start_in_background();
    let ((early, mut told_early), (late, mut told_late)) = (reporter(), reporter());
    let _early = live.for_each(early);
    publish(&script, &control, "first").await;
    assert_eq!(told_early.recv().await.unwrap(), "first");
    let _late = live.for_each(late);
    assert_eq!(told_late.recv().await.unwrap(), "first");
    publish(&script, &control, "second").await;
    for mut calls in [told_early, told_late] {
        assert_eq!(calls.recv().await.unwrap(), "second");
        assert!(calls.is_empty(), "once");
    }
}

#[tokio::test]
async fn p13_slow_callback_continues_with_the_newest() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (call, mut blocking) = Blocking::new();
    let _callback = live.on_change(call);
    publish(&script, &control, "second").await;
    assert_eq!(blocking.begun.recv().await.unwrap(), "second");
    for text in ["third", "fourth", "fifth"] {
        publish(&script, &control, text).await;
    }
    drop(blocking.go);
    assert_eq!(blocking.begun.recv().await.unwrap(), "fifth");
}

#[tokio::test]
async fn p07_panic_in_a_callback_is_logged_and_the_next_change_follows() {
    let log = log();
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (mut report, mut calls) = reporter();
    let _callback = live.on_change(move |value| {
        report(value);
        assert_ne!(**value, "second", "the callback has a bug");
        if **value == "third" {
            std::panic::panic_any(3);
        }
    });
    for text in ["second", "third", "fourth"] {
        publish(&script, &control, text).await;
        assert_eq!(calls.recv().await.unwrap(), text);
    }
    assert_eq!(log.count("ERROR"), 2);
    assert_eq!(log.count("the callback has a bug"), 1);
    assert_eq!(log.count("a callback panicked: no message"), 1);
    assert_eq!(log.count("callbacks.rs"), 2, "it says whose it was");
    assert!(control.status().last_error.is_none());
}

#[tokio::test]
async fn p02_blocking_callback_delays_nothing_on_one_thread() {
    a_callback_that_blocks_delays_nobody().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p02_blocking_callback_delays_nothing_on_many_threads() {
    a_callback_that_blocks_delays_nobody().await;
}

async fn a_callback_that_blocks_delays_nobody() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (call, mut blocking) = Blocking::new();
    let (other, mut calls) = reporter();
    let (blocked, _other) = (live.on_change(call), live.on_change(other));
    let mut changes = live.subscribe();
    publish(&script, &control, "second").await;
    assert_eq!(blocking.begun.recv().await.unwrap(), "second");
    assert_eq!(calls.recv().await.unwrap(), "second");
    assert_eq!(*changes.changed().await.unwrap(), "second");
    for text in ["third", "fourth", "fifth"] {
        publish(&script, &control, text).await;
        assert_eq!(*live.load(), text);
        assert_eq!(*changes.changed().await.unwrap(), text);
        assert_eq!(calls.recv().await.unwrap(), text);
    }
    control.stop().await;
    assert!(
        blocking.begun.is_empty(),
        "one call at a time, and not even the stop waits for it"
    );
    blocking.go.send(()).unwrap();
    assert_eq!(blocking.begun.recv().await.unwrap(), "fifth");
    drop(blocking.go);
    blocked.finished().await;
}

#[tokio::test]
async fn dropping_a_callback_ends_its_calls_and_drops_the_function() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (call, mut calls) = reporter();
    let callback = live.on_change(call);
    publish(&script, &control, "second").await;
    assert_eq!(calls.recv().await.unwrap(), "second");
    drop(callback);
    publish(&script, &control, "third").await;
    assert!(calls.recv().await.is_none(), "the function is gone");
}

#[tokio::test]
async fn call_that_runs_when_its_callback_is_dropped_finishes() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (mut block, mut blocking) = Blocking::new();
    let (mut report, mut ends) = reporter();
    let callback = live.on_change(move |value| {
        block(value);
        report(value);
    });
    publish(&script, &control, "second").await;
    assert_eq!(blocking.begun.recv().await.unwrap(), "second");
    drop(callback);
    publish(&script, &control, "third").await;
    drop(blocking.go);
    assert_eq!(ends.recv().await.unwrap(), "second");
    assert!(ends.recv().await.is_none());
}

#[tokio::test]
async fn p07_panic_in_the_last_call_of_a_dropped_callback_is_logged() {
    let log = log();
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (mut block, mut blocking) = Blocking::new();
    let callback = live.on_change(move |value| {
        block(value);
        panic!("the callback has a bug");
    });
    publish(&script, &control, "second").await;
    assert_eq!(blocking.begun.recv().await.unwrap(), "second");
    drop(callback);
    drop(blocking.go);
    assert!(blocking.begun.recv().await.is_none());
    assert_eq!(log.count("the callback has a bug"), 1);
}

#[tokio::test]
async fn callback_may_end_itself() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let own = Arc::new(Mutex::new(None));
    let (mut report, mut calls) = reporter();
    let callback = live.on_change({
        let own = Arc::clone(&own);
        move |value| {
            report(value);
            drop(own.lock().unwrap().take());
        }
    });
    *own.lock().unwrap() = Some(callback);
    publish(&script, &control, "second").await;
    assert_eq!(calls.recv().await.unwrap(), "second");
    publish(&script, &control, "third").await;
    assert!(calls.recv().await.is_none());
}

#[tokio::test]
async fn p14_detached_callback_runs_until_the_service_has_stopped() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let (call, mut calls) = reporter();
    live.on_change(call).detach();
    for text in ["second", "third"] {
        publish(&script, &control, text).await;
    }
    control.stop().await;
    let mut texts = Vec::new();
    while let Some(text) = calls.recv().await {
        texts.push(text);
    }
    assert_eq!(
        texts.last().unwrap(),
        "third",
        "the last value is not missed"
    );
}

#[tokio::test(start_paused = true)]
async fn p06_callback_does_not_keep_the_service_running() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    let (call, mut calls) = reporter();
    let callback = live.on_change(call);
    drop(control);
    script.set(Good("second"));
    assert_eq!(calls.recv().await.unwrap(), "second");
    drop(live);
    timeout(seconds(1), callback.finished()).await.unwrap();
    settle().await;
    assert!(!script.is_watched());
    assert_eq!(script.holders(), 0, "nobody is left, so nothing is");
    assert!(calls.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn callback_before_the_first_value_is_called_for_it() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, _control) = script.builder().hybrid().start_in_background();
    let (call, mut calls) = reporter();
    let _callback = live.on_change(call);
    settle().await;
    script.set(Good("first"));
    assert_eq!(calls.recv().await.unwrap(), "first");
}

#[test]
fn callback_ends_with_its_runtime() {
    let script = Script::new(Good("first"));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (own, other) = (runtime(), runtime());
    let (live, control) = own.block_on(service(&script));
    let (call, mut calls) = reporter();
    let callback = {
        let _entered = other.enter();
        live.on_change(call)
    };
    drop(other);
    assert!(calls.blocking_recv().is_none(), "the function is gone");
    own.block_on(async {
        publish(&script, &control, "second").await;
        callback.finished().await;
    });
}
