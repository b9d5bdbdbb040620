//! The hold of a rollback, and what ends it.

use std::time::Duration;

use hot_reload::event::{DataState, HoldReason};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Outcome, ReloaderService, WatchEvent};
use tokio::time::sleep;

use super::rig::{Slow, generation, is_held, published, reason, service, visible};
use crate::script::{Bad, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn rollback_holds_until_the_source_changes() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = published(service(&script), &script, &["one", "two"]).await;
        assert!(control.rollback().await.is_current());
        // Neither the heartbeat, nor the watch, nor a person who only wants to see makes it visible.
        sleep(seconds(300)).await;
        script.send(WatchEvent::Hint);
        settle().await;
        assert!(is_held(&control.reload().await) && is_held(&control.barrier().await));
        assert_eq!(
            visible(&live),
            ("one".to_owned(), 3, Some(1)),
            "revisions {revisions}"
        );
        let status = control.status();
        let hold = status.hold.unwrap();
        assert_eq!(hold.reason, HoldReason::Rollback);
        assert!(hold.message.contains("generation 2"), "{}", hold.message);
        assert_eq!(
            (status.data, status.last_error.is_none()),
            (DataState::Fresh, true)
        );
        script.set(Good("three"));
        settle().await;
        assert_eq!(visible(&live), ("three".to_owned(), 4, None));
        assert!(control.status().hold.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn resume_ends_a_rollback() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = published(service(&script), &script, &["one", "two"]).await;
        assert!(control.rollback().await.is_current());
        assert!(is_held(&control.reload().await));
        let receipt = control.resume().await;
        assert!(
            matches!(receipt.outcome, Outcome::Published { .. }),
            "{receipt}"
        );
        assert_eq!(visible(&live), ("two".to_owned(), 4, None));
        assert_eq!(reason(&control), None);
        assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    }
}

#[tokio::test(start_paused = true)]
async fn resume_after_pending_rollbacks_publishes_the_source_value() {
    // One of them is under way, in each of its phases, and the others wait.
    for delay in 0..30 {
        let script = Script::new(Good("one"));
        let builder = service(&script).participant("slow", Slow::default());
        let (live, control) = published(builder, &script, &["one", "two", "three"]).await;
        let resume = async {
            sleep(Duration::from_millis(delay)).await;
            control.resume().await
        };
        let receipts = tokio::join!(control.rollback(), control.rollback(), resume);
        assert!(receipts.0.is_current() && receipts.1.is_current());
        assert!(!is_held(&receipts.2), "after {delay} ms: {}", receipts.2);
        settle().await;
        sleep(Duration::from_millis(100)).await;
        let (value, _, origin) = visible(&live);
        assert_eq!(
            (value.as_str(), origin, reason(&control)),
            ("three", None, None),
            "after {delay} ms"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn rollback_to_the_source_value_leaves_no_hold() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two"]).await;
    assert!(control.rollback().await.is_current());
    assert!(
        control
            .rollback_to(generation(&control, 2))
            .await
            .is_current()
    );
    assert_eq!(visible(&live), ("two".to_owned(), 4, Some(2)));
    assert_eq!(reason(&control), None);
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    assert_eq!(visible(&live).1, 4);
}

#[tokio::test(start_paused = true)]
async fn rollback_to_an_equal_of_the_source_value_leaves_no_hold() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = published(service(&script), &script, &["one", "two", "one"]).await;
        let first = generation(&control, 1);
        assert!(control.rollback_to(first).await.is_current());
        assert_eq!(visible(&live), ("one".to_owned(), 4, Some(1)));
        let receipt = control.barrier().await;
        assert!(matches!(receipt.outcome, Outcome::Unchanged), "{receipt}");
        assert_eq!(reason(&control), None);
    }
}

