//! Publication although nothing has changed, on request.

use hot_reload::error::ErrorKind;
use hot_reload::event::Trigger;
use tokio::time::sleep;

use crate::script::{Bad, Failing, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p10_republish_publishes_the_same_value_as_a_new_generation() {
    for revisions in [true, false] {
        let script = Script::new(Good("a")).with(|state| state.revisions = revisions);
        let (live, control) = script.service().await;
        let mut changes = live.subscribe();
        assert_eq!(control.reload().await.outcome.as_str(), "unchanged");
        let before = live.get().generation();
        let receipt = control.republish().await;
        assert_eq!(receipt.outcome.as_str(), "published");
        assert_eq!(receipt.trigger, Trigger::Manual);
        let now = changes.changed().await.unwrap();
        assert_eq!((now.as_str(), now.trigger()), ("a", Trigger::Manual));
        assert_eq!(now.generation().get(), before.get() + 1);
        // It does not last.
        assert_eq!(control.reload().await.outcome.as_str(), "unchanged");
        sleep(seconds(600)).await;
        assert_eq!(live.get().generation(), now.generation());
    }
}

#[tokio::test(start_paused = true)]
async fn republish_of_content_that_is_not_good_publishes_nothing() {
    let script = Script::new(Good("a"));
    let (live, control) = script.service().await;
    for (content, word) in [
        (Bad("b"), "rejected"),
        (Failing(ErrorKind::Unavailable), "failed"),
        (Missing, "missing"),
    ] {
        script.set(content);
        assert_eq!(control.republish().await.outcome.as_str(), word);
        assert_eq!(live.get().generation().get(), 1);
    }
    script.set(Good("a"));
    assert_eq!(control.republish().await.outcome.as_str(), "published");
}

#[tokio::test(start_paused = true)]
async fn republish_does_not_end_a_hold() {
    let script = Script::new(Good("a"));
    let (live, control) = script.builder().history(2).start().await.unwrap();
    control.pause();
    assert_eq!(control.republish().await.outcome.as_str(), "held");
    assert!(control.resume().await.is_current());
    script.set(Good("b"));
    let _ = control.reload().await;
    assert_eq!(control.rollback().await.outcome.as_str(), "published");
    assert_eq!(control.republish().await.outcome.as_str(), "held");
    assert_eq!(*live.load(), "a");
}

#[tokio::test(start_paused = true)]
async fn p09_concurrent_reloads_share_the_republication() {
    let script = Script::new(Good("a"));
    let (live, control) = script.service().await;
    sleep(seconds(5)).await;
    let loads = script.loads();
    let (first, second, third) =
        tokio::join!(control.reload(), control.republish(), control.barrier());
    for receipt in [first, second, third] {
        assert_eq!(receipt.outcome.as_str(), "published");
    }
    assert_eq!(script.loads(), loads + 1);
    assert_eq!(live.get().generation().get(), 2);
}

#[tokio::test(start_paused = true)]
async fn republish_validates_again_and_runs_by_a_target() {
    let script = Script::new(Good("a"));
    let (live, control) = script.service().await;
    let target = control.target();
    assert_eq!(target.republish().await.outcome.as_str(), "published");
    assert_eq!(live.get().generation().get(), 2);
    target.disable();
    settle().await;
    assert!(!target.status().enabled);
    assert_eq!(target.republish().await.outcome.as_str(), "published");
    target.enable();
    settle().await;
    assert!(target.status().enabled);
    control.stop().await;
    let stopped = target.republish().await;
    assert_eq!(stopped.outcome.as_str(), "failed");
}
