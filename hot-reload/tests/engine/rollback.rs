//! Earlier values, brought back and held against the source; and the pause.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::{
    Builder, Control, DataState, ErrorKind, Event, Generation, HoldReason, Live, Outcome,
    Participant, Receipt, ReloaderService, RemovalPolicy, Stage, Trigger, WatchEvent, async_trait,
};
use tokio::time::sleep;

use crate::script::{Bad, Failing, Good, Missing, Script, seconds, settle};

fn service(script: &Script) -> Builder<Script, String, String> {
    let builder = ReloaderService::builder(script.clone()).hybrid();
    builder.history(8)
}

/// A service that has published these, one after the other.
async fn published(
    builder: Builder<Script, String, String>,
    script: &Script,
    values: &[&'static str],
) -> (Live<String>, Control<String>) {
    script.set(Good(values[0]));
    let (live, control) = builder.start().await.unwrap();
    for value in &values[1..] {
        script.set(Good(value));
        assert!(control.barrier().await.is_current());
    }
    assert_eq!(live.get().generation().get(), values.len() as u64);
    (live, control)
}

/// The value, its number, and the number that it had before.
fn visible(live: &Live<String>) -> (String, u64, Option<u64>) {
    let snapshot = live.get();
    let origin = snapshot.origin().map(Generation::get);
    (
        snapshot.value().clone(),
        snapshot.generation().get(),
        origin,
    )
}

fn kept(control: &Control<String>) -> Vec<u64> {
    let kept = control.history();
    kept.iter().map(|value| value.generation().get()).collect()
}

fn generation(control: &Control<String>, number: u64) -> Generation {
    let kept = control.history();
    let mut numbers = kept.iter().map(|value| value.generation());
    numbers.find(|kept| kept.get() == number).unwrap()
}

fn is_held(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Held)
}

fn reason(control: &Control<String>) -> Option<HoldReason> {
    control.status().hold.map(|hold| hold.reason)
}