#[tokio::test(start_paused = true)]
async fn rollback_while_the_source_changes_ends_at_the_source_value() {
    // The change comes before the rollback is through, at each moment of it.
    for delay in 0..40 {
        let script =
            Script::new(Good("one")).with(|state| state.load_takes = Duration::from_millis(10));
        let slow = Slow::default();
        let builder = service(&script).participant("slow", slow);
        let (live, control) = published(builder, &script, &["one", "two"]).await;
        let change = async {
            sleep(Duration::from_millis(delay)).await;
            script.set(Good("three"));
        };
        let (receipt, ()) = tokio::join!(control.rollback(), change);
        assert!(receipt.is_current(), "{receipt}");
        sleep(seconds(1)).await;
        let (value, _, origin) = visible(&live);
        assert_eq!(
            (value.as_str(), origin),
            ("three", None),
            "after {delay} ms"
        );
        assert_eq!(reason(&control), None);
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn rollback_hold_survives_bad_or_empty_content_in_between() {
    for between in [Bad("typo"), Missing] {
        let script = Script::new(Good("one"));
        let (live, control) = published(service(&script), &script, &["one", "two"]).await;
        assert!(control.rollback().await.is_current());
        script.set(between.clone());
        sleep(seconds(3)).await;
        assert_eq!(visible(&live).0, "one", "{between:?}");
        script.set(Good("two"));
        sleep(seconds(3)).await;
        assert_eq!(visible(&live).1, 3, "{between:?}");
        assert!(is_held(&control.reload().await));
        script.set(Good("one"));
        sleep(seconds(3)).await;
        assert_eq!(
            (visible(&live).1, reason(&control)),
            (3, None),
            "it is what is visible"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn rollback_by_revision_is_held() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let builder = ReloaderService::builder_by_revision(script.clone())
            .hybrid()
            .history(8);
        let (live, control) = builder.start().await.unwrap();
        script.set(Good("two"));
        settle().await;
        let target = control.history().last().unwrap().generation();
        let before = live.get().generation().get();
        assert!(control.rollback_to(target).await.is_current());
        sleep(seconds(600)).await;
        assert!(is_held(&control.reload().await), "revisions {revisions}");
        assert_eq!(
            (live.load().as_str(), live.get().generation().get()),
            ("one", before + 1)
        );
        assert!(control.resume().await.is_current());
        assert_eq!(live.load().as_str(), "two");
    }
}

#[tokio::test(start_paused = true)]
async fn default_after_a_removal_ends_a_rollback() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Replace("nothing".to_owned()));
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    assert!(control.rollback().await.is_current());
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(
        (visible(&live).0.as_str(), reason(&control)),
        ("nothing", None)
    );
    script.set(Good("two"));
    settle().await;
    assert_eq!(visible(&live).0, "two");
}

#[tokio::test(start_paused = true)]
async fn rolled_back_default_is_visible_again_after_resume() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Replace("nothing".to_owned()));
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(visible(&live).0, "nothing");
    assert!(control.rollback().await.is_current());
    sleep(seconds(300)).await;
    assert_eq!(
        (visible(&live).0.as_str(), reason(&control)),
        ("two", Some(HoldReason::Rollback))
    );
    assert!(matches!(control.resume().await.outcome, Outcome::Missing));
    assert_eq!(
        (visible(&live).0.as_str(), reason(&control)),
        ("nothing", None)
    );
    // Once.
    let generation = visible(&live).1;
    sleep(seconds(300)).await;
    assert_eq!(visible(&live).1, generation);
}

#[tokio::test(start_paused = true)]
async fn status_is_written_before_a_rollback_wakes_subscribers() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two"]).await;
    let (told, seen) = (live.clone(), control.clone());
    let watching = tokio::spawn(async move {
        let mut changes = told.subscribe();
        let mut reasons = Vec::new();
        while changes.changed().await.is_some() {
            reasons.push(reason(&seen));
        }
        reasons
    });
    settle().await;
    assert!(control.rollback().await.is_current());
    settle().await;
    script.set(Good("three"));
    settle().await;
    control.stop().await;
    assert_eq!(watching.await.unwrap(), [Some(HoldReason::Rollback), None]);
}
