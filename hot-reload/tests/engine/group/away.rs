//! Groups with a member that has no good value.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, HoldReason, Stage};
use hot_reload::group::{MemberLive, WhenAway};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Coordinator, Outcome, ReloaderService};
use tokio::time::{Instant, sleep};

use super::rig::{Notes, Rig, members, quiet};
use crate::script::{Bad, Content, Failing, Good, Hanging, Missing, Script, Written, seconds};

/// Two members; the second has this content, and every combination is valid.
fn two(
    second: Content,
    policy: WhenAway,
) -> (
    Coordinator,
    Vec<Script>,
    Vec<hot_reload::group::MemberKey<String>>,
) {
    let (mut group, scripts, keys) = members(&[Good("a"), second], &Notes::default());
    group.when_away(policy);
    (group, scripts, keys)
}

async fn start(second: Content, policy: WhenAway) -> Rig {
    let (group, scripts, keys) = two(second, policy);
    Rig::start(group.into_builder(), scripts, keys, Notes::default()).await
}

/// The entries about members in the status of the group.
fn degraded(rig: &Rig) -> Vec<String> {
    let status = rig.control.status().source_status.unwrap();
    assert!(
        status
            .degraded
            .iter()
            .all(|reason| reason.reason == "member")
    );
    status
        .degraded
        .into_iter()
        .map(|reason| reason.message)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn start_without_a_member_fails_with_its_name_and_stops_all() {
    let cases = [
        (
            Bad("typo"),
            ErrorKind::Decode,
            "m1: script: cannot read \"typo\"",
            0,
        ),
        (
            Failing(ErrorKind::Denied),
            ErrorKind::Denied,
            "m1: script: the source is away",
            0,
        ),
        (
            Missing,
            ErrorKind::NotFound,
            "m1: script: does not exist",
            0,
        ),
        (
            Failing(ErrorKind::Unavailable),
            ErrorKind::Unavailable,
            "m1: script: the source is away",
            15,
        ),
        (
            Hanging,
            ErrorKind::Timeout,
            "m1: script: the source did not answer within 10s",
            15,
        ),
    ];
    for (content, kind, text, after) in cases {
        let (group, scripts, _) = two(content.clone(), WhenAway::Hold);
        let begun = Instant::now();
        let error = group.into_builder().start().await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
        assert_eq!(begun.elapsed().as_secs(), after, "{content:?}");
        assert!(
            scripts.iter().all(|script| script.holders() == 0),
            "{content:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn start_waits_for_a_member_within_its_deadline() {
    let (group, scripts, _) = two(Failing(ErrorKind::Unavailable), WhenAway::Hold);
    let late = scripts[1].clone();
    tokio::spawn(async move {
        sleep(seconds(5)).await;
        late.set(Good("b"));
    });
    let begun = Instant::now();
    let (live, control) = group.into_builder().start().await.unwrap();
    assert!(begun.elapsed() < seconds(10));
    assert_eq!(live.get().versions().len(), 2);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p05_start_waits_for_a_member_that_is_being_written() {
    let (group, scripts, _) = two(Written(seconds(1)), WhenAway::Hold);
    let late = scripts[1].clone();
    tokio::spawn(async move {
        sleep(seconds(55)).await;
        late.set(Good("b"));
    });
    let (live, control) = group.into_builder().start().await.unwrap();
    assert_eq!(live.get().versions().len(), 2);
    assert_eq!(control.status().hold, None);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p05_member_that_is_being_written_delays_no_other_and_is_named() {
    let rig = start(Good("b"), WhenAway::Hold).await;
    rig.scripts[1].set(Written(seconds(1)));
    quiet().await;
    rig.scripts[0].set(Good("A"));
    quiet().await;
    assert_eq!(rig.texts(), ["A", "b"]);
    let hold = rig.control.status().hold.unwrap();
    assert_eq!(
        (hold.reason, &*hold.message),
        (HoldReason::BeingWritten, "m1: it is being written")
    );
    rig.scripts[1].set(Good("B"));
    quiet().await;
    assert_eq!(rig.texts(), ["A", "B"]);
    assert_eq!(rig.control.status().hold, None);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_rejected_member_stays_rejected_while_its_fix_is_written() {
    let rig = start(Good("b"), WhenAway::Hold).await;
    rig.scripts[1].set(Bad("typo"));
    quiet().await;
    rig.scripts[0].set(Good("A"));
    quiet().await;
    rig.scripts[1].set(Written(seconds(1)));
    sleep(seconds(30)).await;
    assert_eq!(rig.texts(), ["a", "b"]);
    assert_eq!(degraded(&rig), ["m1: cannot read \"typo\""]);
    rig.scripts[1].set(Good("B"));
    quiet().await;
    assert_eq!(rig.texts(), ["A", "B"]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn group_holds_new_values_until_the_failed_member_recovers() {
    let rig = start(Good("b"), WhenAway::Hold).await;
    rig.scripts[1].set(Bad("typo"));
    quiet().await;
    rig.scripts[0].set(Good("A"));
    sleep(seconds(100)).await;
    assert_eq!(rig.texts(), ["a", "b"]);
    let status = rig.control.status();
    assert_eq!(status.data, DataState::Stale);
    let attempt = status.last_attempt.unwrap();
    let Outcome::Rejected {
        stage: Stage::Decode,
        error,
    } = &attempt.outcome
    else {
        panic!("{attempt:?}");
    };
    assert_eq!(error.to_string(), "m1: script: cannot read \"typo\"");
    assert_eq!(degraded(&rig), ["m1: cannot read \"typo\""]);
    // The same, and only the other one is away.
    rig.scripts[1].set(Good("b"));
    quiet().await;
    assert_eq!(rig.texts(), ["A", "b"]);
    assert_eq!(degraded(&rig), Vec::<String>::new());
    assert_eq!(rig.control.status().data, DataState::Fresh);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn all_failed_members_are_named() {
    let rig = start(Good("b"), WhenAway::Hold).await;
    rig.scripts[0]
        .state()
        .set_silently(Failing(ErrorKind::Unavailable));
    rig.scripts[1].state().set_silently(Bad("typo"));
    let receipt = rig.control.reload().await;
    let error = receipt.outcome.error().unwrap();
    assert_eq!(
        error.to_string(),
        "m0: script: the source is away; m1: script: cannot read \"typo\""
    );
    // Waiting does not fix the first member, and the second could not be loaded.
    assert_eq!(
        (error.kind(), receipt.outcome.as_str()),
        (ErrorKind::Decode, "failed")
    );
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn left_out_member_keeps_its_value_and_delays_no_other() {
    let rig = start(Good("b"), WhenAway::LeaveOut).await;
    rig.scripts[1].set(Bad("typo"));
    quiet().await;
    rig.scripts[0].set(Good("A"));
    quiet().await;
    assert_eq!(rig.texts(), ["A", "b"]);
    let status = rig.control.status();
    assert!(status.last_error.is_none());
    assert_eq!(degraded(&rig), ["m1: cannot read \"typo\""]);
    let own = rig.control.member_status(rig.keys[1]).unwrap();
    assert_eq!((own.name.as_str(), own.data), ("m1", DataState::Stale));
    assert_eq!(own.last_error.unwrap().to_string(), "cannot read \"typo\"");
    rig.scripts[1].set(Good("B"));
    quiet().await;
    assert_eq!(rig.texts(), ["A", "B"]);
    assert_eq!(degraded(&rig), Vec::<String>::new());
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn left_out_member_without_a_value_is_absent_until_it_has_one() {
    for content in [
        Bad("typo"),
        Missing,
        Failing(ErrorKind::Unavailable),
        Hanging,
    ] {
        let rig = start(content.clone(), WhenAway::LeaveOut).await;
        let snapshot = rig.live.get();
        let absent = rig.keys[1];
        assert!(snapshot.get(absent).is_none(), "{content:?}");
        assert_eq!(
            format!("{:?}", snapshot.value()),
            "GroupSnapshot [m0 1 (61), m1 absent]"
        );
        let panic = catch_unwind(AssertUnwindSafe(|| snapshot[absent].len())).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains("\"m1\" is absent"), "{text}");
        let handle = rig.live.member(absent);
        assert!(handle.try_load().is_none() && handle.try_get().is_none());
        let reads: [fn(&MemberLive<String>) -> usize; 2] =
            [|handle| handle.load().len(), |handle| handle.get().len()];
        for read in reads {
            let panic = catch_unwind(AssertUnwindSafe(|| read(&handle))).unwrap_err();
            let text = panic.downcast_ref::<String>().unwrap();
            assert!(text.contains("use `try_load` or `try_get`"), "{text}");
        }
        let mut changes = handle.subscribe();
        rig.scripts[1].set(Good("b"));
        let changed = changes.changed().await.unwrap();
        assert_eq!(changed.value(), "b");
        assert_eq!(*handle.load(), "b");
        assert_eq!(rig.texts(), ["a", "b"]);
        rig.control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn policy_of_one_member_may_differ_from_that_of_the_group() {
    let (mut group, scripts, keys) = two(Missing, WhenAway::Hold);
    group.when_member_away(keys[1], WhenAway::LeaveOut);
    let rig = Rig::start(group.into_builder(), scripts, keys, Notes::default()).await;
    assert_eq!(rig.texts(), ["a"]);
    rig.scripts[0]
        .state()
        .set_silently(Failing(ErrorKind::Unavailable));
    assert_eq!(rig.control.reload().await.outcome.as_str(), "failed");
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_member_with_a_removal_default_holds_nothing() {
    for default in [None, Some("default")] {
        let mut group = Coordinator::new();
        let scripts = vec![Script::new(Good("a")), Script::new(Good("b"))];
        let policy = match default {
            Some(default) => RemovalPolicy::Replace(default.to_owned()),
            None => RemovalPolicy::Keep,
        };
        let keys = vec![
            group.member("m0", ReloaderService::builder(scripts[0].clone()).hybrid()),
            group.member(
                "m1",
                ReloaderService::builder(scripts[1].clone())
                    .hybrid()
                    .on_removal(policy),
            ),
        ];
        let rig = Rig::start(group.into_builder(), scripts, keys, Notes::default()).await;
        rig.scripts[1].set(Missing);
        sleep(Duration::from_millis(500)).await;
        assert_eq!(rig.texts(), ["a", "b"], "not confirmed yet");
        sleep(seconds(2)).await;
        assert_eq!(rig.texts(), ["a", default.unwrap_or("b")]);
        rig.scripts[0].set(Good("A"));
        quiet().await;
        assert_eq!(rig.texts(), ["A", default.unwrap_or("b")]);
        assert!(rig.control.status().last_error.is_none());
        assert_eq!(degraded(&rig), ["m1: its source has no content"]);
        rig.control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p06_panic_in_the_source_of_a_member_ends_nothing() {
    let rig = start(Good("b"), WhenAway::LeaveOut).await;
    rig.scripts[1]
        .state()
        .set_silently(crate::script::Panicking);
    rig.scripts[0].state().set_silently(Good("A"));
    assert!(rig.control.reload().await.is_current());
    assert_eq!(rig.texts(), ["A", "b"]);
    assert_eq!(
        degraded(&rig),
        ["m1: panicked at stage load: the loader has a bug"]
    );
    rig.scripts[1].state().set_silently(Good("B"));
    assert!(rig.control.reload().await.is_current());
    assert_eq!(rig.texts(), ["A", "B"]);
    rig.control.stop().await;
}