#[tokio::test(start_paused = true)]
async fn p09_a_rollback_is_a_new_generation_that_names_its_origin() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two", "three"]).await;
    let mut changes = live.subscribe();
    let before = control.history();
    let receipt = control.rollback_to(generation(&control, 1)).await;
    assert_eq!(receipt.trigger, Trigger::Rollback);
    assert!(matches!(receipt.outcome, Outcome::Published { generation } if generation.get() == 4));
    assert_eq!(visible(&live), ("one".to_owned(), 4, Some(1)));
    let told = changes.changed().await.unwrap();
    assert_eq!(
        (told.generation().get(), told.trigger()),
        (4, Trigger::Rollback)
    );
    let origin = before.last().unwrap();
    assert_eq!(
        (told.revision(), told.loaded_at()),
        (origin.revision(), origin.loaded_at())
    );
    assert_eq!(kept(&control), [3, 2, 1]);
    assert_eq!(control.status().counters.rollbacks, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_is_held_against_the_source_until_that_changes() {
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
async fn a_rollback_ends_by_resume() {
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
async fn who_resumes_after_rollbacks_were_asked_for_gets_what_the_source_holds() {
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
async fn each_rollback_goes_one_further_back() {
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
        error.to_string().contains("kept is generation 4, 3, 2, 1"),
        "{error}"
    );
    assert_eq!(visible(&live).1, 5);
    // What is held back is what the source held, and not what was visible in between.
    assert!(is_held(&control.reload().await));
    assert!(control.resume().await.is_current());
    assert_eq!(visible(&live).0, "three");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_to_what_the_source_holds_holds_nothing_back() {
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
async fn a_rollback_to_an_equal_of_what_the_source_holds_holds_nothing_back() {
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
async fn without_a_history_there_is_nothing_to_go_back_to() {
    let script = Script::new(Good("one"));
    let builder = ReloaderService::builder(script.clone()).hybrid();
    let (live, control) = published(builder, &script, &["one", "two"]).await;
    assert!(control.history().is_empty());
    let receipt = control.rollback().await;
    assert_eq!(receipt.error().unwrap().kind(), ErrorKind::NotFound);
    assert_eq!(visible(&live).0, "two");
    assert_eq!(reason(&control), None);
}

#[tokio::test(start_paused = true)]
async fn p17_a_history_keeps_the_newest_and_what_it_keeps_is_not_laid_to_the_readers() {
    let script = Script::new(Good("one"));
    let builder = service(&script).history(2);
    let (live, control) = published(builder, &script, &["one", "two", "three", "four"]).await;
    assert_eq!(kept(&control), [3, 2]);
    settle().await;
    assert_eq!(live.stats().retired, 0);
    let snapshot = live.get();
    script.set(Good("five"));
    assert!(control.barrier().await.is_current());
    script.set(Good("six"));
    assert!(control.barrier().await.is_current());
    assert_eq!((kept(&control), live.stats().retired), (vec![5, 4], 0));
    script.set(Good("seven"));
    assert!(control.barrier().await.is_current());
    sleep(seconds(5)).await;
    assert_eq!(live.stats().retired, 1, "it is read");
    drop(snapshot);
    sleep(seconds(5)).await;
    assert_eq!(live.stats().retired, 0);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_while_the_source_changes_ends_with_what_the_source_holds() {
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

/// Takes its time.
#[derive(Clone, Default)]
struct Slow {
    refuses: Arc<Mutex<Option<&'static str>>>,
    committed: Arc<AtomicU32>,
}

#[async_trait]
impl Participant<String> for Slow {
    type Prepared = ();

    async fn prepare(&self, candidate: &String) -> Result<(), Box<dyn Error + Send + Sync>> {
        sleep(Duration::from_millis(10)).await;
        match *self.refuses.lock().unwrap() {
            Some(refused) if refused == candidate => Err("not this one".into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {
        sleep(Duration::from_millis(10)).await;
        self.committed.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn participants_take_part_in_a_rollback_and_may_refuse_it() {
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
async fn a_rollback_works_while_the_source_is_away_and_moves_nothing_of_it() {
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
async fn p11_a_rollback_leaves_what_is_known_of_rejected_content() {
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
async fn what_is_held_back_stays_so_when_the_source_was_bad_or_empty_in_between() {
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
async fn by_revision_alone_a_rollback_is_held_as_well() {
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
async fn a_default_that_follows_a_removal_ends_a_rollback() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Default("nothing".to_owned()));
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
async fn a_default_that_was_rolled_back_is_visible_again_after_resume() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Default("nothing".to_owned()));
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
async fn rollbacks_at_once_follow_one_another() {
    let script = Script::new(Good("one"));
    let (live, control) = published(service(&script), &script, &["one", "two", "three"]).await;
    let receipts = tokio::join!(control.rollback(), control.reload(), control.rollback());
    assert!(receipts.0.is_current() && receipts.2.is_current());
    assert_eq!(visible(&live), ("one".to_owned(), 5, Some(1)));
    assert!(is_held(&control.reload().await));
}

#[tokio::test(start_paused = true)]
async fn p14_whoever_waits_for_a_rollback_is_told_of_the_stop() {
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

#[tokio::test(start_paused = true)]
async fn in_a_pause_nothing_of_the_source_becomes_visible() {
    for revisions in [true, false] {
        let script = Script::new(Good("one")).with(|state| state.revisions = revisions);
        let (live, control) = published(service(&script), &script, &["one", "two"]).await;
        let mut events = control.events();
        control.pause();
        control.pause();
        assert!(matches!(events.next().await, Some(Event::Paused)));
        script.set(Good("three"));
        sleep(seconds(300)).await;
        assert!(is_held(&control.reload().await) && is_held(&control.barrier().await));
        assert_eq!(visible(&live).0, "two");
        assert_eq!(reason(&control), Some(HoldReason::Paused));
        assert!(control.status().counters.held > 0);
        // What is no good is rejected all the same, and what is visible already is no news.
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
            resumed += u32::from(matches!(event, Event::Resumed));
        }
        assert_eq!(resumed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_while_a_value_is_prepared_keeps_it_out() {
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
async fn a_removal_in_a_pause_waits_for_its_end() {
    let script = Script::new(Good("one"));
    let builder = service(&script).on_removal(RemovalPolicy::Default("nothing".to_owned()));
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
async fn an_earlier_value_can_be_brought_back_in_a_pause() {
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
