//! P1, P2, P7, P17: values derived from each published value, once, before readers can see that one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, Stage};
use hot_reload::testing::Publisher;
use hot_reload::{Guard, Live, Outcome};

use crate::script::{Bad, Failing, Good, Script, seconds, settle};
use crate::tray::{Entry, Ledger, Tray};

/// The value and the generation that a handle has.
fn now<V: Clone>(live: &Live<V>) -> (V, u64) {
    let guard = live.load();
    (V::clone(&guard), Guard::generation(&guard).get())
}

#[tokio::test]
async fn derived_value_has_the_generation_of_its_origin() {
    let publisher = Publisher::new(1);
    let doubled = publisher.live().derive(|value| value * 2);
    let text = doubled.derive(|value| format!("<{value}>"));
    let mut changes = (doubled.subscribe(), text.subscribe());
    assert_eq!((now(&doubled), now(&text)), ((2, 1), ("<2>".to_owned(), 1)));
    publisher.publish(2);
    assert_eq!((now(&doubled), now(&text)), ((4, 2), ("<4>".to_owned(), 2)));
    assert_eq!(*changes.0.changed().await.unwrap(), 4);
    assert_eq!(*changes.1.changed().await.unwrap(), "<4>");
    let origin = publisher.live().get();
    assert_eq!(doubled.get().trigger(), origin.trigger());
    assert_eq!(doubled.get().loaded_at(), origin.loaded_at());
    publisher.stop();
    assert!(changes.0.changed().await.is_none() && changes.1.changed().await.is_none());
    assert_eq!(now(&doubled), (4, 2));
}

