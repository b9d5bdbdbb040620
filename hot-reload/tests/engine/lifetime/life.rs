//! P6, P13, P14: start and stop.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, EventKind};
use hot_reload::{Guard, Live, Outcome, Registry, ReloaderService};
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p06_no_failure_of_the_source_ends_the_service() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    let failures = [
        Bad("typo"),
        Failing(ErrorKind::Unavailable),
        Panicking,
        Missing,
        Hanging,
    ];
    for round in 0..200 {
        script.set(failures[round % failures.len()].clone());
        if round % 7 == 0 {
            script.lose_watch();
        }
        sleep(seconds(5)).await;
    }
    script.set(Good("second"));
    sleep(seconds(45)).await;
    assert_eq!(*live.load(), "second");
    assert!(!control.status().stopped);
}

#[tokio::test(start_paused = true)]
async fn p06_every_wait_on_a_stopped_service_returns() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    let (mut changes, mut events) = (live.subscribe(), control.events());
    control.stop().await;
    assert!(changes.changed().await.is_none());
    assert!(changes.changed().await.is_none(), "for ever");
    assert!(
        live.subscribe().changed().await.is_none(),
        "for later calls, too"
    );
    while let Some(event) = events.next().await {
        if matches!(event.kind, EventKind::Stopped) {
            break;
        }
    }
    assert!(events.next().await.is_none());
    assert!(control.events().next().await.is_none());
    let outcome = control.reload().await;
    assert!(
        matches!(outcome.outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Stopped)
    );
    assert!(control.status().stopped);
    assert_eq!(*live.load(), "first", "the last value stays readable");
}

#[tokio::test(start_paused = true)]
async fn p06_select_branch_of_a_stopped_service_switches_itself_off() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script)
        .hybrid()
        .start()
        .await
        .unwrap();
    let mut changes = live.subscribe();
    control.stop().await;
    let end = Instant::now() + seconds(2);
    let (mut rounds, mut told) = (0, 0);
    while Instant::now() < end {
        tokio::select! {
            Some(_) = changes.changed() => told += 1,
            () = sleep(Duration::from_millis(100)) => rounds += 1,
        }
    }
    assert_eq!((rounds, told), (20, 0));
}

#[tokio::test(start_paused = true)]
async fn p06_service_lives_as_long_as_one_handle() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    drop(control);
    script.set(Good("second"));
    settle().await;
    assert_eq!(*live.load(), "second", "a reader is enough");
    let changes = live.subscribe();
    drop(live);
    sleep(seconds(1)).await;
    assert!(script.is_watched(), "so are its changes");
    drop(changes);
    settle().await;
    assert!(!script.is_watched());
    assert_eq!(script.holders(), 0, "nobody is left, so nothing is");
}

#[tokio::test(start_paused = true)]
async fn p13_late_subscriber_gets_the_current_value() {
    let script = Script::new(Good("first"));
    let (live, _control) = script.service().await;
    let changes: Vec<_> = (0..10).map(|_| live.subscribe()).collect();
    drop(changes);
    script.set(Good("second"));
    settle().await;
    script.set(Good("third"));
    settle().await;
    let mut changes = live.subscribe();
    assert_eq!(**changes.live().load(), *"third");
    script.set(Good("fourth"));
    assert_eq!(*changes.changed().await.unwrap(), "fourth");
}

#[tokio::test(start_paused = true)]
async fn p13_slow_receiver_ends_at_the_newest() {
    let script = Script::new(Good("first"));
    let (live, _control) = script.service().await;
    let mut changes = live.subscribe();
    for text in ["second", "third", "fourth"] {
        script.set(Good(text));
        settle().await;
    }
    let newest = changes.changed().await.unwrap();
    assert_eq!((newest.as_str(), newest.generation().get()), ("fourth", 4));
    assert!(
        timeout(seconds(1), changes.changed()).await.is_err(),
        "reported once"
    );
}

