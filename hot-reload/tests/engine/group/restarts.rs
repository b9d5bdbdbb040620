//! Members with parts that need a restart: the first value that the group published counts.

use hot_reload::diff::{RestartPolicy, RestartRequired};
use hot_reload::{Coordinator, Outcome};
use tokio::time::sleep;

use super::rig::{Notes, Pool, Wrong, quiet};
use crate::log::log;
use crate::script::seconds;
use crate::tray::Tray;

#[derive(Clone, serde::Serialize)]
struct Config {
    listen: u16,
    routes: u16,
}

const fn config(listen: u16, routes: u16) -> Config {
    Config { listen, routes }
}

/// A group that does not take the routes 0.
async fn start(
    tray: &Tray<Config>,
    policy: RestartPolicy,
) -> (
    hot_reload::Live<hot_reload::group::GroupSnapshot>,
    hot_reload::Control<hot_reload::group::GroupSnapshot>,
    hot_reload::group::MemberKey<Config>,
) {
    let mut group = Coordinator::new();
    let required = RestartRequired::new(["listen"]).policy(policy);
    let key = group.member("config", tray.builder().restart_required(required));
    let builder = group
        .into_builder()
        .validate(move |snapshot| match snapshot[key].routes {
            0 => Err("no routes"),
            _ => Ok(()),
        });
    let (live, control) = builder.start_in_background();
    quiet().await;
    (live, control, key)
}

#[tokio::test(start_paused = true)]
async fn refused_value_is_not_the_first_value_of_the_process() {
    for policy in [RestartPolicy::default(), RestartPolicy::Reject] {
        let tray = Tray::with(config(80, 0));
        let (live, control, key) = start(&tray, policy).await;
        assert!(live.try_load().is_none());
        tray.put(config(81, 1));
        let receipt = control.reload().await;
        assert!(receipt.is_current(), "{receipt}");
        assert_eq!(live.load()[key].listen, 81);
        assert!(control.status().needs_restart.is_empty());
        let member = control.member_status(key).unwrap();
        assert!(
            member.needs_restart.is_empty(),
            "{:?}",
            member.needs_restart
        );
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn pending_restart_is_reported_once_the_group_has_published() {
    let tray = Tray::with(config(80, 1));
    let (live, control, key) = start(&tray, RestartPolicy::default()).await;
    tray.put(config(81, 0));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Rejected { .. }
    ));
    assert!(
        control.status().needs_restart.is_empty(),
        "it is not visible"
    );
    tray.put(config(81, 1));
    assert!(control.reload().await.is_current());
    assert_eq!(live.load()[key].listen, 81);
    assert_eq!(control.status().needs_restart, ["config: listen"]);
    tray.put(config(80, 2));
    assert!(control.reload().await.is_current());
    assert!(control.status().needs_restart.is_empty());
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn group_refuses_a_change_that_its_member_must_refuse() {
    let tray = Tray::with(config(80, 1));
    let (live, control, key) = start(&tray, RestartPolicy::Reject).await;
    tray.put(config(81, 2));
    let receipt = control.reload().await;
    assert!(matches!(receipt.outcome, Outcome::Rejected { .. }));
    let error = receipt.error().unwrap().to_string();
    assert!(error.contains("config: "), "{error}");
    assert_eq!(live.load()[key].routes, 1);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn group_refuses_a_value_loaded_before_its_first_publication() {
    let notes = Notes::default();
    let trays = [Tray::with(config(90, 1)), Tray::with(config(90, 1))];
    let mut group = Coordinator::new();
    let [one, two] = ["one", "two"].map(|name| {
        let tray = &trays[usize::from(name == "two")];
        let required = RestartRequired::new(["listen"]).policy(RestartPolicy::Reject);
        let member = tray
            .builder()
            .interval(seconds(1))
            .restart_required(required);
        group.member(name, member)
    });
    // Each member gets another value while the first snapshot is being committed, before it counts as the first.
    notes.fail("pool", Wrong::HangCommitting);
    let builder = group.into_builder();
    let pool = Pool::new("pool", &notes);
    let (live, control) = builder.participant("pool", pool).start_in_background();
    quiet().await;
    for tray in &trays {
        tray.put(config(91, 3));
    }
    sleep(seconds(60)).await;
    let receipt = control.barrier().await;
    let error = receipt.error().unwrap().to_string();
    assert!(
        error.contains("one: ") && error.contains("two: "),
        "{error}"
    );
    let snapshot = live.load();
    assert_eq!((snapshot[one].listen, snapshot[two].listen), (90, 90));
    drop(snapshot);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pending_restarts_of_several_members_are_reported_together() {
    let trays = [Tray::with(config(80, 1)), Tray::with(config(90, 1))];
    let mut group = Coordinator::new();
    for (name, tray) in ["one", "two"].into_iter().zip(&trays) {
        let required = RestartRequired::new(["listen", "lisen"]);
        let _ = group.member(name, tray.builder().restart_required(required));
    }
    let log = log();
    let (_live, control) = group.into_builder().start().await.unwrap();
    assert_eq!(
        (log.count("one: "), log.count("two: ")),
        (1, 1),
        "there is no `lisen`"
    );
    let waits = async || {
        let _ = control.reload().await;
        control.status().needs_restart
    };
    trays[0].put(config(81, 1));
    assert_eq!(waits().await, ["one: listen"]);
    trays[1].put(config(91, 1));
    assert_eq!(waits().await, ["one: listen", "two: listen"]);
    assert_eq!(log.count("one: listen: 80 -> 81; two: listen: 90 -> 91"), 1);
    trays[0].put(config(80, 2));
    assert_eq!(waits().await, ["two: listen"]);
    assert_eq!((log.count("`lisen`"), log.count("lisen")), (0, 2));
    control.stop().await;
}
