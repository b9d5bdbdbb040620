//! Probation: a visible value that fails is rolled back to the last proven one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, HoldReason, Stage};
use hot_reload::policy::{Probation, RemovalPolicy};
use hot_reload::{Builder, Control, Live, Outcome, Participant, Snapshot, async_trait};
use tokio::time::sleep;

use crate::script::{Bad, Good, Missing, Script, seconds, settle};

const WINDOW: Duration = Duration::from_secs(60);
/// When a value that begins with "sick" fails.
const FAILS: Duration = Duration::from_secs(20);

fn probation() -> Probation<String> {
    Probation::new(WINDOW, |value: Snapshot<String>| async move {
        sleep(FAILS).await;
        match value.value() {
            sick if sick.starts_with("sick") => Err("too many errors"),
            _ => std::future::pending().await,
        }
    })
}

fn service(script: &Script) -> Builder<Script, String, String> {
    script.builder().hybrid().probation(probation())
}

fn visible(live: &Live<String>) -> (String, u64) {
    let snapshot = live.get();
    (snapshot.value().clone(), snapshot.generation().get())
}

async fn started() -> (Script, Live<String>, Control<String>) {
    let script = Script::new(Good("one"));
    let (live, control) = service(&script).start().await.unwrap();
    (script, live, control)
}

fn reason(control: &Control<String>) -> Option<HoldReason> {
    control.status().hold.map(|hold| hold.reason)
}

