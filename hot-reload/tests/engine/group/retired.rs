//! P14, P17: values of members that a group keeps, and their retire hooks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::group::{GroupSnapshot, MemberKey};
use hot_reload::policy::Retired;
use hot_reload::{Builder, Control, Coordinator, Live};
use tokio::time::sleep;

use super::rig::{Group, Notes, Pool};
use crate::script::seconds;
use crate::tray::{Entry, Ledger, Tray};

const GRACE: Duration = Duration::from_secs(30);

/// A group of one member with a hook for its retired values.
struct Pair {
    ledger: Ledger,
    tray: Tray<Entry>,
    key: MemberKey<Entry>,
    /// The generations that the hook was called with.
    retired: Arc<Mutex<Vec<u64>>>,
    live: Live<GroupSnapshot>,
    control: Control<GroupSnapshot>,
}

impl Pair {
    /// With the value 1.
    async fn new(
        member: impl FnOnce(Builder<Tray<Entry>, Entry, String>) -> Builder<Tray<Entry>, Entry, String>,
        group: impl FnOnce(Group) -> Group,
    ) -> Self {
        let (ledger, retired) = (Ledger::default(), Arc::<Mutex<Vec<u64>>>::default());
        let tray = Tray::with(ledger.value(1));
        let numbers = Arc::clone(&retired);
        let hook = move |entry: &Entry, _: &Retired| numbers.lock().unwrap().push(entry.number);
        let mut groups = Coordinator::new();
        let key = groups.member("entries", member(tray.builder()).on_retire(hook));
        let builder = group(groups.into_builder());
        let (live, control) = builder.start().await.unwrap();
        Self {
            ledger,
            tray,
            key,
            retired,
            live,
            control,
        }
    }

    async fn put(&self, number: u64) {
        self.tray.put(self.ledger.value(number));
        let receipt = self.control.reload().await;
        assert!(receipt.is_current(), "{receipt}");
        assert_eq!(self.live.load()[self.key].number, number);
    }

    fn retired(&self) -> Vec<u64> {
        self.retired.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn p14_stop_runs_retire_hooks_for_the_group_history() {
    let pair = Pair::new(|member| member, |group| group.history(2)).await;
    for number in 2..=4 {
        pair.put(number).await;
    }
    sleep(seconds(5)).await;
    assert_eq!(pair.retired(), [1], "the others can be rolled back to");
    pair.control.stop().await;
    assert_eq!(pair.retired(), [1, 2, 3]);
    assert_eq!(pair.ledger.freed(), [1, 2, 3]);
    assert_eq!(pair.live.load()[pair.key].number, 4);
}

#[tokio::test(start_paused = true)]
async fn p14_stop_runs_retire_hooks_for_rolled_back_values() {
    let pair = Pair::new(|member| member, |group| group.history(1)).await;
    pair.put(2).await;
    assert!(pair.control.rollback().await.is_current());
    pair.tray.put(pair.ledger.value(3));
    pair.control.pause();
    let _ = pair.control.reload().await;
    pair.control.stop().await;
    assert_eq!(pair.retired(), [2]);
    assert_eq!(pair.live.load()[pair.key].number, 1);
}

#[tokio::test(start_paused = true)]
async fn p17_grace_of_a_member_begins_when_the_group_replaces_its_value() {
    let notes = Notes::default();
    let pool = Pool::new("group/pool", &notes);
    let pair = Pair::new(
        |member| member.retire_after(GRACE),
        |group| {
            let group = group.participant("pool", pool);
            group.prepare_deadline(seconds(100))
        },
    )
    .await;
    // The member has it long before the group is ready for it.
    notes.book().takes = GRACE * 2;
    pair.put(2).await;
    sleep(GRACE - seconds(1)).await;
    assert_eq!(
        pair.retired(),
        Vec::<u64>::new(),
        "it was visible a moment ago"
    );
    sleep(seconds(3)).await;
    assert_eq!(pair.retired(), [1]);
    pair.control.stop().await;
}