#[tokio::test(start_paused = true)]
async fn p14_stop_leaves_no_task_thread_or_descriptor() {
    for content in [
        Good("second"),
        Hanging,
        Failing(ErrorKind::Unavailable),
        Missing,
    ] {
        let script = Script::new(Good("first"));
        let (live, control) = script.service().await;
        script.set(content.clone());
        settle().await;
        let begun = Instant::now();
        control.stop().await;
        assert!(begun.elapsed() < seconds(1), "{content:?} held the stop up");
        assert_eq!(script.holders(), 0, "{content:?}: a task is left");
        assert!(!script.is_watched(), "{content:?}: the watch is left");
        let (loads, opens) = (script.loads(), script.opens());
        let generation = live.get().generation();
        script.set(Good("later"));
        sleep(seconds(3600)).await;
        assert_eq!((script.loads(), script.opens()), (loads, opens));
        assert_eq!(live.get().generation(), generation);
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p14_stop_while_the_watch_is_down_or_opening_returns_at_once() {
    for opening in [
        Hanging,
        Failing(ErrorKind::Unavailable),
        Failing(ErrorKind::Denied),
    ] {
        let script = Script::new(Good("first"));
        script.set_opening(Some(opening));
        let (_live, control) = script.service().await;
        sleep(seconds(100)).await;
        let begun = Instant::now();
        control.stop().await;
        assert!(begun.elapsed() < seconds(1));
        assert_eq!(script.holders(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn p14_dropping_the_future_of_start_stops_the_service() {
    let script = Script::new(Hanging);
    let start = script.builder().hybrid().start();
    assert!(timeout(seconds(5), start).await.is_err());
    settle().await;
    assert_eq!(script.holders(), 0);
}

#[tokio::test(start_paused = true)]
async fn service_started_in_the_background_is_ready_with_a_value() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, control) = script.builder().hybrid().start_in_background();
    assert!(live.try_load().is_none() && live.try_get().is_none());
    assert!(timeout(seconds(100), live.ready()).await.is_err());
    assert_eq!(control.status().data, DataState::None);
    script.set(Good("first"));
    live.ready().await.unwrap();
    assert_eq!(*live.load(), "first");
    let (other, control) = ReloaderService::builder(Script::new(Missing)).start_in_background();
    control.stop().await;
    assert_eq!(other.ready().await.unwrap_err().kind(), ErrorKind::Stopped);
}

#[tokio::test(start_paused = true)]
async fn source_that_is_never_ready_is_loaded_at_its_interval() {
    let script = Script::new(Missing);
    let (live, control) = script.builder().interval(seconds(10)).start_in_background();
    sleep(seconds(3600)).await;
    assert!((325..=405).contains(&script.loads()), "{}", script.loads());
    assert!(live.try_load().is_none());
    assert_eq!(control.status().data, DataState::None);
    script.set(Good("first"));
    sleep(seconds(11)).await;
    assert_eq!(*live.load(), "first");
}

#[test]
fn end_of_the_runtime_ends_the_service() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let script = Script::new(Good("first"));
    let (live, control) = runtime.block_on(script.builder().hybrid().start()).unwrap();
    drop(runtime);
    assert_eq!(script.holders(), 0);
    assert!(control.status().stopped);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert!(runtime.block_on(live.subscribe().changed()).is_none());
    runtime.block_on(control.stop());
}

/// The text of a panic, and the file in which it was raised.
fn panic_of(call: impl FnOnce()) -> (String, String) {
    let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap().clone();
    let file = RAISED_IN.with_borrow(Clone::clone);
    (text, file)
}

thread_local! {
    static RAISED_IN: RefCell<String> = const { RefCell::new(String::new()) };
}

#[test]
fn start_without_a_runtime_says_what_to_do_and_leaves_nothing() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map(|place| place.file().to_owned());
        RAISED_IN.set(file.unwrap_or_default());
        before(panic);
    }));
    let registry = Registry::new();
    let script = Script::new(Good("first"));
    let builder = || script.builder().register(&registry);
    let (text, file) = panic_of(|| drop(builder().start_in_background()));
    assert_eq!(
        text,
        "`Builder::start_in_background` needs a tokio runtime: call it in async code, or after `let _entered = \
         runtime.enter();`"
    );
    assert!(
        file.ends_with("life.rs"),
        "raised at the caller, not in {file}"
    );
    let (text, _) = panic_of(|| _ = builder().start().now_or_never());
    assert!(text.starts_with("`Builder::start` needs"), "{text}");
    assert!(
        text.contains("(called at hot-reload/tests/engine/lifetime/life.rs:"),
        "{text}"
    );
    assert!(registry.targets().is_empty());
    // With the feature `blocking`, callbacks need no runtime.
    #[cfg(not(feature = "blocking"))]
    {
        let live = Live::fixed(7);
        let (text, file) = panic_of(|| live.on_change(|_| {}).detach());
        assert!(text.starts_with("`Live::on_change` needs"), "{text}");
        assert!(
            file.ends_with("life.rs"),
            "raised at the caller, not in {file}"
        );
        let (text, file) = panic_of(|| live.for_each(|_| {}).detach());
        assert!(text.starts_with("`Live::for_each` needs"), "{text}");
        assert!(
            file.ends_with("life.rs"),
            "raised at the caller, not in {file}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn fixed_value_never_changes_and_never_stops() {
    let live = Live::fixed(7);
    let mut changes = live.subscribe();
    assert!(timeout(seconds(3600), changes.changed()).await.is_err());
    live.ready().await.unwrap();
    let mut reader = live.reader();
    drop(live);
    assert_eq!(*reader.load(), 7);
}

#[tokio::test(start_paused = true)]
async fn every_accessor_sees_the_newest_value() {
    let script = Script::new(Good("first"));
    let (live, _control) = script.service().await;
    let mut reader = live.reader();
    let old = live.get();
    assert_eq!(reader.load(), "first");
    script.set(Good("second"));
    settle().await;
    assert_eq!(reader.load(), "second");
    assert_eq!(reader.get().generation().get(), 2);
    assert_eq!(
        Guard::to_snapshot(&live.load()).revision(),
        live.get().revision()
    );
    assert_eq!(
        (&*old, old.generation().get()),
        (&"first".to_owned(), 1),
        "a snapshot never changes"
    );
}
