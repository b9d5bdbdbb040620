//! Participants of members: they join the swap of the group, for the value of their member only.

use hot_reload::{Coordinator, ReloaderService};
use tokio::time::sleep;

use super::rig::{Notes, Pool, Rig, builder, members, quiet};
use crate::publishing::swap::FromTo;
use crate::script::{Good, Script, seconds};

#[tokio::test(start_paused = true)]
async fn only_participants_of_a_changed_member_prepare() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("1"), Good("1"), Good("1")], &notes);
    // Any combination will do.
    let builder = group.into_builder();
    let rig = Rig::start(builder, scripts, keys, notes).await;
    let mut entries = rig.notes.entries();
    entries.sort();
    let all = ["m0", "m1", "m2"];
    let expected = all.iter().flat_map(|member| {
        [
            format!("{member}/pool commits"),
            format!("{member}/pool prepares"),
        ]
    });
    assert_eq!(entries, expected.collect::<Vec<_>>());
    rig.scripts[1].set(Good("2"));
    quiet().await;
    assert_eq!(rig.texts(), ["1", "2", "1"]);
    assert_eq!(rig.notes.entries(), ["m1/pool prepares", "m1/pool commits"]);
    // Their votes still count.
    rig.scripts[2].state().set_silently(Good("2"));
    let receipt = rig.control.reload().await;
    let voters = receipt.votes.iter().map(|vote| &*vote.participant);
    assert_eq!(
        voters.collect::<Vec<_>>(),
        ["m0/pool", "m1/pool", "m2/pool"]
    );
    assert!(receipt.votes.iter().all(|vote| vote.refusal.is_none()));
    assert_eq!(rig.notes.entries(), ["m2/pool prepares", "m2/pool commits"]);
    assert_eq!(rig.notes.open(), 3);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_no_member_commits_before_the_group_is_ready() {
    let rig = Rig::of(2, "1").await;
    rig.notes.entries();
    rig.notes.book().takes = seconds(1);
    rig.scripts[0].set(Good("2"));
    sleep(seconds(3)).await;
    // The member alone has published privately, and the group has refused it before anybody prepared.
    assert_eq!(rig.notes.entries(), Vec::<String>::new());
    rig.scripts[1].set(Good("2"));
    sleep(seconds(3)).await;
    let entries = rig.notes.entries();
    let first_commit = entries
        .iter()
        .position(|entries| entries.ends_with("commits"));
    let last_prepare = entries
        .iter()
        .rposition(|entries| entries.ends_with("prepares"));
    assert!(last_prepare < first_commit, "{entries:?}");
    assert_eq!(entries.len(), 6, "{entries:?}");
    assert_eq!(rig.texts(), ["2", "2"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn participants_of_a_member_keep_its_prepare_deadline() {
    let notes = Notes::default();
    let mut group = Coordinator::new();
    let scripts = vec![Script::new(Good("1"))];
    let member = ReloaderService::builder(scripts[0].clone())
        .prepare_deadline(seconds(30))
        .participant("pool", Pool::new("m0/pool", &notes));
    let keys = vec![group.member("m0", member)];
    let rig = Rig::start(group.into_builder(), scripts, keys, notes).await;
    for (takes, text) in [(20, "2"), (40, "3")] {
        rig.notes.book().takes = seconds(takes);
        rig.scripts[0].state().set_silently(Good(text));
        let receipt = rig.control.reload().await;
        assert_eq!(receipt.elapsed.as_secs(), takes.min(30));
        assert_eq!(receipt.is_current(), takes < 30, "{receipt}");
    }
    assert_eq!(rig.texts(), ["2"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn newer_member_value_during_prepare_is_prepared_before_the_swap() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("1"), Good("1")], &notes);
    let rig = Rig::start(builder(group, &keys, &notes), scripts, keys, notes).await;
    quiet().await;
    rig.notes.entries();
    rig.notes.book().takes = seconds(1);
    rig.set_all("2");
    sleep(seconds(1)).await;
    // While they prepare for the second, there is a third.
    rig.set_all("3");
    sleep(seconds(4)).await;
    assert_eq!(rig.texts(), ["3", "3"]);
    assert_eq!(
        rig.live.get().generation().get(),
        2,
        "the second was never visible"
    );
    let entries = rig.notes.entries();
    let aborts = entries
        .iter()
        .filter(|entries| entries.ends_with("aborts"))
        .count();
    let commits = entries
        .iter()
        .filter(|entries| entries.ends_with("commits"))
        .count();
    assert_eq!((aborts, commits), (3, 3), "{entries:?}");
    assert_eq!(rig.notes.open(), 3);
    rig.notes.assert_never_mixed();
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn participant_of_a_member_sees_the_values_of_that_member() {
    let scripts = [Script::new(Good("a")), Script::new(Good("b"))];
    let from_to = FromTo::default();
    let mut group = Coordinator::new();
    group.member("a", scripts[0].builder().hybrid());
    let builder = scripts[1].builder().hybrid();
    group.member("b", builder.participant("from-to", from_to.clone()));
    let (_live, control) = group.into_builder().start().await.unwrap();
    for (script, text) in [(0, "a2"), (1, "b2")] {
        scripts[script].set(Good(text));
        assert!(control.reload().await.is_current());
    }
    assert_eq!(from_to.entries(), ["None -> b", "Some(\"b\") -> b2"]);
}
