//! Faults at every step of a swap, in groups of one to five members: all values or none become visible, and nothing leaks.

use hot_reload::error::ErrorKind;
use hot_reload::event::Stage;
use hot_reload::group::GroupSnapshot;
use hot_reload::{Control, Outcome, Receipt};
use tokio::time::sleep;

use super::rig::{Rig, Wrong};
use crate::script::{Bad, Failing, Hanging, Panicking, seconds};

/// Where something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Load,
    LoadHangs,
    LoadPanics,
    Decode,
    Validate(Wrong),
    /// In the pool of the member.
    Pool(Wrong),
    GroupValidate(Wrong),
    GroupPool(Wrong),
}

use Step::{Decode, GroupPool, GroupValidate, Load, LoadHangs, LoadPanics, Pool, Validate};
use Wrong::{Hang, HangCommitting, Panic, PanicCommitting, Refuse};

const STEPS: [Step; 18] = [
    Load,
    LoadHangs,
    LoadPanics,
    Decode,
    Validate(Refuse),
    Validate(Panic),
    Pool(Refuse),
    Pool(Panic),
    Pool(Hang),
    GroupValidate(Refuse),
    GroupValidate(Panic),
    GroupPool(Refuse),
    GroupPool(Panic),
    GroupPool(Hang),
    Pool(PanicCommitting),
    Pool(HangCommitting),
    GroupPool(PanicCommitting),
    GroupPool(HangCommitting),
];

impl Step {
    fn begin(self, rig: &Rig, place: usize) {
        let script = &rig.scripts[place];
        let (own, pool) = (format!("m{place}"), format!("m{place}/pool"));
        match self {
            Load => script.state().set_silently(Failing(ErrorKind::Unavailable)),
            LoadHangs => script.state().set_silently(Hanging),
            LoadPanics => script.state().set_silently(Panicking),
            Decode => script.state().set_silently(Bad("2")),
            Validate(wrong) => rig.notes.fail(&own, wrong),
            Pool(wrong) => rig.notes.fail(&pool, wrong),
            GroupValidate(wrong) => rig.notes.fail("group", wrong),
            GroupPool(wrong) => rig.notes.fail("group/pool", wrong),
        }
    }

    /// Whether the values still become visible.
    fn is_too_late(self) -> bool {
        matches!(
            self,
            Pool(PanicCommitting | HangCommitting) | GroupPool(PanicCommitting | HangCommitting)
        )
    }

    /// The named participant, and the stage of the rejection.
    fn blamed(self, place: usize) -> (String, Option<Stage>) {
        let member = format!("m{place}");
        match self {
            Load | LoadHangs | LoadPanics => (format!("{member}: script"), None),
            Decode => (format!("{member}: script"), Some(Stage::Decode)),
            Validate(_) => (format!("{member}: script"), Some(Stage::Validate)),
            Pool(_) => (format!("{member}/pool: "), Some(Stage::Prepare)),
            GroupValidate(Panic) => ("panicked".to_owned(), Some(Stage::Validate)),
            GroupValidate(_) => ("not today".to_owned(), Some(Stage::Validate)),
            GroupPool(_) => ("pool: ".to_owned(), Some(Stage::Prepare)),
        }
    }
}

