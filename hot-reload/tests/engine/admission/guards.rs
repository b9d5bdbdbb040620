//! Admission guards: valid but implausible values are held until they are confirmed.

use std::time::Duration;

use hot_reload::admission::{ShrinkGuard, VersionGuard};
use hot_reload::event::{DataState, HoldReason, Stage};
use hot_reload::{Builder, Control, Live, Outcome, Receipt};
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Bad, Good, Missing, Script, seconds, settle};

const PATIENCE: Duration = Duration::from_secs(300);
/// Time for the next load after the patience is over: the interval and its jitter.
const SOON: Duration = Duration::from_secs(40);

fn service(script: &Script) -> Builder<Script, String, String> {
    script.builder().hybrid()
}

fn by_length() -> ShrinkGuard<String> {
    ShrinkGuard::by(|value: &String| value.len()).confirm_after(PATIENCE)
}

/// "7 of a" is version 7 of lineage a.
fn by_version() -> VersionGuard<String, u32, char> {
    let version = |value: &String| value.split(' ').next().unwrap().parse().unwrap();
    let lineage = |value: &String| value.chars().last().unwrap();
    let guard = VersionGuard::by(version).lineage(lineage);
    guard.rewind_after(PATIENCE)
}

async fn started(builder: Builder<Script, String, String>) -> (Live<String>, Control<String>) {
    builder.start().await.unwrap()
}

fn visible(live: &Live<String>) -> String {
    live.load().clone()
}

fn is_held(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Held)
}

fn reason(control: &Control<String>) -> Option<HoldReason> {
    control.status().hold.map(|hold| hold.reason)
}

#[tokio::test(start_paused = true)]
async fn shrunk_value_is_held_until_the_source_has_kept_it() {
    for revisions in [true, false] {
        let script = Script::new(Good("0123456789")).with(|state| state.revisions = revisions);
        let (live, control) = started(service(&script).shrink_guard(by_length())).await;
        script.set(Good("012"));
        sleep(PATIENCE - seconds(1)).await;
        assert_eq!(visible(&live), "0123456789", "revisions {revisions}");
        let status = control.status();
        let hold = status.hold.unwrap();
        assert_eq!(hold.reason, HoldReason::Shrunk);
        assert!(
            hold.message.starts_with("shrunk from 10 to 3;"),
            "{}",
            hold.message
        );
        assert_eq!(status.data, DataState::Fresh);
        assert!(status.counters.held > 0);
        sleep(SOON).await;
        assert_eq!((visible(&live).as_str(), reason(&control)), ("012", None));
    }
}

#[tokio::test(start_paused = true)]
async fn resume_publishes_a_shrunk_value_and_reload_does_not() {
    let script = Script::new(Good("0123456789"));
    let (live, control) = started(service(&script).shrink_guard(by_length())).await;
    script.set(Good(""));
    let receipt = control.reload().await;
    assert!(is_held(&receipt));
    let text = receipt.to_string();
    assert!(text.contains("shrunk from 10 to 0"), "{text}");
    assert_eq!(visible(&live), "0123456789");
    let receipt = control.resume().await;
    assert!(
        matches!(receipt.outcome, Outcome::Published { .. }),
        "{receipt}"
    );
    assert_eq!((visible(&live).as_str(), reason(&control)), ("", None));
    // The next value is compared with the confirmed one.
    script.set(Good("0"));
    settle().await;
    assert_eq!(visible(&live), "0");
}

#[tokio::test(start_paused = true)]
async fn further_shrinking_restarts_the_wait() {
    let script = Script::new(Good("0123456789"));
    let (live, control) = started(service(&script).shrink_guard(by_length())).await;
    script.set(Good("012"));
    sleep(PATIENCE - seconds(60)).await;
    script.set(Good("0"));
    sleep(PATIENCE - seconds(1)).await;
    assert_eq!(visible(&live), "0123456789");
    sleep(SOON).await;
    assert_eq!((visible(&live).as_str(), reason(&control)), ("0", None));
}