#[test]
fn function_runs_once_for_each_publication_until_the_last_handle_is_dropped() {
    let publisher = Publisher::new(1);
    let count = Arc::new(AtomicUsize::new(0));
    let derived = publisher.live().derive({
        let count = Arc::clone(&count);
        move |value| {
            count.fetch_add(1, Ordering::Relaxed);
            *value
        }
    });
    let clone = derived.clone();
    for value in 2..=4 {
        publisher.publish(value);
        assert_eq!((*derived.load(), *clone.load()), (value, value));
        assert_eq!(count.load(Ordering::Relaxed), value);
    }
    drop((derived, clone));
    assert_eq!(Arc::strong_count(&count), 1, "the function was dropped");
    publisher.publish(5);
    assert_eq!(count.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn p01_p07_panic_in_the_function_rejects_the_value() {
    let tray = Tray::with(1);
    let (live, control) = tray.service().await;
    let halves = live.derive(|value| {
        assert_ne!(*value, 2, "two is not derived");
        value * 10
    });
    let other = live.derive(|value| value + 1);
    let outcome = tray.offer(&control, 2).await;
    let Outcome::Rejected { stage, error } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((stage, error.kind()), (Stage::Commit, ErrorKind::Panicked));
    assert_eq!((*live.load(), *halves.load(), *other.load()), (1, 10, 2));
    tray.publish(&control, 3).await;
    assert_eq!(now(&halves), (30, 2));
    assert_eq!(now(&other), (4, 2));
}

#[tokio::test]
async fn part_of_a_derived_value_wakes_for_its_changes_only() {
    let publisher = Publisher::new((1, "a"));
    let swapped = publisher.live().derive(|(number, name)| (*name, *number));
    let part = swapped.map(|(name, _)| name);
    let mut names = part.subscribe();
    publisher.publish((2, "a"));
    assert!(names.changed().now_or_never().is_none());
    publisher.publish((3, "b"));
    let name = names.changed().await.unwrap();
    assert_eq!((*name, name.generation().get()), ("b", 3));
    publisher.stop();
    assert!(names.changed().await.is_none());
}

#[test]
fn derivation_begun_during_a_publication_has_the_published_value() {
    static DERIVED: OnceLock<(Live<u32>, Live<u32>)> = OnceLock::new();
    let publisher = Publisher::new(1);
    let live = publisher.live();
    let part = live.map({
        let live = live.clone();
        move |value: &u32| {
            if *value == 2 {
                DERIVED.get_or_init(|| {
                    let tenfold = live.derive(|value| value * 10);
                    assert_eq!(*tenfold.load(), 10, "the candidate is not visible yet");
                    let next = tenfold.derive(|value| value + 1);
                    (tenfold, next)
                });
            }
            value
        }
    });
    let _parts = part.subscribe();
    publisher.publish(2);
    let (tenfold, next) = DERIVED.get().expect("it was derived");
    assert_eq!((now(tenfold), now(next)), ((20, 2), (21, 2)));
}

#[test]
fn derived_value_is_never_older_than_its_origin() {
    let publisher = Publisher::new(1);
    let live = publisher.live();
    let derived = live.derive(|value| value * 2);
    let further = derived.derive(|value| value + 1);
    let over = Arc::new(AtomicBool::new(false));
    let reader = thread::spawn({
        let over = Arc::clone(&over);
        move || {
            while !over.load(Ordering::Relaxed) {
                let (value, generation) = now(&live);
                let (doubled, second) = now(&derived);
                let (next, third) = now(&further);
                assert!(doubled >= value * 2 && next > doubled);
                assert!(generation <= second && second <= third);
            }
        }
    });
    for value in 2..5_000 {
        publisher.publish(value);
    }
    over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn p17_replaced_derived_values_are_freed_although_the_history_keeps_their_origin() {
    let (tray, ledger) = (Tray::with(1), Ledger::default());
    let (live, control) = tray.builder().history(5).start().await.unwrap();
    let derived: Live<Entry> = live.derive({
        let ledger = ledger.clone();
        move |number| ledger.value(*number)
    });
    for number in 2..=3 {
        tray.publish(&control, number).await;
    }
    settle().await;
    assert_eq!(ledger.freed(), [1, 2]);
    let held = derived.get();
    tray.publish(&control, 4).await;
    settle().await;
    assert_eq!((ledger.freed().len(), derived.retained().count), (2, 1));
    drop(held);
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(
        (ledger.freed(), derived.retained().count),
        (vec![1, 2, 3], 0)
    );
    control.stop().await;
    drop(derived);
    assert_eq!(ledger.freed(), [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn value_can_be_derived_before_the_first_and_after_the_end() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, control) = script.builder().hybrid().start_in_background();
    let length = live.derive(String::len);
    assert!(length.try_load().is_none());
    let mut changes = length.subscribe();
    settle().await;
    script.set(Good("first"));
    assert_eq!(*changes.changed().await.unwrap(), 5);
    length.ready().await.unwrap();
    control.stop().await;
    assert!(changes.changed().await.is_none());
    let late = live.derive(String::len);
    assert_eq!(now(&late), (5, 1));
    assert!(late.subscribe().changed().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn p06_handle_on_a_derived_value_keeps_the_service_running() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    let length = live.derive(String::len);
    let callback = length.on_change(|_| ());
    drop((live, control));
    let mut changes = length.subscribe();
    script.set(Good("second"));
    assert_eq!(*changes.changed().await.unwrap(), 6);
    drop((length, changes));
    callback.finished().await;
    settle().await;
    assert_eq!(script.holders(), 0);
}

#[tokio::test(start_paused = true)]
async fn failures_are_events_of_the_read_handle() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    let (mut events, mut of_derived) = (live.events(), live.derive(String::len).events());
    script.set(Bad("invalid"));
    let receipt = control.reload().await;
    for events in [&mut events, &mut of_derived] {
        let event = events.next().await.unwrap();
        let EventKind::Load { outcome, .. } = &event.kind else {
            panic!("{event:?}");
        };
        let (error, expected) = (outcome.error().unwrap(), receipt.error().unwrap());
        assert_eq!(error.to_string(), expected.to_string());
        while let Some(event) = events.next().now_or_never().flatten() {
            assert_eq!(event.generation.map(|now| now.get()), Some(1));
        }
    }
    control.stop().await;
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event.kind.as_str());
    }
    assert_eq!(last, Some("stopped"));
    assert!(live.events().next().await.is_none(), "none after the end");
    assert!(Live::fixed(1).events().next().await.is_none());
}
