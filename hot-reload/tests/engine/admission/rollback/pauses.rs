//! Pauses.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hot_reload::Outcome;
use hot_reload::event::{EventKind, HoldReason};
use hot_reload::policy::RemovalPolicy;
use tokio::time::sleep;

use super::rig::{Slow, is_held, published, reason, service, visible};
use crate::script::{Bad, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn pause_holds_the_content_of_the_source() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = published(service(&script), &script, &["one", "two"]).await;
        let mut events = control.events();
        control.pause();
        control.pause();
        assert!(matches!(
            events.next().await.unwrap().kind,
            EventKind::Paused
        ));
        script.set(Good("three"));
        sleep(seconds(300)).await;
        assert!(is_held(&control.reload().await) && is_held(&control.barrier().await));
        assert_eq!(visible(&live).0, "two");
        assert_eq!(reason(&control), Some(HoldReason::Paused));
        assert!(control.status().counters.held > 0);
        // Bad content is still rejected, and the visible value is no change.
        script.set(Bad("typo"));
        settle().await;
        assert!(control.status().last_error.is_some());
        script.set(Good("two"));
        assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
        script.set(Good("four"));
        assert!(is_held(&control.reload().await));
        let receipt = control.resume().await;
        assert!(
            matches!(receipt.outcome, Outcome::Published { .. }),
            "{receipt}"
        );
        assert_eq!((visible(&live).0.as_str(), visible(&live).1), ("four", 3));
        assert_eq!(reason(&control), None);
        let mut resumed = 0;
        control.stop().await;
        while let Some(event) = events.next().await {
            resumed += u32::from(matches!(event.kind, EventKind::Resumed));
        }
        assert_eq!(resumed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn pause_during_prepare_prevents_the_publication() {
    let script = Script::new(Good("one"));
    let slow = Slow::default();
    let committed = Arc::clone(&slow.committed);
    let builder = service(&script).participant("slow", slow);
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    let before = committed.load(Ordering::Relaxed);
    script.set(Good("three"));
    let pause = async {
        sleep(Duration::from_millis(5)).await;
        control.pause();
    };
    let (receipt, ()) = tokio::join!(control.reload(), pause);
    assert!(is_held(&receipt), "{receipt}");
    assert_eq!(
        (visible(&live).0.as_str(), committed.load(Ordering::Relaxed)),
        ("two", before)
    );
    assert!(control.resume().await.is_current());
    assert_eq!(visible(&live).0, "three");
}

#[tokio::test(start_paused = true)]
async fn removal_in_a_pause_waits_for_resume() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Replace("nothing".to_owned()));
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    control.pause();
    script.set(Missing);
    sleep(seconds(60)).await;
    assert_eq!(visible(&live).0, "two");
    let _ = control.resume().await;
    sleep(seconds(3)).await;
    assert_eq!(visible(&live).0, "nothing");
}

#[tokio::test(start_paused = true)]
async fn rollback_works_in_a_pause() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two"]).await;
    control.pause();
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live).0, "one");
    assert_eq!(reason(&control), Some(HoldReason::Paused));
    assert!(is_held(&control.reload().await));
    assert!(control.resume().await.is_current());
    assert_eq!(visible(&live).0, "two");
}
