//! The loads of a group, and the snapshots that it assembles.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::event::{Requester, Stage, Trigger, WatchState};
use hot_reload::{Coordinator, Guard, Outcome, Revision};
use tokio::time::sleep;

use super::rig::{Notes, Rig, members, quiet};
use crate::script::{Bad, Good, Script, seconds};
use crate::tray::Tray;

#[tokio::test(start_paused = true)]
async fn p19_members_valid_only_together_become_visible_together() {
    let rig = Rig::of(2, "1").await;
    let mut changes = rig.live.subscribe();
    rig.scripts[0].set(Good("2"));
    sleep(seconds(5)).await;
    assert_eq!(rig.texts(), ["1", "1"]);
    let status = rig.control.status();
    let refusal = status.last_error.unwrap().to_string();
    assert_eq!(refusal, "they do not belong together: 2, 1");
    rig.scripts[1].set(Good("2"));
    let snapshot = changes.changed().await.unwrap();
    assert_eq!(
        (&*snapshot[rig.keys[0]], &*snapshot[rig.keys[1]]),
        ("2", "2")
    );
    assert_eq!(snapshot.generation().get(), 2);
    assert_eq!(snapshot.trigger(), Trigger::Watch);
    rig.notes.assert_never_mixed();
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_writes_in_quick_succession_are_one_generation() {
    let rig = Rig::of(5, "1").await;
    // The first periods have random lengths, and end with these loads.
    assert!(rig.control.barrier().await.is_current());
    rig.notes.asked();
    for script in &rig.scripts {
        script.set(Good("2"));
        sleep(Duration::from_millis(20)).await;
    }
    quiet().await;
    assert_eq!(rig.texts(), ["2"; 5]);
    assert_eq!(rig.live.get().generation().get(), 2);
    assert_eq!(rig.notes.asked(), ["2 2 2 2 2"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p11_refused_combination_is_not_validated_again_until_it_changes() {
    let rig = Rig::of(2, "1").await;
    quiet().await;
    rig.notes.asked();
    rig.scripts[0].set(Good("2"));
    quiet().await;
    assert_eq!(rig.notes.asked(), ["2 1"]);
    // Polls, retries, barriers, and a member that is away and comes back with what it had.
    sleep(seconds(100)).await;
    assert!(!rig.control.barrier().await.is_current());
    rig.scripts[1].set(Bad("typo"));
    sleep(seconds(50)).await;
    let error = rig.control.status().last_error.unwrap().to_string();
    assert_eq!(error, "m1: script: cannot read \"typo\"");
    rig.scripts[1].set(Good("1"));
    sleep(seconds(50)).await;
    let error = rig.control.status().last_error.unwrap().to_string();
    assert_eq!(error, "they do not belong together: 2, 1");
    assert_eq!(rig.notes.asked(), Vec::<String>::new());
    // A person asks for it; five minutes pass; it changes.
    let receipt = rig.control.reload().await;
    assert_eq!(receipt.outcome.as_str(), "rejected");
    assert_eq!(rig.notes.asked(), ["2 1"]);
    sleep(seconds(340)).await;
    assert_eq!(rig.notes.asked(), ["2 1"]);
    rig.scripts[0].set(Good("1"));
    quiet().await;
    assert_eq!(rig.notes.asked(), ["1 1"]);
    assert!(rig.control.status().last_error.is_none());
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn unchanged_members_keep_their_values_and_participants_rest() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("a"), Good("b"), Good("c")], &notes);
    let rig = Rig::start(group.into_builder(), scripts, keys, notes).await;
    assert!(rig.control.barrier().await.is_current());
    let before = rig.live.get();
    let loads: Vec<_> = rig.scripts.iter().map(Script::loads).collect();
    rig.scripts[1].set(Good("B"));
    quiet().await;
    let after = rig.live.get();
    assert_eq!(rig.texts(), ["a", "B", "c"]);
    for (place, key) in rig.keys.iter().enumerate() {
        let changed = usize::from(place == 1);
        let same = std::ptr::eq(&before[*key], &after[*key]);
        assert_eq!(same, changed == 0, "{place}");
        let (one, other) = (before.get(*key).unwrap(), after.get(*key).unwrap());
        assert_eq!(std::ptr::eq(one, other), changed == 0, "{place}");
        assert_eq!(
            rig.scripts[place].loads(),
            loads[place] + changed,
            "{place}"
        );
    }
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn snapshot_shows_member_versions_and_no_values() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("secret"), Good("b")], &notes);
    let rig = Rig::start(group.into_builder(), scripts, keys, notes).await;
    rig.scripts[1].set(Good("B"));
    quiet().await;
    let snapshot = rig.live.get();
    let versions: Vec<_> = snapshot
        .versions()
        .map(|version| version.to_string())
        .collect();
    assert_eq!(versions, ["m0 1", "m1 2"]);
    let revision = Revision::new("B");
    assert_eq!(
        snapshot.versions().nth(1).unwrap().revision,
        Some(&revision)
    );
    assert_eq!(
        format!("{:?}", snapshot.value()),
        "GroupSnapshot [m0 1 (736563726574), m1 2 (42)]"
    );
    let part = snapshot.get(rig.keys[1]).unwrap().snapshot();
    assert_eq!((part.generation().get(), part.as_str()), (2, "B"));
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn handle_of_a_member_is_woken_for_that_member_only() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("a"), Good("b")], &notes);
    let rig = Rig::start(group.into_builder(), scripts, keys, notes).await;
    let handles = [rig.live.member(rig.keys[0]), rig.live.member(rig.keys[1])];
    let [mut first, mut second] = [handles[0].subscribe(), handles[1].subscribe()];
    rig.scripts[1].set(Good("B"));
    quiet().await;
    let changed = second.changed().now_or_never().unwrap().unwrap();
    assert_eq!((changed.as_str(), changed.generation().get()), ("B", 2));
    assert!(first.changed().now_or_never().is_none());
    rig.scripts[0].set(Good("A"));
    quiet().await;
    let changed = first.changed().now_or_never().unwrap().unwrap();
    assert_eq!((changed.as_str(), changed.generation().get()), ("A", 2));
    let guard = handles[0].load();
    assert_eq!((guard.as_str(), Guard::generation(&guard).get()), ("A", 3));
    drop(guard);
    assert!(second.changed().now_or_never().is_none());
    assert_eq!(handles[1].load().as_str(), "B");
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn barrier_sees_all_changes_and_reload_retries_rejected_content() {
    let rig = Rig::of(3, "1").await;
    rig.set_all_silently("2");
    let receipt = rig.control.barrier().await;
    assert!(
        matches!(receipt.outcome, Outcome::Published { .. }),
        "{receipt}"
    );
    assert_eq!(receipt.trigger, Trigger::Resync);
    assert_eq!(rig.texts(), ["2"; 3]);
    let decoded_bad = |rig: &Rig| rig.scripts[2].state().decoded_bad;
    rig.scripts[2].state().set_silently(Bad("typo"));
    for _ in 0..3 {
        let receipt = rig.control.barrier().await;
        assert!(
            matches!(
                receipt.outcome,
                Outcome::Rejected {
                    stage: Stage::Decode,
                    ..
                }
            ),
            "{receipt}"
        );
    }
    assert_eq!(decoded_bad(&rig), 1);
    let _ = rig.control.reload().await;
    assert_eq!(decoded_bad(&rig), 2);
    rig.set_all_silently("3");
    for requester in [Requester::Signal, Requester::Http] {
        assert!(rig.control.reload_for(requester).await.is_current());
    }
    assert_eq!(rig.texts(), ["3"; 3]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn barrier_together_with_a_hint_or_a_retry_stays_a_barrier() {
    let rig = Rig::of(2, "1").await;
    quiet().await;
    rig.notes.book().takes = seconds(2);
    rig.set_all("2");
    sleep(seconds(1)).await;
    // While the group prepares, one member hints, another one changes, and a caller waits for that change.
    rig.notes.book().takes = Duration::ZERO;
    rig.scripts[0].set(Good("3"));
    sleep(Duration::from_millis(100)).await;
    rig.scripts[1].state().set_silently(Good("3"));
    let receipt = rig.control.barrier().await;
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(rig.texts(), ["3", "3"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn member_is_loaded_once_at_the_start_and_never_while_idle() {
    let rig = Rig::of(3, "1").await;
    assert!(rig.scripts.iter().all(|script| script.loads() == 1));
    // Until all watches are trusted.
    sleep(seconds(130)).await;
    let loads = rig.control.status().counters.loads;
    sleep(seconds(36_000)).await;
    assert_eq!(rig.control.status().counters.loads, loads);
    assert_eq!(rig.control.status().watch, WatchState::Trusted);
    // And hears at once when something happens.
    rig.set_all("2");
    quiet().await;
    assert_eq!(rig.texts(), ["2"; 3]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn change_of_a_member_during_prepare_is_published_afterwards() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("a"), Good("b")], &notes);
    let rig = Rig::start(group.into_builder(), scripts, keys, notes).await;
    rig.notes.book().takes = seconds(1);
    for change in ["A", "AA", "AAA", "AAAA"] {
        rig.scripts[0].set(Good(change));
        sleep(Duration::from_millis(700)).await;
    }
    sleep(seconds(5)).await;
    assert_eq!(rig.texts(), ["AAAA", "b"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_group_takes_any_type_and_any_strategy() {
    let mut group = Coordinator::new();
    let numbers = Tray::with(vec![1_u8, 2, 3]);
    let script = Script::new(Good("text"));
    let number = group.member("numbers", numbers.builder());
    let text = group.member("text", script.builder().hybrid());
    let builder = group.into_builder();
    let builder = builder.validate(move |snapshot| {
        match snapshot[number].len() == snapshot[text].len() - 1 {
            true => Ok(()),
            false => Err("of different lengths"),
        }
    });
    let (live, control) = builder.start().await.unwrap();
    assert_eq!((live.load()[number][2], &*live.load()[text]), (3, "text"));
    numbers.put(vec![4]);
    script.set(Good("te"));
    let receipt = control.reload().await;
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!((live.load()[number][0], &*live.load()[text]), (4, "te"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn key_of_another_group_finds_nothing() {
    let (rig, other) = (Rig::of(1, "1").await, Rig::of(2, "2").await);
    let foreign = other.keys[0];
    let snapshot = rig.live.get();
    assert!(snapshot.get(foreign).is_none());
    assert!(rig.control.member_status(foreign).is_none());
    let panic = catch_unwind(AssertUnwindSafe(|| snapshot[foreign].len())).unwrap_err();
    let text = panic.downcast_ref::<&str>().unwrap();
    assert_eq!(*text, "the key is of a member of another group");
    // A handle with that key works, too.
    let handle = rig.live.member(foreign);
    let mut changes = handle.subscribe();
    rig.scripts[0].set(Good("3"));
    quiet().await;
    assert_eq!(rig.texts(), ["3"]);
    assert!(handle.try_load().is_none());
    assert!(changes.changed().now_or_never().is_none());
    rig.control.stop().await;
    other.control.stop().await;
}