#[tokio::test(start_paused = true)]
async fn value_that_fails_its_probation_is_rolled_back() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = service(&script).start().await.unwrap();
        script.set(Good("sick"));
        settle().await;
        assert_eq!(visible(&live), ("sick".to_owned(), 2));
        let on_probation = control.status().on_probation;
        assert_eq!(on_probation.map(hot_reload::Generation::get), Some(2));
        sleep(FAILS - seconds(1)).await;
        assert_eq!(visible(&live).1, 2, "not before it has failed");
        sleep(seconds(1)).await;
        let snapshot = live.get();
        assert_eq!(visible(&live), ("one".to_owned(), 3));
        assert_eq!(snapshot.origin().unwrap().get(), 1);
        let status = control.status();
        assert_eq!(
            (reason(&control), status.on_probation),
            (Some(HoldReason::Probation), None)
        );
        let message = status.hold.unwrap().message;
        assert_eq!(
            message,
            "generation 2 failed its probation: too many errors"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn p11_failed_value_is_not_published_again_until_it_changes() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = service(&script).start().await.unwrap();
        script.set(Good("sick"));
        // Longer than any timer that lifts a quarantine.
        sleep(seconds(60 * 60)).await;
        assert_eq!(
            visible(&live),
            ("one".to_owned(), 3),
            "revisions {revisions}"
        );
        let status = control.status();
        assert_eq!(status.data, DataState::Stale);
        let error = status.last_error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(
            error
                .to_string()
                .contains("failed its probation: too many errors"),
            "{error}"
        );
        // A barrier does not retry rejected content.
        let receipt = control.barrier().await;
        assert!(
            matches!(
                receipt.outcome,
                Outcome::Rejected {
                    stage: Stage::Commit,
                    ..
                }
            ),
            "{receipt}"
        );
        script.set(Good("two"));
        settle().await;
        assert_eq!(visible(&live), ("two".to_owned(), 4));
        assert_eq!(reason(&control), None);
        assert!(control.status().last_error.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn reload_tries_a_failed_value_again() {
    for resume in [true, false] {
        let (script, live, control) = started().await;
        script.set(Good("sick"));
        sleep(seconds(60)).await;
        assert_eq!(visible(&live).1, 3);
        let receipt = match resume {
            true => control.resume().await,
            false => control.reload().await,
        };
        assert!(
            matches!(receipt.outcome, Outcome::Published { .. }),
            "{receipt}"
        );
        assert_eq!(
            (visible(&live), reason(&control)),
            (("sick".to_owned(), 4), None)
        );
        sleep(FAILS * 2).await;
        assert_eq!(visible(&live), ("one".to_owned(), 5), "and fails again");
        assert_eq!(live.get().origin().unwrap().get(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn value_that_passes_its_probation_is_the_rollback_target() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    sleep(WINDOW + seconds(1)).await;
    assert_eq!(control.status().on_probation, None);
    settle().await;
    assert_eq!(live.retained().count, 0);
    script.set(Good("sick"));
    sleep(WINDOW).await;
    assert_eq!(visible(&live), ("two".to_owned(), 4));
}

#[tokio::test(start_paused = true)]
async fn values_on_probation_are_no_rollback_target() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    sleep(FAILS / 2).await;
    script.set(Good("sick"));
    sleep(FAILS - seconds(1)).await;
    assert_eq!(visible(&live), ("sick".to_owned(), 3));
    sleep(seconds(2)).await;
    assert_eq!(
        visible(&live),
        ("one".to_owned(), 4),
        "two has never proven itself"
    );
    assert_eq!(reason(&control), Some(HoldReason::Probation));
}

#[tokio::test(start_paused = true)]
async fn newer_value_ends_the_probation_of_the_one_before() {
    let (script, live, control) = started().await;
    script.set(Good("sick"));
    sleep(FAILS - seconds(1)).await;
    script.set(Good("two"));
    sleep(WINDOW * 2).await;
    assert_eq!(
        (visible(&live), reason(&control)),
        (("two".to_owned(), 2 + 1), None)
    );
}

#[tokio::test(start_paused = true)]
async fn failure_while_a_newer_value_is_loaded_rolls_nothing_back() {
    let (script, live, control) = started().await;
    script.set(Good("sick"));
    sleep(FAILS - seconds(1)).await;
    script.state().load_takes = seconds(2);
    script.set(Good("two"));
    sleep(WINDOW * 2).await;
    assert_eq!(
        (visible(&live), reason(&control)),
        (("two".to_owned(), 3), None)
    );
    assert_eq!(control.status().counters.rollbacks, 0);
}

#[tokio::test(start_paused = true)]
async fn good_value_after_a_failed_one_is_unchanged() {
    let (script, live, control) = started().await;
    script.set(Good("sick"));
    sleep(FAILS * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
    script.set(Good("one"));
    settle().await;
    assert_eq!(
        (visible(&live).1, reason(&control)),
        (3, None),
        "it is visible already"
    );
    assert!(control.status().last_error.is_none());
    // That forgets the held value: it is new when it comes again.
    script.set(Good("sick"));
    settle().await;
    assert_eq!(visible(&live), ("sick".to_owned(), 4));
    sleep(FAILS * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 5));
}

#[tokio::test(start_paused = true)]
async fn two_failed_values_in_a_row_roll_back_to_the_good_one() {
    let (script, live, control) = started().await;
    script.set(Good("sick 1"));
    sleep(FAILS * 2).await;
    script.set(Good("sick 2"));
    settle().await;
    assert_eq!(visible(&live), ("sick 2".to_owned(), 4));
    sleep(FAILS * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 5));
    script.set(Bad("typo"));
    settle().await;
    assert!(
        control
            .status()
            .last_error
            .unwrap()
            .to_string()
            .contains("typo")
    );
    script.set(Good("sick 2"));
    settle().await;
    assert_eq!(
        visible(&live),
        ("one".to_owned(), 5),
        "it is still rejected"
    );
    let error = control.status().last_error.unwrap();
    assert!(error.to_string().contains("generation 4 failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn removal_and_return_during_a_probation() {
    let (script, live, control) = started().await;
    script.set(Good("sick"));
    sleep(FAILS / 4).await;
    script.set(Missing);
    sleep(FAILS / 4).await;
    script.set(Good("sick"));
    sleep(FAILS / 4).await;
    assert_eq!(
        visible(&live),
        ("sick".to_owned(), 2),
        "the probation goes on"
    );
    sleep(FAILS).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
    // And removed once more, and back: it has failed.
    script.set(Missing);
    sleep(seconds(5)).await;
    script.set(Good("sick"));
    sleep(seconds(5)).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
    assert_eq!(reason(&control), Some(HoldReason::Probation));
}

#[tokio::test(start_paused = true)]
async fn removal_with_a_default_and_return_during_a_probation() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Replace("none".to_owned()));
    let (live, control) = builder.start().await.unwrap();
    script.set(Good("sick"));
    sleep(FAILS / 4).await;
    script.set(Missing);
    sleep(FAILS / 4).await;
    assert_eq!(visible(&live), ("none".to_owned(), 3));
    script.set(Good("sick"));
    settle().await;
    assert_eq!(
        visible(&live),
        ("sick".to_owned(), 4),
        "a probation of its own"
    );
    sleep(FAILS * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 5));
    assert_eq!(reason(&control), Some(HoldReason::Probation));
}

#[tokio::test(start_paused = true)]
async fn manual_rollback_ends_a_probation() {
    let script = Script::new(Good("one"));
    let (live, control) = service(&script).history(4).start().await.unwrap();
    script.set(Good("sick"));
    settle().await;
    assert!(control.rollback().await.is_current());
    sleep(WINDOW * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
    assert_eq!(
        reason(&control),
        Some(HoldReason::Rollback),
        "and not its failure"
    );
}

#[tokio::test(start_paused = true)]
async fn value_that_fails_in_a_pause_is_rolled_back() {
    let (script, live, control) = started().await;
    script.set(Good("sick"));
    settle().await;
    control.pause();
    sleep(FAILS * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 3));
}

#[tokio::test(start_paused = true)]
async fn first_value_has_no_probation() {
    let script = Script::new(Good("sick"));
    let (live, control) = service(&script).start().await.unwrap();
    assert_eq!(control.status().on_probation, None);
    sleep(WINDOW).await;
    assert_eq!(
        (visible(&live), reason(&control)),
        (("sick".to_owned(), 1), None)
    );
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_a_probation_is_a_failure() {
    let script = Script::new(Good("one"));
    let panics = Probation::new(WINDOW, |value: Snapshot<String>| {
        assert_ne!(value.value(), "two", "at once");
        async move {
            assert_ne!(value.value(), "three", "later");
            Ok::<(), String>(())
        }
    });
    let builder = script.builder().hybrid().probation(panics);
    let (live, control) = builder.start().await.unwrap();
    for (sick, says) in [("two", "at once"), ("three", "later")] {
        script.set(Good(sick));
        settle().await;
        assert_eq!(visible(&live).0, "one", "{sick}");
        let message = control.status().hold.unwrap().message;
        assert!(message.contains(says), "{message}");
    }
    script.set(Good("four"));
    settle().await;
    assert_eq!(
        (visible(&live).0.as_str(), control.status().on_probation),
        ("four", None)
    );
}

#[tokio::test(start_paused = true)]
async fn check_runs_each_second_and_at_the_end() {
    let script = Script::new(Good("one"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let begun = tokio::time::Instant::now();
    let probation = Probation::check(Duration::from_millis(3500), move |_: &String| {
        noted.lock().unwrap().push(begun.elapsed().as_millis());
        Ok::<(), String>(())
    });
    let builder = script.builder().hybrid().probation(probation);
    let (_live, control) = builder.start().await.unwrap();
    script.set(Good("two"));
    sleep(seconds(10)).await;
    assert_eq!(*asked.lock().unwrap(), [1000, 2000, 3000, 3500]);
    assert_eq!(control.status().on_probation, None);
}

/// Refuses this value once the flag is set.
struct Refusing(Arc<Mutex<Option<&'static str>>>);

#[async_trait]
impl Participant<String> for Refusing {
    type Prepared = ();

    async fn prepare(
        &self,
        candidate: &String,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match *self.0.lock().unwrap() {
            Some(refused) if refused == candidate => Err("it does not go back".into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {}
}

#[tokio::test(start_paused = true)]
async fn value_stays_visible_if_a_participant_refuses_the_rollback() {
    let script = Script::new(Good("one"));
    let refuses = Arc::default();
    let builder = service(&script).participant("store", Refusing(Arc::clone(&refuses)));
    let (live, control) = builder.start().await.unwrap();
    script.set(Good("sick"));
    settle().await;
    *refuses.lock().unwrap() = Some("one");
    sleep(WINDOW).await;
    assert_eq!(
        (visible(&live), reason(&control)),
        (("sick".to_owned(), 2), None)
    );
    *refuses.lock().unwrap() = None;
    script.set(Good("sick too"));
    sleep(FAILS * 2).await;
    assert_eq!(visible(&live), ("one".to_owned(), 4));
    control.stop().await;
    assert_eq!(script.holders(), 0);
}

#[tokio::test(start_paused = true)]
async fn p14_probation_ends_with_the_service() {
    let (script, live, control) = started().await;
    script.set(Good("sick"));
    settle().await;
    control.stop().await;
    sleep(WINDOW).await;
    assert_eq!(visible(&live), ("sick".to_owned(), 2));
}
