//! Holds that meet one another, or a person who is about to end them.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::{
    Builder, Control, DataState, Fence, Generation, HoldReason, Live, Outcome, Participant,
    Probation, Receipt, ReloaderService, RemovalPolicy, ShrinkGuard, Snapshot, Trigger,
    async_trait,
};
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Good, Missing, Script, seconds, settle};

const PATIENCE: Duration = Duration::from_secs(300);
/// Time for the next look after the patience is over: the interval and its jitter.
const SOON: Duration = Duration::from_secs(40);

/// A history, and a guard by length.
fn service(script: &Script) -> Builder<Script, String, String> {
    let guard = ShrinkGuard::by(|value: &String| value.len()).confirm_after(PATIENCE);
    let builder = ReloaderService::builder(script.clone()).hybrid();
    builder.history(8).shrink_guard(guard)
}

/// Two values were published; the source holds the second.
async fn started(builder: Builder<Script, String, String>, script: &Script) -> Service {
    let (live, control) = builder.start().await.unwrap();
    script.set(Good("second value"));
    assert!(control.barrier().await.is_current());
    Service { live, control }
}

struct Service {
    live: Live<String>,
    control: Control<String>,
}

impl Service {
    fn visible(&self) -> String {
        self.live.load().clone()
    }

    fn reason(&self) -> Option<HoldReason> {
        self.control.status().hold.map(|hold| hold.reason)
    }

    fn generation(&self, number: u64) -> Generation {
        let kept = self.control.history();
        let mut numbers = kept.iter().map(Snapshot::generation);
        numbers.find(|kept| kept.get() == number).unwrap()
    }
}

fn is_held(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Held)
}

#[tokio::test(start_paused = true)]
async fn a_doubted_value_is_believed_in_time_although_there_was_a_rollback() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    assert!(service.control.rollback().await.is_current());
    script.set(Good("3"));
    settle().await;
    assert_eq!(service.reason(), Some(HoldReason::Shrunk));
    sleep(PATIENCE + SOON).await;
    assert_eq!((service.visible().as_str(), service.reason()), ("3", None));
}

#[tokio::test(start_paused = true)]
async fn what_is_doubted_when_a_person_rolls_back_stays_away_until_the_source_changes() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    script.set(Good("3"));
    settle().await;
    assert!(service.control.rollback().await.is_current());
    sleep((PATIENCE + SOON) * 2).await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("first value", Some(HoldReason::Rollback))
    );
    assert!(is_held(&service.control.reload().await));
    script.set(Good("fourth value"));
    settle().await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("fourth value", None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_doubt_is_over_when_the_source_holds_again_what_was_taken_back() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    assert!(service.control.rollback().await.is_current());
    script.set(Good("3"));
    sleep(PATIENCE - seconds(60)).await;
    assert_eq!(service.reason(), Some(HoldReason::Shrunk));
    script.set(Good("second value"));
    settle().await;
    assert_eq!(service.reason(), Some(HoldReason::Rollback));
    script.set(Good("3"));
    sleep(PATIENCE - seconds(60)).await;
    assert_eq!(service.visible(), "first value", "it waits anew");
}

