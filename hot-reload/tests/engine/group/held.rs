//! Rollback, pause and probation of a group, and admission holds of its members.

use hot_reload::admission::ShrinkGuard;
use hot_reload::event::HoldReason;
use hot_reload::policy::Probation;
use hot_reload::{Coordinator, Outcome, ReloaderService, Snapshot};
use tokio::time::sleep;

use super::rig::{Notes, Rig, members, quiet};
use crate::script::{Good, Script, seconds};

/// A group of as many members as there are scripts in it, whose values need not fit together.
async fn loose(count: usize, history: usize) -> Rig {
    let notes = Notes::default();
    let contents = vec![Good("1"); count];
    let (group, scripts, keys) = members(&contents, &notes);
    Rig::start(group.into_builder().history(history), scripts, keys, notes).await
}

#[tokio::test(start_paused = true)]
async fn p19_rollback_publishes_the_whole_earlier_snapshot() {
    let rig = loose(3, 4).await;
    rig.scripts[0].set(Good("2"));
    rig.scripts[2].set(Good("2"));
    quiet().await;
    assert_eq!(rig.texts(), ["2", "1", "2"]);
    rig.notes.entries();
    let receipt = rig.control.rollback().await;
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(rig.texts(), ["1", "1", "1"]);
    let mut entries = rig.notes.entries();
    entries.sort();
    let expected = [
        "m0/pool commits",
        "m0/pool prepares",
        "m2/pool commits",
        "m2/pool prepares",
    ];
    assert_eq!(entries, expected);
    assert_eq!(rig.notes.open(), 3);
    // New values of members are held, and published together after `resume`.
    assert!(matches!(rig.control.reload().await.outcome, Outcome::Held));
    assert_eq!(rig.texts(), ["1", "1", "1"]);
    assert!(rig.control.resume().await.is_current());
    assert_eq!(rig.texts(), ["2", "1", "2"]);
    // A change of one member is a change of the source of the group.
    assert!(rig.control.rollback().await.is_current());
    rig.scripts[1].set(Good("3"));
    quiet().await;
    assert_eq!(rig.texts(), ["2", "3", "2"]);
    rig.control.stop().await;
    rig.notes.close();
    assert_eq!(rig.notes.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn pause_of_the_group_holds_the_values_of_all_members() {
    let rig = loose(2, 0).await;
    rig.control.pause();
    rig.scripts[0].set(Good("2"));
    quiet().await;
    rig.scripts[1].set(Good("2"));
    quiet().await;
    assert_eq!(rig.texts(), ["1", "1"]);
    assert!(matches!(rig.control.reload().await.outcome, Outcome::Held));
    assert!(rig.control.resume().await.is_current());
    assert_eq!(rig.texts(), ["2", "2"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_failed_probation_rolls_back_the_whole_group() {
    let scripts = [Script::new(Good("1")), Script::new(Good("1"))];
    let mut group = Coordinator::new();
    let member = |script: &Script| script.builder().hybrid();
    let one = group.member("one", member(&scripts[0]));
    let two = group.member("two", member(&scripts[1]));
    let probation = Probation::new(
        seconds(60),
        move |snapshot: Snapshot<hot_reload::group::GroupSnapshot>| async move {
            sleep(seconds(5)).await;
            match (&*snapshot[one], &*snapshot[two]) {
                ("sick", _) | (_, "sick") => Err("too many errors"),
                _ => Ok(()),
            }
        },
    );
    let builder = group.into_builder().probation(probation);
    let (live, control) = builder.start().await.unwrap();
    let texts = || {
        let snapshot = live.load();
        [snapshot[one].clone(), snapshot[two].clone()]
    };
    scripts[0].set(Good("2"));
    scripts[1].set(Good("sick"));
    quiet().await;
    assert_eq!(texts(), ["2", "sick"]);
    sleep(seconds(10)).await;
    assert_eq!(texts(), ["1", "1"]);
    let hold = control.status().hold.unwrap();
    assert_eq!(hold.reason, HoldReason::Probation);
    scripts[1].set(Good("3"));
    quiet().await;
    assert_eq!(texts(), ["2", "3"]);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn held_member_keeps_its_value_until_the_group_resumes() {
    let scripts = [Script::new(Good("0123456789")), Script::new(Good("1"))];
    let mut group = Coordinator::new();
    let guard = ShrinkGuard::by(|text: &String| text.len());
    let routes = ReloaderService::builder(scripts[0].clone())
        .hybrid()
        .shrink_guard(guard);
    let routes = group.member("routes", routes);
    let other = group.member(
        "other",
        ReloaderService::builder(scripts[1].clone()).hybrid(),
    );
    let (live, control) = group.into_builder().start().await.unwrap();
    let texts = || {
        let snapshot = live.load();
        [snapshot[routes].clone(), snapshot[other].clone()]
    };
    scripts[0].set(Good("0"));
    scripts[1].set(Good("2"));
    quiet().await;
    assert_eq!(texts(), ["0123456789", "2"], "the other goes on");
    let trouble = control.status().source_status.unwrap();
    assert!(trouble.is_degraded_by("member"));
    let text = trouble.degraded[0].to_string();
    assert!(text.contains("held") && text.contains("`resume`"), "{text}");
    let status = control.member_status(routes).unwrap();
    assert_eq!(status.hold.unwrap().reason, HoldReason::Shrunk);
    let receipt = control.reload().await;
    assert!(matches!(receipt.outcome, Outcome::Held), "{receipt}");
    assert!(
        receipt.to_string().contains("routes: shrunk from 10 to 1"),
        "{receipt}"
    );
    assert!(matches!(control.barrier().await.outcome, Outcome::Held));
    assert_eq!(control.status().hold.unwrap().reason, HoldReason::Shrunk);
    assert_eq!(texts()[0], "0123456789");
    assert!(control.resume().await.is_current());
    assert_eq!(texts(), ["0", "2"]);
    assert!(control.status().hold.is_none());
    assert!(matches!(
        control.barrier().await.outcome,
        Outcome::Unchanged
    ));
    control.stop().await;
}
