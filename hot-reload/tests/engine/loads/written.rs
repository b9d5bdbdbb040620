//! P5, P8, P9, P11: a source that is not ready, because it is being written.

use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, EventKind, Events, HoldReason};
use hot_reload::{Control, Error, Live, Outcome, WatchEvent};
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep};

use crate::log::log;
use crate::script::{Bad, Failing, Good, Script, Written, seconds, settle};

/// When the write began.
const BEGIN: Duration = Duration::from_secs(1_000_000);

fn reason(control: &Control<String>) -> Option<HoldReason> {
    control.status().hold.map(|hold| hold.reason)
}

fn visible(live: &Live<String>) -> String {
    live.load().clone()
}

/// The outcomes in the events since the last call.
fn reports(events: &mut Events) -> Vec<String> {
    let mut reports = Vec::new();
    while let Some(Some(event)) = unconstrained(events.next()).now_or_never() {
        if let EventKind::Load { outcome, .. } = event.kind {
            reports.push(outcome.to_string());
        }
    }
    reports
}

#[tokio::test(start_paused = true)]
async fn p05_unfinished_write_is_held_until_the_hint_of_its_end() {
    let script = Script::new(Good("one"));
    let (live, control) = script.service().await;
    script.set(Written(BEGIN));
    settle().await;
    let hold = control.status().hold.unwrap();
    assert_eq!(hold.reason, HoldReason::BeingWritten);
    assert_eq!(hold.message, "it is being written");
    assert_eq!(hold.since, std::time::UNIX_EPOCH + BEGIN);

    sleep(seconds(40)).await;
    assert_eq!(visible(&live), "one");
    let receipt = control.reload().await;
    assert!(matches!(receipt.outcome, Outcome::Held), "{receipt}");
    assert_eq!(receipt.hold.as_ref(), Some(&hold));
    assert!(
        receipt.to_string().contains("it is being written"),
        "{receipt}"
    );

    let end = Instant::now();
    script.set(Good("two"));
    settle().await;
    assert_eq!(visible(&live), "two");
    assert!(end.elapsed() < Duration::from_millis(10));
    assert_eq!(reason(&control), None);
}

#[tokio::test(start_paused = true)]
async fn p04_end_of_a_write_is_found_after_a_second_without_a_hint() {
    for watched in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.muted = true);
        let builder = script.builder().interval(seconds(3600));
        let (live, control) = match watched {
            true => builder.hybrid().start().await.unwrap(),
            false => builder.start().await.unwrap(),
        };
        script.set(Written(BEGIN));
        let _ = control.reload().await;
        script.set(Good("two"));
        let loads = script.loads();
        sleep(seconds(2)).await;
        assert_eq!(visible(&live), "two", "watched: {watched}");
        sleep(seconds(20)).await;
        assert_eq!(script.loads(), loads + 1, "it is not loaded so often later");
    }
}