#[tokio::test(start_paused = true)]
async fn of_two_doubts_the_more_patient_one_counts() {
    for impatient in [PATIENCE, Duration::ZERO] {
        let guard = ShrinkGuard::by(|value: &String| value.len()).confirm_after(impatient);
        let script = Script::new(Good("first value"));
        let builder = ReloaderService::builder(script.clone()).hybrid();
        let fence = Fence::by(|value: &String| value.starts_with("second"));
        let builder = builder
            .shrink_guard(guard)
            .fence(fence.rewind_after(PATIENCE * 2));
        let service = started(builder, &script).await;
        script.set(Good("3"));
        sleep(PATIENCE * 2 - seconds(1)).await;
        assert_eq!(
            (service.visible().as_str(), service.reason()),
            ("second value", Some(HoldReason::Rewound))
        );
        sleep(SOON).await;
        assert_eq!(service.visible(), "3");
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubt_of_a_source_without_revisions_tells_the_newest_numbers() {
    let script = Script::new(Good("first value")).with(|state| state.revisions = false);
    let service = started(service(&script), &script).await;
    script.set(Good("123"));
    settle().await;
    script.set(Good("1"));
    settle().await;
    let message = service.control.status().hold.unwrap().message;
    assert!(message.starts_with("shrunk from 12 to 1;"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn who_goes_forth_and_back_and_finds_what_the_source_holds_is_held_back_by_nothing() {
    for revisions in [true, false] {
        let script = Script::new(Good("first value")).with(|state| state.revisions = revisions);
        let service = started(service(&script), &script).await;
        let control = &service.control;
        script.set(Good("first value"));
        assert!(control.barrier().await.is_current());
        // To the second, and to what was there first, which is what the source holds.
        assert!(control.rollback().await.is_current());
        assert!(is_held(&control.barrier().await));
        assert!(
            control
                .rollback_to(service.generation(1))
                .await
                .is_current()
        );
        assert!(matches!(
            control.barrier().await.outcome,
            Outcome::Unchanged
        ));
        assert_eq!(service.reason(), None, "revisions {revisions}");
        // And by way of a copy of it, from and to.
        for copy in [1, 5] {
            let go_to = |number| control.rollback_to(service.generation(number));
            assert!(go_to(2).await.is_current() && go_to(copy).await.is_current());
            assert_eq!(service.reason(), None, "at once");
            assert!(matches!(
                control.barrier().await.outcome,
                Outcome::Unchanged
            ));
        }
    }
}

/// Fails whatever begins with "sick", at once.
fn strict() -> Probation<String> {
    Probation::new(seconds(60), |value: Snapshot<String>| async move {
        match value.starts_with("sick") {
            true => Err("too many errors"),
            false => Ok(()),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_held_back_beside_a_failed_value_is_not_taken_for_it() {
    for pause in [true, false] {
        let script = Script::new(Good("first value"));
        let service = started(service(&script).probation(strict()), &script).await;
        script.set(Good("sick value"));
        settle().await;
        assert_eq!(service.reason(), Some(HoldReason::Probation));
        if pause {
            service.control.pause();
            script.set(Good("fourth value"));
        } else {
            script.set(Good("4"));
        }
        settle().await;
        // The first look has the value before it, the others know its revision.
        for _ in 0..3 {
            let receipt = service.control.barrier().await;
            assert!(is_held(&receipt), "pause {pause}: {receipt}");
        }
        let status = service.control.status();
        assert!(status.last_error.is_none());
        assert_eq!(status.data, DataState::Fresh);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_says_what_else_its_end_would_bring_back() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script).probation(strict()), &script).await;
    service.control.pause();
    let hold = service.control.status().hold.unwrap();
    assert_eq!(
        hold.message,
        "paused: nothing of the source becomes visible before `resume`"
    );
    assert!(service.control.rollback().await.is_current());
    let hold = service.control.status().hold.unwrap();
    assert_eq!(hold.reason, HoldReason::Paused);
    assert!(
        hold.message.contains("rolled back: generation 2"),
        "{}",
        hold.message
    );
}

#[tokio::test(start_paused = true)]
async fn a_resume_counts_for_what_is_found_implausible_just_now() {
    let script =
        Script::new(Good("first value")).with(|state| state.load_takes = Duration::from_millis(10));
    let service = started(service(&script), &script).await;
    // So that the look begins at once.
    sleep(seconds(60)).await;
    script.state().set_silently(Good("3"));
    let resume = async {
        sleep(Duration::from_millis(5)).await;
        service.control.resume().await
    };
    let (receipt, resumed) = tokio::join!(service.control.reload(), resume);
    assert!(is_held(&receipt), "{receipt}");
    assert!(
        matches!(resumed.outcome, Outcome::Published { .. }),
        "{resumed}"
    );
    assert_eq!((service.visible().as_str(), service.reason()), ("3", None));
}

#[tokio::test(start_paused = true)]
async fn no_look_at_the_source_passes_for_a_rollback() {
    let script = Script::new(Good("first value"));
    let slow = Agreeing::default();
    let service = started(service(&script).participant("slow", slow), &script).await;
    script
        .with(|state| state.muted = true)
        .set(Good("third value"));
    let pause = async {
        sleep(Duration::from_millis(5)).await;
        service.control.pause();
    };
    let (receipt, ()) = tokio::join!(service.control.reload_by(Trigger::Rollback), pause);
    assert!(is_held(&receipt), "{receipt}");
    assert_eq!(service.visible(), "second value");
}

/// Takes its time, and may refuse this value.
#[derive(Clone, Default)]
struct Agreeing {
    refuses: Arc<Mutex<Option<&'static str>>>,
    asked: Arc<AtomicU32>,
}

#[async_trait]
impl Participant<String> for Agreeing {
    type Prepared = ();

    async fn prepare(&self, candidate: &String) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(10)).await;
        match *self.refuses.lock().unwrap() {
            Some(refused) if refused == candidate => Err("not this one".into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {}
}

#[tokio::test(start_paused = true)]
async fn by_revision_a_value_that_comes_after_the_default_of_a_removal_is_a_change() {
    let script = Script::new(Good("first value"));
    let builder = ReloaderService::builder_by_revision(script.clone()).hybrid();
    let builder = builder.on_removal(RemovalPolicy::Default("nothing".to_owned()));
    let service = started(builder.history(8), &script).await;
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(service.visible(), "nothing");
    assert!(service.control.rollback().await.is_current());
    sleep(SOON).await;
    assert_eq!(service.visible(), "second value");
    script.set(Good("fourth value"));
    settle().await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("fourth value", None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_default_that_is_visible_already_ends_a_rollback_as_another_does() {
    let script = Script::new(Good("first value"));
    let builder = service(&script).on_removal(RemovalPolicy::Default("first value".to_owned()));
    let service = started(builder, &script).await;
    assert!(service.control.rollback().await.is_current());
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("first value", None)
    );
    script.set(Good("second value"));
    settle().await;
    assert_eq!(service.visible(), "second value");
}

#[tokio::test(start_paused = true)]
async fn a_failed_value_whose_way_back_is_refused_is_tried_again_by_the_next_look_and_not_before() {
    let script = Script::new(Good("first value"));
    let store = Agreeing::default();
    let begun = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&begun);
    let probation = Probation::new(seconds(60), move |value: Snapshot<String>| {
        let sick = value.starts_with("second");
        let many = sick && counted.fetch_add(1, Ordering::Relaxed) > 20;
        async move {
            match sick {
                // Or the test would never end.
                _ if many => pending().await,
                true => Err("too many errors"),
                false => Ok(()),
            }
        }
    });
    let builder = ReloaderService::builder(script.clone()).hybrid();
    let builder = builder
        .participant("store", store.clone())
        .probation(probation);
    let (live, control) = builder.start().await.unwrap();
    let service = Service { live, control };
    *store.refuses.lock().unwrap() = Some("first value");
    script.set(Good("second value"));
    sleep(seconds(1)).await;
    assert_eq!(service.visible(), "second value");
    assert_eq!(begun.load(Ordering::Relaxed), 1);
    let on_probation = service.control.status().on_probation;
    assert_eq!(
        on_probation.map(Generation::get),
        Some(2),
        "it has not proven itself"
    );
    let _ = service.control.barrier().await;
    sleep(seconds(1)).await;
    assert_eq!(begun.load(Ordering::Relaxed), 2);
    *store.refuses.lock().unwrap() = None;
    let _ = service.control.barrier().await;
    sleep(seconds(1)).await;
    assert_eq!(service.visible(), "first value");
    assert_eq!(service.control.status().on_probation, None);
}

/// Cannot even say what is wrong.
struct Speechless;

impl fmt::Display for Speechless {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the error has a bug")
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "the guard has a bug");
    }
}

#[tokio::test(start_paused = true)]
async fn p07_what_a_probation_returns_or_leaves_behind_may_panic() {
    let script = Script::new(Good("first value"));
    let probation = Probation::new(seconds(60), |value: Snapshot<String>| async move {
        let _bomb = value.starts_with("second").then(|| Bomb);
        match value.starts_with("sick") {
            true => Err(Speechless),
            false => pending().await,
        }
    });
    let builder = ReloaderService::builder(script.clone()).hybrid();
    let service = started(builder.probation(probation), &script).await;
    settle().await;
    script.set(Good("third value"));
    settle().await;
    assert_eq!(service.visible(), "third value");
    script.set(Good("sick value"));
    settle().await;
    assert_eq!(service.reason(), Some(HoldReason::Probation));
    assert_eq!(service.visible(), "first value");
    script.set(Good("fifth value"));
    settle().await;
    assert_eq!(service.visible(), "fifth value");
    assert!(!service.control.status().stopped);
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_each_hold_once_and_why_a_value_was_taken_back() {
    let log = log();
    let script = Script::new(Good("first value"));
    let service = started(service(&script).probation(strict()), &script).await;
    service.control.pause();
    script.set(Good("3"));
    sleep(seconds(600)).await;
    assert_eq!(log.count("held back"), 1);
    let receipt = service.control.resume().await;
    assert!(receipt.is_current(), "{receipt}");
    script.set(Good("third value"));
    settle().await;
    script.set(Good("3"));
    settle().await;
    script.set(Good("4"));
    settle().await;
    assert_eq!(log.count("held back"), 3, "another value, another hold");
    sleep(seconds(60)).await;
    assert_eq!(log.count("held back"), 3);
    script.set(Good("sick value"));
    settle().await;
    assert_eq!(
        log.count("generation 5 failed its probation: too many errors"),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_end_nothing_is_paused_or_resumed() {
    let log = log();
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    assert!(service.control.rollback().await.is_current());
    service.control.stop().await;
    service.control.pause();
    assert_eq!(service.reason(), None);
    let _ = service.control.resume().await;
    assert_eq!((log.count("paused"), log.count("resumed")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_was_believed_and_then_refused_does_not_wait_anew() {
    let script = Script::new(Good("first value"));
    let store = Agreeing::default();
    let service = started(
        service(&script).participant("store", store.clone()),
        &script,
    )
    .await;
    *store.refuses.lock().unwrap() = Some("3");
    script.set(Good("3"));
    sleep(PATIENCE + SOON).await;
    let status = service.control.status();
    assert!(
        status
            .last_error
            .unwrap()
            .to_string()
            .contains("not this one")
    );
    assert_eq!(
        status.hold, None,
        "it is not for its size that it is not visible"
    );
    *store.refuses.lock().unwrap() = None;
    assert!(service.control.reload().await.is_current());
    assert_eq!(service.visible(), "3");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_has_taken_back_by_a_rollback_is_not_prepared_again() {
    let script = Script::new(Good("first value"));
    let store = Agreeing::default();
    let service = started(
        service(&script).participant("store", store.clone()),
        &script,
    )
    .await;
    assert!(service.control.rollback().await.is_current());
    let asked = store.asked.load(Ordering::Relaxed);
    sleep(seconds(3600)).await;
    assert!(is_held(&service.control.reload().await));
    assert_eq!(store.asked.load(Ordering::Relaxed), asked);
}

#[tokio::test(start_paused = true)]
async fn what_a_rollback_replaces_takes_a_place_in_the_history() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script).history(5), &script).await;
    for value in ["third value", "fourth value", "fifth value", "sixth value"] {
        script.set(Good(value));
        assert!(service.control.barrier().await.is_current());
    }
    for _ in 0..3 {
        assert!(service.control.rollback().await.is_current());
    }
    assert_eq!(service.visible(), "third value");
    assert!(service.control.rollback().await.error().is_some());
}

#[tokio::test(start_paused = true)]
async fn p17_a_service_that_has_stopped_keeps_nothing_but_what_is_visible() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script).probation(strict()), &script).await;
    assert!(service.control.rollback().await.is_current());
    assert_eq!(service.control.history().len(), 2);
    service.control.stop().await;
    assert!(service.control.history().is_empty() && service.reason().is_none());
    assert_eq!(service.visible(), "first value");
}

#[tokio::test(start_paused = true)]
async fn by_revision_a_rollback_ends_with_another_revision() {
    let script = Script::new(Good("first value"));
    let builder = ReloaderService::builder_by_revision(script.clone()).hybrid();
    let service = started(builder.history(8), &script).await;
    assert!(service.control.rollback().await.is_current());
    assert!(is_held(&service.control.reload().await));
    script.set(Good("fourth value"));
    settle().await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("fourth value", None)
    );
}
