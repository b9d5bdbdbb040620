//! Rollbacks: which earlier value is published, and how.

use std::sync::atomic::Ordering;

use hot_reload::Outcome;
use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, HoldReason, Stage, Trigger};
use tokio::time::sleep;

use super::rig::{Slow, generation, is_held, kept, published, reason, service, visible};
use crate::script::{Bad, Failing, Good, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p09_rollback_is_a_new_generation_with_its_origin() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two", "three"]).await;
    let mut changes = live.subscribe();
    let before = control.history();
    let receipt = control.rollback_to(generation(&control, 1)).await;
    assert_eq!(receipt.trigger, Trigger::Rollback);
    assert!(matches!(receipt.outcome, Outcome::Published { generation } if generation.get() == 4));
    assert_eq!(visible(&live), ("one".to_owned(), 4, Some(1)));
    let changed = changes.changed().await.unwrap();
    assert_eq!(
        (changed.generation().get(), changed.trigger()),
        (4, Trigger::Rollback)
    );
    let origin = before.last().unwrap();
    assert_eq!(
        (changed.revision(), changed.loaded_at()),
        (origin.revision(), origin.loaded_at())
    );
    assert_eq!(kept(&control), [3, 2, 1]);
    assert_eq!(control.status().counters.rollbacks, 1);
}

#[tokio::test(start_paused = true)]
async fn repeated_rollbacks_step_further_back() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two", "three"]).await;
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live).0, "two");
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live), ("one".to_owned(), 5, Some(1)));
    let receipt = control.rollback().await;
    let error = receipt.error().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.to_string().contains("it has generation 4, 3, 2, 1"),
        "{error}"
    );
    assert_eq!(visible(&live).1, 5);
    // The hold is on the content of the source, not on the value visible in between.
    assert!(is_held(&control.reload().await));
    assert!(control.resume().await.is_current());
    assert_eq!(visible(&live).0, "three");
}

#[tokio::test(start_paused = true)]
async fn rollback_without_a_history_fails() {
    let script = Script::new(Good("one"));
    let builder = script.builder().hybrid();
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    assert!(control.history().is_empty());
    let receipt = control.rollback().await;
    assert_eq!(receipt.error().unwrap().kind(), ErrorKind::NotFound);
    assert_eq!(visible(&live).0, "two");
    assert_eq!(reason(&control), None);
}

#[tokio::test(start_paused = true)]
async fn p17_history_keeps_the_newest_and_does_not_count_as_retained() {
    let script = Script::new(Good("one"));
    let builder = service(&script).history(2);
    let (live, control) = published(builder, &script, &["one", "two", "three", "four"]).await;
    assert_eq!(kept(&control), [3, 2]);
    settle().await;
    assert_eq!(live.retained().count, 0);
    let snapshot = live.get();
    script.set(Good("five"));
    assert!(control.barrier().await.is_current());
    script.set(Good("six"));
    assert!(control.barrier().await.is_current());
    assert_eq!((kept(&control), live.retained().count), (vec![5, 4], 0));
    script.set(Good("seven"));
    assert!(control.barrier().await.is_current());
    sleep(seconds(5)).await;
    assert_eq!(live.retained().count, 1, "it is read");
    drop(snapshot);
    sleep(seconds(5)).await;
    assert_eq!(live.retained().count, 0);
}

#[tokio::test(start_paused = true)]
async fn participants_prepare_for_a_rollback_and_may_refuse_it() {
    let script = Script::new(Good("one"));
    let slow = Slow::default();
    let builder = service(&script).participant("slow", slow.clone());
    let (live, control) = published(builder, &script, &["one", "two", "three"]).await;
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live).0, "two");
    assert_eq!(slow.committed.load(Ordering::Relaxed), 4);

    *slow.refuses.lock().unwrap() = Some("one");
    let receipt = control.rollback().await;
    let refused = matches!(
        receipt.outcome,
        Outcome::Rejected {
            stage: Stage::Prepare,
            ..
        }
    );
    assert!(refused, "{receipt}");
    assert!(receipt.votes[0].refusal.is_some());
    assert_eq!(visible(&live).0, "two");
    assert_eq!(slow.committed.load(Ordering::Relaxed), 4);
    assert!(
        control.status().last_error.is_none(),
        "it says nothing of the source"
    );
    assert!(is_held(&control.reload().await), "as before");
}

#[tokio::test(start_paused = true)]
async fn rollback_works_while_the_source_is_unreachable() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two"]).await;
    script.set(Failing(ErrorKind::Unavailable));
    settle().await;
    assert!(control.status().last_error.is_some());
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live).0, "one");
    let status = control.status();
    assert!(
        status.last_error.is_some(),
        "the source is away all the same"
    );
    assert_eq!(status.data, DataState::Stale);
    script.set(Good("two"));
    settle().await;
    assert_eq!(
        (visible(&live).1, reason(&control)),
        (3, Some(HoldReason::Rollback))
    );
    assert!(control.status().last_error.is_none());
}

#[tokio::test(start_paused = true)]
async fn p11_rollback_keeps_the_rejection_of_content() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two"]).await;
    script.set(Bad("typo"));
    settle().await;
    assert!(control.rollback().await.is_current());
    assert_eq!(visible(&live).0, "one");
    let receipt = control.barrier().await;
    assert!(
        matches!(receipt.outcome, Outcome::Rejected { .. }),
        "{receipt}"
    );
    assert_eq!(script.state().decoded_bad, 1);
}

#[tokio::test(start_paused = true)]
async fn concurrent_rollbacks_run_one_after_the_other() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two", "three"]).await;
    let receipts = tokio::join!(control.rollback(), control.reload(), control.rollback());
    assert!(receipts.0.is_current() && receipts.2.is_current());
    assert_eq!(visible(&live), ("one".to_owned(), 5, Some(1)));
    assert!(is_held(&control.reload().await));
}

#[tokio::test(start_paused = true)]
async fn p14_pending_rollback_is_answered_at_the_stop() {
    let script = Script::new(Good("one"));
    let builder = service(&script).participant("slow", Slow::default());
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    let (receipt, ()) = tokio::join!(control.rollback(), control.stop());
    assert_eq!(receipt.error().unwrap().kind(), ErrorKind::Stopped);
    assert_eq!(visible(&live).0, "two");
    let receipt = control.rollback().await;
    assert_eq!(receipt.error().unwrap().kind(), ErrorKind::Stopped);
    assert_eq!(script.holders(), 0);
}
