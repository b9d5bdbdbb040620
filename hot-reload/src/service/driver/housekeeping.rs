//! [`Housekeeping`]: work after a publication: waking many subscribers, and freeing replaced values.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::warn;

use super::clock::Clock;
use super::leak_monitor::{Late, LeakMonitor};
use crate::live::{Publisher, Replaced};
use crate::service::policy::retire::Retirement;
use crate::service::settings::{FREE_ELSEWHERE, SWEEP_AGAIN_AT_MOST, SWEEP_AGAIN_FIRST};

/// Frees values on another thread, if they may go to one.
pub(crate) type FreeElsewhere<V> = fn(Vec<Replaced<V>>, Arc<Retirement<V>>) -> JoinHandle<()>;

/// See the [module documentation](self).
pub(crate) struct Housekeeping<V> {
    clock: Clock,
    name: Arc<str>,
    elsewhere: Option<FreeElsewhere<V>>,
    retirement: Arc<Retirement<V>>,
    leaks: LeakMonitor,
    /// Whether freeing took so long before that it is done elsewhere from now on.
    takes_long: bool,
    /// The next load whether a replaced value is still read.
    again: Option<Again>,
    /// What is done on other threads, at most one of each.
    telling: Option<JoinHandle<()>>,
    freeing: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
struct Again {
    due: Duration,
    /// How long it was put off for.
    after: Duration,
}

impl<V> Housekeeping<V> {
    pub(crate) fn new(
        clock: Clock,
        name: Arc<str>,
        elsewhere: Option<FreeElsewhere<V>>,
        retirement: Arc<Retirement<V>>,
    ) -> Self {
        Self {
            clock,
            name,
            elsewhere,
            leaks: LeakMonitor::new(retirement.grace),
            takes_long: retirement.takes_long(),
            retirement,
            again: None,
            telling: None,
            freeing: None,
        }
    }

    /// A load has ended: wakes subscribers and frees values, if it has published.
    pub(crate) fn begin(&mut self, publisher: &Publisher<V>) {
        self.tell(publisher);
        self.free(publisher, SWEEP_AGAIN_FIRST);
    }

    /// Does what is due.
    pub(crate) fn attend(&mut self, publisher: &Publisher<V>) {
        self.tell(publisher);
        if let Some(again) = self.again
            && again.due <= self.clock.now()
        {
            self.free(publisher, (again.after * 2).min(SWEEP_AGAIN_AT_MOST));
        }
    }

    /// When there is something to do next.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        self.again.map(|again| again.due)
    }

    /// Waits until another thread has done its part. Cancel safe.
    pub(crate) async fn helped(&mut self) {
        poll_fn(|cx| {
            let told = is_over(&mut self.telling, cx);
            let freed = is_over(&mut self.freeing, cx);
            if told || freed {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// The service ends: waits for the other threads, and frees all values that nobody holds, whatever their age.
    pub(crate) async fn finish(&mut self, publisher: &Publisher<V>) {
        self.others().await;
        self.sweep(publisher, Duration::ZERO);
        self.others().await;
    }

    async fn others(&mut self) {
        while self.telling.is_some() || self.freeing.is_some() {
            self.helped().await;
        }
    }

    fn tell(&mut self, publisher: &Publisher<V>) {
        if self.telling.is_none()
            && let Some(untold) = publisher.untold()
        {
            let elsewhere = untold.clone();
            self.telling = help(|| spawn_blocking(|| elsewhere.tell()));
            if self.telling.is_none() {
                untold.tell();
            }
        }
    }

    /// Frees what nobody reads. Tries again after this time if something is still read, or when the grace of more is over.
    fn free(&mut self, publisher: &Publisher<V>, after: Duration) {
        if !publisher.must_sweep() {
            self.again = None;
            return;
        }
        let (clock, now) = (self.clock, self.clock.now());
        if self.freeing.is_some() {
            // What waits for that thread is held by nobody, and nothing is to be said of it.
            let due = now + after;
            self.again = Some(Again { due, after });
            return;
        }
        self.sweep(publisher, self.retirement.grace);
        let left = publisher.left().into_iter();
        let left = left.map(|(generation, since)| (generation, clock.at(since)));
        let left = self.leaks.check(now, left);
        if let Some(late) = left.late {
            self.warn_of(late);
        }
        let read = left.held.then_some(now + after);
        let due = [read, left.next].into_iter().flatten().min();
        self.again = due.map(|due| Again { due, after });
    }

    /// Frees what nobody reads and is of this age.
    fn sweep(&mut self, publisher: &Publisher<V>, grace: Duration) {
        let (clock, begun) = (self.clock, self.clock.now());
        let free = publisher.sweep(|since| LeakMonitor::is_of_age(grace, begun, clock.at(since)));
        match self.elsewhere {
            _ if free.is_empty() => {}
            Some(elsewhere) if self.takes_long => {
                let retirement = Arc::clone(&self.retirement);
                self.freeing = help(|| elsewhere(free, retirement));
            }
            _ => self.retirement.free(free),
        }
        self.takes_long |= self.clock.now() - begun >= FREE_ELSEWHERE;
    }

    fn warn_of(&self, late: Late) {
        let (name, generation) = (&*self.name, late.generation.get());
        let age = Duration::from_secs(late.age.as_secs());
        let others = match late.more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        warn!(
            target: "hot_reload",
            name,
            generation,
            age_s = age.as_secs(),
            "generation {generation} is still held, {age:?} after it was replaced{others}: by a snapshot, a guard or an idle reader",
        );
    }
}

/// Runs a job on another thread. `None` if the runtime has none left, in which case it panics.
fn help(spawn: impl FnOnce() -> JoinHandle<()>) -> Option<JoinHandle<()>> {
    catch_unwind(AssertUnwindSafe(spawn)).ok()
}

fn is_over(job: &mut Option<JoinHandle<()>>, cx: &mut Context<'_>) -> bool {
    // An error means that it was not begun, because the runtime ends.
    let over = job
        .as_mut()
        .is_some_and(|job| job.poll_unpin(cx).is_ready());
    if over {
        *job = None;
    }
    over
}

/// Frees values on a thread on which they hold nobody up.
pub(crate) fn free_elsewhere<V: Send + Sync + 'static>(
    values: Vec<Replaced<V>>,
    retirement: Arc<Retirement<V>>,
) -> JoinHandle<()> {
    spawn_blocking(move || retirement.free(values))
}