fn assert_says_so(receipt: &Receipt, step: Step, place: usize) {
    let case = format!("{step:?} at {place}: {receipt}");
    if step.is_too_late() {
        assert!(
            matches!(receipt.outcome, Outcome::Published { .. }),
            "{case}"
        );
        let failed: Vec<_> = receipt
            .votes
            .iter()
            .filter(|vote| vote.failure.is_some())
            .collect();
        let who = match step {
            Pool(_) => format!("m{place}/pool"),
            _ => "pool".to_owned(),
        };
        assert_eq!(failed.len(), 1, "{case}");
        assert_eq!(failed[0].participant, who, "{case}");
        return;
    }
    let (blamed, stage) = step.blamed(place);
    match &receipt.outcome {
        Outcome::Rejected { stage: now, error } => {
            assert_eq!(Some(*now), stage, "{case}");
            assert!(error.to_string().starts_with(&blamed), "{case}");
        }
        Outcome::Failed { error } => {
            assert_eq!(None, stage, "{case}");
            assert!(error.to_string().starts_with(&blamed), "{case}");
        }
        other => panic!("{case}: {other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn p19_readers_see_all_values_or_none_after_any_fault() {
    for count in 1..=5 {
        for place in 0..count {
            for step in STEPS {
                one(count, place, step).await;
            }
        }
    }
}

async fn one(count: usize, place: usize, step: Step) {
    let case = format!("{step:?} at {place} of {count}");
    let rig = Rig::of(count, "1").await;
    assert_eq!(rig.notes.open(), count + 1, "{case}");
    rig.set_all_silently("2");
    step.begin(&rig, place);
    let receipt = rig.control.reload().await;
    assert_says_so(&receipt, step, place);
    let expected = if step.is_too_late() { "2" } else { "1" };
    assert_eq!(rig.texts(), vec![expected; count], "{case}");
    // A participant whose commit failed has dropped the new pool, and uses the old one.
    assert_eq!(rig.notes.open(), count + 1, "{case}");
    // It stays so without a further request.
    sleep(seconds(40)).await;
    assert_eq!(rig.texts(), vec![expected; count], "{case}");
    assert_eq!(rig.notes.open(), count + 1, "{case}");
    // And it heals.
    rig.notes.book().wrong.clear();
    rig.set_all("3");
    assert!(rig.control.reload().await.is_current(), "{case}");
    assert_eq!(rig.texts(), vec!["3"; count], "{case}");
    assert_eq!(rig.notes.open(), count + 1, "{case}");
    end(rig, &case).await;
}

async fn end(rig: Rig, case: &str) {
    rig.control.stop().await;
    rig.notes.assert_never_mixed();
    rig.notes.close();
    assert_eq!(rig.notes.open(), 0, "{case}");
}

#[tokio::test(start_paused = true)]
async fn p14_p19_stop_during_a_swap_publishes_all_values_or_none() {
    // Loading takes two seconds, asking the members' pools and the group's two more.
    for count in [1, 2, 5] {
        for after in 0..=6 {
            let rig = Rig::of(count, "1").await;
            for script in &rig.scripts {
                script.state().load_takes = seconds(2);
            }
            rig.notes.book().takes = seconds(2);
            rig.set_all_silently("2");
            let control: Control<GroupSnapshot> = rig.control.clone();
            let reload = tokio::spawn(async move { control.reload().await });
            sleep(seconds(after)).await;
            rig.control.stop().await;
            let receipt = reload.await.unwrap();
            let published = matches!(receipt.outcome, Outcome::Published { .. });
            let expected = if published { "2" } else { "1" };
            let case = format!("stopped after {after} s of {count}: {receipt}");
            assert_eq!(rig.texts(), vec![expected; count], "{case}");
            assert_eq!(published, after > 4, "{case}");
            assert!(
                rig.scripts.iter().all(|script| !script.is_watched()),
                "{case}"
            );
            sleep(seconds(60)).await;
            assert_eq!(rig.texts(), vec![expected; count], "{case}");
            assert_eq!(rig.notes.open(), count + 1, "{case}");
            end(rig, &case).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn prepared_members_abort_if_another_refuses() {
    let rig = Rig::of(3, "1").await;
    rig.notes.entries();
    rig.set_all_silently("2");
    rig.notes.fail("m1/pool", Refuse);
    let receipt = rig.control.reload().await;
    let refusal = receipt.outcome.error().unwrap().to_string();
    assert_eq!(refusal, "m1/pool: not today");
    let mut entries = rig.notes.entries();
    entries.sort();
    assert_eq!(
        entries,
        [
            "group/pool aborts",
            "group/pool prepares",
            "m0/pool aborts",
            "m0/pool prepares",
            "m1/pool prepares",
            "m2/pool aborts",
            "m2/pool prepares"
        ]
    );
    // Good content stays in the member, and a reload tries it again with the others.
    rig.notes.book().wrong.clear();
    assert!(rig.control.reload().await.is_current());
    assert_eq!(rig.texts(), ["2"; 3]);
    let entries = rig.notes.entries();
    let commits = entries
        .iter()
        .filter(|entries| entries.ends_with("commits"));
    assert_eq!(commits.count(), 4, "{entries:?}");
    rig.control.stop().await;
}