#[tokio::test(start_paused = true)]
async fn value_that_grows_back_is_published_and_ends_the_hold() {
    for between in [Bad("typo"), Missing, Good("0123456789")] {
        let script = Script::new(Good("0123456789"));
        let (live, control) = started(service(&script).shrink_guard(by_length())).await;
        script.set(Good("012"));
        sleep(PATIENCE - seconds(60)).await;
        assert_eq!(reason(&control), Some(HoldReason::Shrunk));
        script.set(between.clone());
        sleep(seconds(3)).await;
        assert_eq!(
            (visible(&live).as_str(), reason(&control)),
            ("0123456789", None)
        );
        script.set(Good("012"));
        sleep(PATIENCE - seconds(60)).await;
        assert_eq!(visible(&live), "0123456789", "{between:?}");
        script.set(Good("0123456"));
        settle().await;
        assert_eq!(
            (visible(&live).as_str(), reason(&control)),
            ("0123456", None)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn first_and_rejected_values_are_not_held() {
    let script = Script::new(Good(""));
    let guarded = service(&script).shrink_guard(by_length());
    let builder = guarded.validate(|value| match value.as_str() {
        "no" => Err("no good"),
        _ => Ok(()),
    });
    let (live, control) = started(builder).await;
    assert_eq!(visible(&live), "");
    script.set(Good("0123456789"));
    settle().await;
    script.set(Good("no"));
    let receipt = control.reload().await;
    assert!(matches!(
        receipt.outcome,
        Outcome::Rejected {
            stage: Stage::Validate,
            ..
        }
    ));
    assert_eq!(reason(&control), None);
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_a_size_function_rejects_the_value() {
    let script = Script::new(Good("0123456789"));
    let guard = ShrinkGuard::by(|value: &String| {
        assert_ne!(value, "two", "the measure has a bug");
        value.len()
    });
    let (live, control) = started(service(&script).shrink_guard(guard)).await;
    script.set(Good("two"));
    let receipt = control.reload().await;
    assert!(matches!(
        receipt.outcome,
        Outcome::Rejected {
            stage: Stage::Validate,
            ..
        }
    ));
    assert_eq!(visible(&live), "0123456789");
    script.set(Good("012345678"));
    settle().await;
    assert_eq!(visible(&live), "012345678");
}

#[tokio::test(start_paused = true)]
async fn lagging_replica_does_not_publish_a_lower_version() {
    let script = Script::new(Good("5 of a"));
    let (live, control) = started(service(&script).version_guard(by_version())).await;
    for _ in 0..20 {
        script.set(Good("4 of a"));
        sleep(PATIENCE / 4).await;
        assert_eq!(visible(&live), "5 of a");
        let hold = control.status().hold.unwrap();
        assert_eq!(hold.reason, HoldReason::Rewound);
        let says = "version 4 is lower than the accepted version 5;";
        assert!(hold.message.starts_with(says), "{}", hold.message);
        script.set(Good("5 of a"));
        sleep(PATIENCE / 4).await;
        assert_eq!(reason(&control), None);
    }
    script.set(Good("6 of a"));
    settle().await;
    assert_eq!(visible(&live), "6 of a");
}

#[tokio::test(start_paused = true)]
async fn lower_version_that_stays_is_published() {
    let script = Script::new(Good("5 of a"));
    let (live, control) = started(service(&script).version_guard(by_version())).await;
    script.set(Good("3 of a"));
    sleep(PATIENCE - seconds(1)).await;
    assert_eq!(visible(&live), "5 of a");
    sleep(SOON).await;
    assert_eq!(visible(&live), "3 of a");
    script.set(Good("4 of a"));
    settle().await;
    assert_eq!(
        (visible(&live).as_str(), reason(&control)),
        ("4 of a", None)
    );
}

#[tokio::test(start_paused = true)]
async fn another_lineage_or_a_resume_publishes_a_lower_version_at_once() {
    let script = Script::new(Good("5 of a"));
    let (live, control) = started(service(&script).version_guard(by_version())).await;
    script.set(Good("1 of b"));
    settle().await;
    assert_eq!(visible(&live), "1 of b");
    script.set(Good("0 of b"));
    assert!(is_held(&control.reload().await));
    assert!(control.resume().await.is_current());
    assert_eq!(visible(&live), "0 of b");
}

#[tokio::test(start_paused = true)]
async fn rollback_does_not_lower_the_accepted_version() {
    let script = Script::new(Good("5 of a"));
    let builder = service(&script).version_guard(by_version()).history(4);
    let (live, control) = started(builder).await;
    script.set(Good("7 of a"));
    settle().await;
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live), "5 of a");
    script.set(Good("6 of a"));
    settle().await;
    assert_eq!(
        (visible(&live).as_str(), reason(&control)),
        ("5 of a", Some(HoldReason::Rewound))
    );
    script.set(Good("8 of a"));
    settle().await;
    assert_eq!(
        (visible(&live).as_str(), reason(&control)),
        ("8 of a", None)
    );
}

#[tokio::test(start_paused = true)]
async fn both_guards_hold_the_same_value() {
    let script = Script::new(Good("5 of a"));
    let builder = service(&script).version_guard(by_version()).shrink_guard(
        ShrinkGuard::by(|value: &String| value.matches('x').count()).confirm_after(PATIENCE),
    );
    let (live, control) = started(builder).await;
    script.set(Good("6 xxxx of a"));
    settle().await;
    assert_eq!(visible(&live), "6 xxxx of a");
    script.set(Good("7 of a"));
    settle().await;
    assert_eq!(reason(&control), Some(HoldReason::Shrunk));
    script.set(Good("5 of a"));
    settle().await;
    assert_eq!(reason(&control), Some(HoldReason::Rewound));
    script.set(Good("7 xxx of a"));
    settle().await;
    assert_eq!(
        (visible(&live).as_str(), reason(&control)),
        ("7 xxx of a", None)
    );
}

#[tokio::test(start_paused = true)]
async fn held_value_is_published_in_time_with_a_long_interval() {
    let guard = by_length().confirm_after(seconds(2));
    let script = Script::new(Good("0123456789"));
    let builder = service(&script)
        .interval(seconds(3600))
        .heartbeat(seconds(3600));
    let (live, control) = started(builder.shrink_guard(guard)).await;
    sleep(seconds(120)).await;
    script.set(Good("0"));
    assert!(is_held(&control.barrier().await));
    sleep(seconds(2)).await;
    settle().await;
    assert_eq!((visible(&live).as_str(), reason(&control)), ("0", None));
}

#[tokio::test(start_paused = true)]
async fn p07_panic_of_a_guard_that_notes_the_value_is_logged() {
    let log = log();
    let script = Script::new(Good("first"));
    let guard = VersionGuard::by(|value: &String| {
        assert_ne!(value, "first", "no version");
        1
    });
    let builder = service(&script).name("motto").version_guard(guard);
    let (live, control) = started(builder).await;
    assert_eq!(visible(&live), "first");
    assert!(!control.status().stopped);
    let text = log.text();
    let line = "an admission guard failed, the value is visible: panicked at stage validate: ";
    assert!(text.contains(line) && text.contains("no version"), "{text}");
}
