//! The cost of a group's swap after a change of one member, by the number of unchanged members.
//!
//! The members are in memory and hint at once, and the group has no debounce window. So only the engine is measured: the
//! member's load, the hint, the group's load with its snapshot, and the waking of a reader. Groups of all sizes take turns,
//! so that noise affects them alike.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench::table::{Table, percentile, plain_ratio, ratio, time};
use ours::group::{GroupSnapshot, MemberKey};
use ours::source::WatchProfile;
use ours::source::{HintSender, Subscription};
use ours::{
    Control, Coordinator, Live, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult,
    ReloaderService, Revision, async_trait,
};

use crate::host::{Flavour, Host};

pub(crate) fn run() -> anyhow::Result<()> {
    let title = format!(
        "group: from the change of one member until a task has the cut; {ROUNDS} rounds, in turn, on one thread"
    );
    let head = [
        "members",
        "p50",
        "p99",
        "p50 to that of one",
        "p50 to a service alone",
    ];
    let mut table = Table::new(title, &head);
    let host = Host::start(Flavour::CurrentThread)?;
    let times = host.run(measure())?;
    let (alone, groups) = times.split_first().context("nothing was measured")?;
    let first = groups.first().context("no group was measured")?;
    let (alone, one) = (percentile(alone, 50), percentile(first, 50));
    for (count, times) in SIZES.iter().zip(groups) {
        let p50 = percentile(times, 50);
        table.row([
            count.to_string(),
            time(p50),
            time(percentile(times, 99)),
            match count {
                50 => ratio(p50, one, BOUND),
                _ => plain_ratio(p50, one),
            },
            plain_ratio(p50, alone),
        ]);
    }
    table.print();
    Ok(())
}

/// The times of a service alone, and of each group.
async fn measure() -> anyhow::Result<Vec<Vec<Duration>>> {
    let source = Number::default();
    let (live, control) = ReloaderService::builder(source.clone())
        .hybrid()
        .start()
        .await?;
    let mut groups = Vec::new();
    for count in SIZES {
        groups.push(Group::start(count).await?);
    }
    let mut times = vec![Vec::with_capacity(ROUNDS); 1 + groups.len()];
    for round in 1..=ROUNDS {
        let number = round as u64;
        let begun = Instant::now();
        source.set(number);
        live.wait_for(|now| *now == number).await?;
        times[0].push(begun.elapsed());
        rest().await;
        for (group, times) in groups.iter().zip(&mut times[1..]) {
            times.push(group.change(round, number).await?);
            rest().await;
        }
    }
    control.stop().await;
    for group in groups {
        ensure!(
            group.live.get().generation().get() == ROUNDS as u64 + 1,
            "a change was lost"
        );
        group.control.stop().await;
    }
    Ok(times)
}

/// Waits until the work of the last change is done, so that it does not count for the next change.
async fn rest() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

struct Group {
    sources: Vec<Number>,
    keys: Vec<MemberKey<u64>>,
    live: Live<GroupSnapshot>,
    control: Control<GroupSnapshot>,
}

impl Group {
    async fn start(count: usize) -> anyhow::Result<Self> {
        let mut group = Coordinator::new();
        let sources: Vec<_> = (0..count).map(|_| Number::default()).collect();
        let member = |(place, source): (usize, &Number)| {
            let service = ReloaderService::builder(source.clone()).hybrid();
            group.member(format!("m{place}"), service)
        };
        let keys = sources.iter().enumerate().map(member).collect();
        let builder = group.into_builder().debounce(Duration::ZERO);
        let (live, control) = builder.start().await?;
        Ok(Self {
            sources,
            keys,
            live,
            control,
        })
    }

    /// Changes one member, another one in each round.
    async fn change(&self, round: usize, number: u64) -> anyhow::Result<Duration> {
        let place = round % self.sources.len();
        let key = self.keys[place];
        let begun = Instant::now();
        self.sources[place].set(number);
        self.live.wait_for(|cut| cut[key] == number).await?;
        Ok(begun.elapsed())
    }
}

/// A number in memory that sends a hint when it changes.
#[derive(Clone, Default)]
struct Number(Arc<Mutex<(u64, Option<HintSender>)>>);

impl Number {
    fn set(&self, number: u64) {
        let hints = {
            let mut state = self.state();
            state.0 = number;
            state.1.clone()
        };
        if let Some(hints) = hints {
            hints.hint();
        }
    }

    fn state(&self) -> MutexGuard<'_, (u64, Option<HintSender>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Reload<u64> for Number {
    type Source = Self;

    async fn new(number: &Self) -> ReloadResult<Self, u64> {
        Ok(number.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<u64>, u64> {
        Ok(Some(self.state().0))
    }

    async fn reload_since(&self, _: Option<&Revision>) -> ReloadResult<Loaded<u64>, u64> {
        let value = self.state().0;
        Ok(Loaded::Value {
            value,
            revision: Some(Revision::from(value)),
        })
    }
}

#[async_trait]
impl RealtimeWatch<u64> for Number {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<u64>, u64> {
        // Never called, because there are hints.
        std::future::pending().await
    }

    async fn watch_hints(&self, hints: HintSender) -> ReloadResult<Option<Subscription>, u64> {
        self.state().1 = Some(hints);
        Ok(Some(Subscription::new(())))
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

/// The others are compared to the first.
const SIZES: [usize; 5] = [1, 2, 10, 50, 200];
const ROUNDS: usize = 2_000;
/// The bound of the ratio of fifty members to one.
const BOUND: f64 = 1.5;
