//! Values that must be confirmed: the last confirmed one returns if nobody does.

use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::HoldReason;
use hot_reload::policy::Probation;
use hot_reload::{Control, Generation, Live};
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Good, Script, seconds, settle};

const WINDOW: Duration = Duration::from_secs(600);

async fn started() -> (Script, Live<String>, Control<String>) {
    let script = Script::new(Good("one"));
    let builder = script.builder().hybrid().history(5);
    let builder = builder.probation(Probation::until_confirmed(WINDOW));
    let (live, control) = builder.start().await.unwrap();
    (script, live, control)
}

fn visible(live: &Live<String>) -> (String, u64) {
    let snapshot = live.get();
    (snapshot.value().clone(), snapshot.generation().get())
}

fn on_probation(control: &Control<String>) -> Option<u64> {
    control.status().on_probation.map(Generation::get)
}

async fn refused(control: &Control<String>, generation: Generation) -> String {
    let error = control.confirm(generation).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn value_that_nobody_confirms_is_rolled_back_and_held() {
    let log = log();
    let (script, live, control) = started().await;
    assert_eq!(on_probation(&control), None, "not the first value");
    script.set(Good("two"));
    settle().await;
    let line = "generation 2 must be confirmed within 10 min, or generation 1 returns";
    assert_eq!(log.count(line), 1, "{}", log.text());
    let status = control.status();
    assert!(status.confirm_by.is_some());
    let text = status.to_string();
    assert!(
        text.ends_with("; on probation until it is confirmed"),
        "{text}"
    );
    let second = live.get().generation();
    sleep(WINDOW - seconds(1)).await;
    assert_eq!(visible(&live), ("two".to_owned(), 2));
    sleep(seconds(1)).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
    let status = control.status();
    assert_eq!((status.on_probation, status.confirm_by), (None, None));
    let hold = status.hold.unwrap();
    assert_eq!(hold.reason, HoldReason::Probation);
    assert_eq!(
        hold.message,
        "generation 2 failed its probation: nobody has confirmed it within 600s"
    );
    let text = refused(&control, second).await;
    assert_eq!(text, "generation 2 is not on probation; none is");
    sleep(WINDOW).await;
    assert_eq!(visible(&live).1, 3, "it is not published again");
}

#[tokio::test(start_paused = true)]
async fn confirmed_value_stays_and_is_the_one_to_return_to() {
    let log = log();
    let (script, live, control) = started().await;
    script.set(Good("two"));
    sleep(seconds(300)).await;
    let second = live.get().generation();
    control.target().confirm(second).await.unwrap();
    assert_eq!(
        (on_probation(&control), control.status().confirm_by),
        (None, None)
    );
    assert_eq!(log.count("generation 2 passed its probation"), 1);
    sleep(WINDOW).await;
    assert_eq!(visible(&live), ("two".to_owned(), 2));
    let text = refused(&control, second).await;
    assert_eq!(text, "generation 2 is not on probation; none is");
    script.set(Good("three"));
    sleep(WINDOW + seconds(1)).await;
    assert_eq!(visible(&live), ("two".to_owned(), 4));
}

#[tokio::test(start_paused = true)]
async fn value_published_during_the_window_needs_its_own_confirmation() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    settle().await;
    let second = live.get().generation();
    sleep(seconds(500)).await;
    script.set(Good("three"));
    settle().await;
    let text = refused(&control, second).await;
    assert_eq!(text, "generation 2 is not on probation; generation 3 is");
    sleep(seconds(599)).await;
    assert_eq!(
        visible(&live),
        ("three".to_owned(), 3),
        "a window of its own"
    );
    sleep(seconds(1)).await;
    assert_eq!(visible(&live), ("one".to_owned(), 4));
}

#[tokio::test(start_paused = true)]
async fn rollback_by_a_person_ends_the_wait_for_a_confirmation() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    settle().await;
    drop(control.rollback().await);
    assert_eq!((visible(&live).1, on_probation(&control)), (3, None));
    sleep(WINDOW).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
}

#[tokio::test(start_paused = true)]
async fn stop_during_the_window_keeps_the_value_and_refuses_a_confirmation() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    settle().await;
    let second = live.get().generation();
    control.stop().await;
    let error = control.confirm(second).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    sleep(WINDOW).await;
    assert_eq!(visible(&live), ("two".to_owned(), 2));
}

#[tokio::test(start_paused = true)]
async fn confirmation_without_a_probation_is_refused() {
    let script = Script::new(Good("one"));
    let (live, control) = script.service().await;
    let text = refused(&control, live.get().generation()).await;
    assert_eq!(text, "generation 1 is not on probation; none is");
}
