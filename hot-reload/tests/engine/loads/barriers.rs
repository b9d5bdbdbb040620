//! Barriers: a change before the call is visible after it.

use hot_reload::Outcome;
use hot_reload::error::ErrorKind;
use hot_reload::event::{Stage, Trigger, WatchState};
use tokio::time::{Instant, sleep};

use crate::script::{Bad, Failing, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn silent_change_before_a_barrier_is_visible_after_it() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let (live, control) = script.service().await;
    sleep(seconds(120)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    let begun = Instant::now();
    for text in ["second", "third"] {
        script.set(Good(text));
        assert!(matches!(
            control.barrier().await.outcome,
            Outcome::Published { .. }
        ));
        assert_eq!(*live.load(), text);
    }
    assert!(matches!(
        control.barrier().await.outcome,
        Outcome::Unchanged
    ));
    assert_eq!(begun.elapsed().as_secs(), 0);
    // The watch might have reported it.
    sleep(seconds(5)).await;
    assert_eq!(control.status().counters.missed_events, 0);
}

#[tokio::test(start_paused = true)]
async fn p09_barriers_during_a_load_wait_for_one_more() {
    let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(2));
    let (live, control) = script
        .builder()
        .interval(seconds(3600))
        .start()
        .await
        .unwrap();
    let loads = script.loads();
    let earlier = tokio::spawn({
        let control = control.clone();
        async move { control.reload().await }
    });
    sleep(seconds(1)).await;
    script.set(Good("second"));
    let both = tokio::join!(control.barrier(), control.barrier());
    assert_eq!(*live.load(), "second");
    assert!(both.0.is_current() && both.1.is_current());
    assert!(matches!(earlier.await.unwrap().outcome, Outcome::Unchanged));
    assert_eq!(script.loads(), loads + 2);
    assert_eq!(script.state().most_running, 1);
}

#[tokio::test(start_paused = true)]
async fn p11_barrier_does_not_retry_rejected_content() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .interval(seconds(3600))
        .start()
        .await
        .unwrap();
    script.set(Bad("typo"));
    for _ in 0..10 {
        assert!(matches!(
            control.barrier().await.outcome,
            Outcome::Rejected { .. }
        ));
    }
    assert_eq!(script.state().decoded_bad, 1);
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Rejected { .. }
    ));
    assert_eq!(script.state().decoded_bad, 2, "a reload does");
    assert_eq!(*live.load(), "first");
}

#[tokio::test(start_paused = true)]
async fn p11_reload_together_with_a_barrier_retries_rejected_content() {
    let script = Script::new(Good("good"));
    let (_live, control) = script.service().await;
    script.set(Bad("typo"));
    settle().await;
    for tried in 1..4 {
        assert_eq!(script.state().decoded_bad, tried);
        let receipts = match tried {
            1 => tokio::join!(control.reload(), control.barrier()),
            _ => tokio::join!(control.barrier(), control.reload()),
        };
        assert!(receipts.0.error().is_some() && receipts.1.error().is_some());
        // A request of a person has priority over others.
        assert_eq!(receipts.0.trigger, Trigger::Manual);
        assert_eq!(receipts.1.trigger, Trigger::Manual);
    }
}

#[tokio::test(start_paused = true)]
async fn p11_reload_retries_rejected_content_that_was_briefly_missing() {
    let script = Script::new(Good("good"));
    let builder = script.builder().hybrid();
    let refuse = |value: &String| match &**value {
        "good" => Ok(()),
        _ => Err("it cannot be"),
    };
    let (_live, control) = builder.validate(refuse).start().await.unwrap();
    script.set(Good("odd"));
    settle().await;
    let asked = tokio::spawn({
        let (script, control) = (script.clone(), control.clone());
        async move {
            script.state().set_silently(Missing);
            control.reload().await
        }
    });
    settle().await;
    assert!(!asked.is_finished());
    script.state().set_silently(Good("odd"));
    let receipt = asked.await.unwrap();
    assert!(receipt.error().is_some());
    let validated = receipt
        .stages
        .iter()
        .any(|(stage, _)| *stage == Stage::Validate);
    assert!(validated, "{receipt}");
}

#[tokio::test(start_paused = true)]
async fn barrier_returns_the_reason_of_a_rejection() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().start().await.unwrap();
    script.set(Failing(ErrorKind::Unavailable));
    assert!(matches!(
        control.barrier().await.outcome,
        Outcome::Failed { .. }
    ));
    script.set(Missing);
    assert!(matches!(control.barrier().await.outcome, Outcome::Missing));
    assert_eq!(*live.load(), "first");
    control.stop().await;
    script.set(Good("second"));
    let outcome = control.barrier().await;
    assert!(
        matches!(outcome.outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Stopped)
    );
}

#[tokio::test(start_paused = true)]
async fn p20_barrier_does_not_hasten_the_next_attempt_to_open_the_watch() {
    let script = Script::new(Good("first"));
    script.set_opening(Some(Failing(ErrorKind::Denied)));
    let (_live, control) = script.service().await;
    settle().await;
    let opens = script.opens();
    for _ in 0..100 {
        assert!(control.barrier().await.is_current());
        settle().await;
    }
    assert_eq!(script.opens(), opens);
    assert!(control.reload().await.is_current());
    settle().await;
    assert_eq!(script.opens(), opens + 1, "a person does");
    let receipts = tokio::join!(control.barrier(), control.reload());
    assert!(receipts.0.is_current() && receipts.1.is_current());
    settle().await;
    assert_eq!(script.opens(), opens + 2, "also behind a program");
}