#[tokio::test(start_paused = true)]
async fn p11_hold_for_a_writer_neither_clears_nor_repeats_a_rejection() {
    for (bad, data) in [
        (Bad("typo"), DataState::Stale),
        (Failing(ErrorKind::Unavailable), DataState::Stale),
        (Good("one"), DataState::Fresh),
    ] {
        let script = Script::new(Good("one")).with(|state| state.muted = true);
        let (_live, control) = script.service().await;
        script.set(bad.clone());
        let _ = control.reload().await;
        let before = control.status();
        assert_eq!(before.data, data);
        let text = |error: &Option<Error>| error.as_ref().map(ToString::to_string);

        let mut events = control.events();
        let lines = log();
        script.set(Written(BEGIN));
        sleep(seconds(60)).await;
        let status = control.status();
        assert_eq!(status.data, data, "{bad:?}");
        assert_eq!(text(&status.last_error), text(&before.last_error));
        assert!(script.loads() > 20, "{}", script.loads());
        assert!(status.counters.held > 20, "{}", status.counters.held);
        assert_eq!(reports(&mut events), ["held"], "once");
        assert_eq!(lines.count("the source is not ready"), 1);

        script.set(bad.clone());
        sleep(seconds(2)).await;
        let again = control.status();
        assert_eq!(text(&again.last_error), text(&before.last_error));
        assert_eq!(lines.count("rejected, the last good"), 0, "{bad:?}");
        assert_eq!(lines.count("could not be loaded"), 0, "{bad:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn value_becomes_stale_during_a_hold_for_a_writer() {
    let script = Script::new(Good("one")).with(|state| state.muted = true);
    let builder = script.builder().interval(seconds(10));
    let (_live, control) = builder.max_staleness(seconds(60)).start().await.unwrap();
    let checked = control.status().last_verified;
    script.set(Written(BEGIN));
    sleep(seconds(50)).await;
    assert_eq!(control.status().data, DataState::Fresh);
    sleep(seconds(20)).await;
    assert_eq!(control.status().data, DataState::Stale);
    assert!(control.status().last_verified >= checked);
    script.set(Good("one"));
    sleep(seconds(2)).await;
    assert_eq!(control.status().data, DataState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn pushed_value_during_a_hold_for_a_writer_counts_as_verified() {
    let script = Script::new(Good("one")).with(|state| state.muted = true);
    let builder = script.builder().hybrid().interval(seconds(10));
    let builder = builder.max_staleness(seconds(60));
    let (live, control) = builder.start().await.unwrap();
    script.set(Written(BEGIN));
    sleep(seconds(50)).await;
    assert_eq!(reason(&control), Some(HoldReason::BeingWritten));
    script.send(WatchEvent::Changed("pushed".to_owned()));
    settle().await;
    assert_eq!(
        (visible(&live).as_str(), reason(&control)),
        ("pushed", None)
    );
    sleep(seconds(40)).await;
    assert_eq!(control.status().data, DataState::Fresh);
    sleep(seconds(40)).await;
    assert_eq!(control.status().data, DataState::Stale);
}

#[tokio::test(start_paused = true)]
async fn p05_start_waits_for_a_writer_beyond_its_deadline() {
    let script = Script::new(Written(BEGIN));
    let finish = async {
        sleep(seconds(55)).await;
        script.set(Good("whole"));
    };
    let (started, ()) = tokio::join!(script.builder().hybrid().start(), finish);
    let (live, control) = started.unwrap();
    assert_eq!(visible(&live), "whole");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn start_that_fails_after_a_writer_returns_the_error() {
    let script = Script::new(Written(BEGIN));
    let finish = async {
        sleep(seconds(20)).await;
        script.set(Bad("typo"));
    };
    let (started, ()) = tokio::join!(script.builder().hybrid().start(), finish);
    let error = started.unwrap_err();
    assert!(
        error.to_string().contains("cannot read \"typo\""),
        "{error}"
    );
}

/// Unfinished content does not affect content that was loaded before.
#[tokio::test(start_paused = true)]
async fn validated_value_is_published_while_the_next_is_written() {
    let script = Script::new(Good("one"));
    let builder = script.builder().hybrid().validate_async(|_: &String| {
        Box::pin(async {
            sleep(seconds(3)).await;
            Ok::<_, Error>(())
        })
    });
    let (live, control) = builder.start().await.unwrap();
    script.set(Good("two"));
    sleep(seconds(1)).await;
    script.set(Written(BEGIN));
    sleep(seconds(3)).await;
    assert_eq!(visible(&live), "two");
    assert_eq!(reason(&control), Some(HoldReason::BeingWritten));
}

#[tokio::test(start_paused = true)]
async fn status_names_a_pause_before_a_writer() {
    let script = Script::new(Good("one"));
    let (_live, control) = script.service().await;
    script.set(Written(BEGIN));
    settle().await;
    control.pause();
    assert_eq!(reason(&control), Some(HoldReason::Paused));
    let _ = control.resume().await;
    assert_eq!(reason(&control), Some(HoldReason::BeingWritten));
    script.set(Good("one"));
    settle().await;
    assert_eq!(reason(&control), None);
}
