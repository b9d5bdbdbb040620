//! Start and stop of a group and its members.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::Trigger;
use hot_reload::{Coordinator, Live, Outcome, Reload, ReloadResult, ReloaderService, async_trait};
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::rig::{Notes, Rig, builder, members, quiet};
use crate::script::{Failing, Good, Hanging, Script, seconds, settle};

/// How many tasks there are in this runtime.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

fn assert_released(scripts: &[Script]) {
    assert!(scripts.iter().all(|script| !script.is_watched()));
    assert!(scripts.iter().all(|script| script.holders() == 0));
}

#[tokio::test(start_paused = true)]
async fn p14_stop_joins_the_members() {
    let before = tasks();
    let rig = Rig::of(5, "1").await;
    assert_eq!(tasks(), before + 6, "one each, and the group's own");
    rig.control.stop().await;
    assert_eq!(tasks(), before);
    assert_released(&rig.scripts);
    rig.set_all("2");
    sleep(seconds(100)).await;
    assert_eq!(rig.texts(), ["1"; 5], "the last snapshot stays readable");
    let receipt = rig.control.reload().await;
    let Outcome::Failed { error } = receipt.outcome else {
        panic!("{receipt}");
    };
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let member = rig.control.member_status(rig.keys[0]).unwrap();
    assert!(member.stopped);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_republished_group_has_the_same_members() {
    let rig = Rig::of(3, "1").await;
    let member = |place: usize| rig.live.member(rig.keys[place]).get().generation();
    let (group, members) = (rig.live.get().generation(), [0, 1, 2].map(member));
    let receipt = rig.control.republish().await;
    assert_eq!(receipt.outcome.as_str(), "published");
    assert_eq!(rig.live.get().generation().get(), group.get() + 1);
    assert_eq!([0, 1, 2].map(member), members);
    assert_eq!(rig.texts(), ["1"; 3]);
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p06_last_handle_of_the_group_or_a_member_ends_all() {
    let before = tasks();
    let Rig {
        scripts,
        keys,
        notes,
        live,
        control,
    } = Rig::of(2, "1").await;
    notes.close();
    let part = live.member(keys[1]);
    drop((live, control));
    scripts.iter().for_each(|script| script.set(Good("2")));
    quiet().await;
    assert_eq!(part.load().as_str(), "2", "a part is a handle, too");
    drop(part);
    settle().await;
    assert_eq!(tasks(), before);
    assert_released(&scripts);
}

#[tokio::test(start_paused = true)]
async fn held_snapshot_keeps_no_service_running() {
    let before = tasks();
    let rig = Rig::of(2, "1").await;
    let (snapshot, part) = (rig.live.get(), rig.live.member(rig.keys[0]).get());
    rig.notes.close();
    let Rig {
        scripts,
        keys,
        notes: _,
        live,
        control,
    } = rig;
    drop((live, control));
    settle().await;
    assert_eq!(tasks(), before);
    assert_released(&scripts);
    assert_eq!((snapshot[keys[0]].as_str(), part.as_str()), ("1", "1"));
}

#[tokio::test(start_paused = true)]
async fn p14_cancelled_start_leaves_nothing() {
    let before = tasks();
    for content in [Hanging, Failing(ErrorKind::Unavailable)] {
        for after in [0, 1, 5, 12] {
            let notes = Notes::default();
            let (group, scripts, keys) = members(&[Good("1"), content.clone()], &notes);
            let start = builder(group, &keys, &notes).start();
            assert!(tokio::time::timeout(seconds(after), start).await.is_err());
            settle().await;
            assert_eq!(tasks(), before, "{content:?} after {after}");
            assert_released(&scripts);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p14_stop_does_not_wait_for_a_member_that_hangs() {
    let before = tasks();
    let rig = Rig::of(3, "1").await;
    for script in &rig.scripts {
        script.set(Hanging);
    }
    quiet().await;
    let stopped = tokio::time::timeout(seconds(1), rig.control.stop()).await;
    assert!(stopped.is_ok());
    assert_eq!(tasks(), before);
    assert_released(&rig.scripts);
}

/// A source whose second load hangs, and takes its time to be given up.
#[derive(Clone, Default)]
struct Clinging(Arc<Mutex<Loads>>);

#[derive(Default)]
struct Loads {
    begun: u32,
    given_up: u32,
}

struct Load(Clinging);

impl Drop for Load {
    #[allow(
        clippy::disallowed_methods,
        reason = "it is a drop that takes long, and a drop cannot wait for anything else"
    )]
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
        self.0.0.lock().unwrap().given_up += 1;
    }
}

#[async_trait]
impl Reload<u32> for Clinging {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, u32> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<u32>, u32> {
        let begun = {
            let mut loads = self.0.lock().unwrap();
            loads.begun += 1;
            loads.begun
        };
        if begun > 1 {
            let _load = Load(self.clone());
            pending::<()>().await;
        }
        Ok(Some(begun))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p14_stop_waits_until_the_last_member_has_ended() {
    let sources = [Clinging::default(), Clinging::default()];
    let mut group = Coordinator::new();
    for (place, source) in sources.iter().enumerate() {
        let _ = group.member(
            format!("m{place}"),
            ReloaderService::builder(source.clone()),
        );
    }
    let (live, control) = group.into_builder().start().await.unwrap();
    let reload = tokio::spawn({
        let control = control.clone();
        async move { control.reload().await }
    });
    let loads = |count: fn(&Loads) -> u32| sources.each_ref().map(|s| count(&s.0.lock().unwrap()));
    while loads(|loads| loads.begun) != [2, 2] {
        tokio::task::yield_now().await;
    }
    control.stop().await;
    assert_eq!(loads(|loads| loads.given_up), [1, 1]);
    assert!(!reload.await.unwrap().is_current());
    drop(live);
}

#[tokio::test(start_paused = true)]
async fn group_starts_in_the_background_and_answers_at_once() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("1"), Good("1")], &notes);
    for script in &scripts {
        script.state().load_takes = seconds(3);
    }
    let (live, control) = builder(group, &keys, &notes).start_in_background();
    assert!(live.try_load().is_none());
    let status = control.member_status(keys[1]).unwrap();
    assert_eq!((status.name.as_str(), status.generation), ("m1", None));
    let receipt = control.barrier().await;
    assert_eq!(receipt.trigger, Trigger::Startup);
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(live.load()[keys[1]], "1");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn group_without_members_has_an_empty_snapshot() {
    let (live, control) = Coordinator::new().into_builder().start().await.unwrap();
    assert_eq!(live.load().versions().len(), 0);
    assert!(control.reload().await.is_current());
    assert_eq!(control.status().counters.published, 1);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn groups_can_be_members_of_a_group() {
    let script = Script::new(Good("1"));
    let mut inner = Coordinator::new();
    let deep = inner.member("deep", script.builder().hybrid());
    let mut outer = Coordinator::new();
    let inner = outer.member("inner", inner.into_builder());
    let (live, control) = outer.into_builder().start().await.unwrap();
    assert_eq!(live.load()[inner][deep], "1");
    script.set(Good("2"));
    sleep(seconds(1)).await;
    assert_eq!(live.load()[inner][deep], "2");
    script.state().set_silently(Good("3"));
    assert!(control.barrier().await.is_current());
    assert_eq!(live.load()[inner][deep], "3");
    control.stop().await;
    assert_released(&[script]);
}

#[test]
fn p14_end_of_the_runtime_ends_all() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("1"), Good("1")], &notes);
    let group = builder(group, &keys, &notes);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (live, control) = runtime.block_on(group.start()).unwrap();
    drop(runtime);
    assert_released(&scripts);
    assert!(control.status().stopped);
    assert_eq!(live.load()[keys[0]], "1");
    let live: Live<_> = live;
    drop(live);
}

#[test]
fn two_members_with_one_name_panic_at_once() {
    let add_twice = || {
        let mut group = Coordinator::new();
        for _ in 0..2 {
            let service = ReloaderService::builder(Script::new(Good("1")));
            let _ = group.member("twin", service);
        }
    };
    let panic = std::panic::catch_unwind(add_twice).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert_eq!(text, "two members have the name \"twin\"");
}
