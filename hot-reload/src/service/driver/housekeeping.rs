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
use crate::service::settings::{NEXT_SWEEP_AT_MOST, NEXT_SWEEP_FIRST, SLOW_FREE};

/// Frees values on another thread, if they may go to one.
pub(crate) type FreeOnThread<V> = fn(Vec<Replaced<V>>, Arc<Retirement<V>>) -> JoinHandle<()>;

/// See the [module documentation](self).
pub(crate) struct Housekeeping<V> {
    clock: Clock,
    name: Arc<str>,
    on_thread: Option<FreeOnThread<V>>,
    retirement: Arc<Retirement<V>>,
    leaks: LeakMonitor,
    /// Whether an earlier sweep was slow, so that another thread frees values from now on.
    takes_long: bool,
    /// The next sweep of the replaced values that are still held.
    next_sweep: Option<NextSweep>,
    /// The jobs on other threads.
    notifying: Option<JoinHandle<()>>,
    freeing: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
struct NextSweep {
    due: Duration,
    /// The pause before it.
    after: Duration,
}

impl<V> Housekeeping<V> {
    pub(crate) fn new(
        clock: Clock,
        name: Arc<str>,
        on_thread: Option<FreeOnThread<V>>,
        retirement: Arc<Retirement<V>>,
    ) -> Self {
        Self {
            clock,
            name,
            on_thread,
            leaks: LeakMonitor::new(retirement.grace),
            takes_long: retirement.takes_long(),
            retirement,
            next_sweep: None,
            notifying: None,
            freeing: None,
        }
    }

    /// A load has ended: wakes subscribers and frees values, if it has published.
    pub(crate) fn begin(&mut self, publisher: &Publisher<V>) {
        self.notify(publisher);
        self.free(publisher, NEXT_SWEEP_FIRST);
    }

    /// Does the work that is due.
    pub(crate) fn attend(&mut self, publisher: &Publisher<V>) {
        self.notify(publisher);
        if let Some(next_sweep) = self.next_sweep
            && next_sweep.due <= self.clock.now()
        {
            self.free(publisher, (next_sweep.after * 2).min(NEXT_SWEEP_AT_MOST));
        }
    }

    /// When the next sweep is due.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        self.next_sweep.map(|next_sweep| next_sweep.due)
    }

    /// Waits until a job on another thread has ended. Cancel safe.
    pub(crate) async fn thread_ended(&mut self) {
        poll_fn(|cx| {
            let notified = is_over(&mut self.notifying, cx);
            let freed = is_over(&mut self.freeing, cx);
            if notified || freed {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// The service ends: waits for the other threads, and frees all values without holders, whatever their age.
    pub(crate) async fn finish(&mut self, publisher: &Publisher<V>) {
        self.join_threads().await;
        self.sweep(publisher, Duration::ZERO);
        self.join_threads().await;
    }

    async fn join_threads(&mut self) {
        while self.notifying.is_some() || self.freeing.is_some() {
            self.thread_ended().await;
        }
    }

    /// Wakes the subscribers of a publication that are not woken yet.
    pub(crate) fn notify(&mut self, publisher: &Publisher<V>) {
        if self.notifying.is_none()
            && let Some(notifications) = publisher.take_notifications()
        {
            let copy = notifications.clone();
            self.notifying = spawn(|| spawn_blocking(|| copy.send()));
            if self.notifying.is_none() {
                notifications.send();
            }
        }
    }

    /// Frees the values without holders. The next sweep follows after this time if some are held, or when the grace of another
    /// value is over.
    fn free(&mut self, publisher: &Publisher<V>, after: Duration) {
        if !publisher.must_sweep() {
            self.next_sweep = None;
            return;
        }
        let (clock, now) = (self.clock, self.clock.now());
        if self.freeing.is_some() {
            // The values that wait for that thread have no holders, so there is no warning.
            let due = now + after;
            self.next_sweep = Some(NextSweep { due, after });
            return;
        }
        self.sweep(publisher, self.retirement.grace);
        let left = publisher.left().into_iter();
        let left = left.map(|(generation, since)| (generation, clock.at(since)));
        let left = self.leaks.check(now, left);
        if let Some(late) = left.late {
            self.warn_of(late);
        }
        let held = left.held || publisher.retains_derived();
        let read = held.then_some(now + after);
        let due = [read, left.next].into_iter().flatten().min();
        self.next_sweep = due.map(|due| NextSweep { due, after });
    }

    /// Frees the values without holders that were replaced at least this long ago.
    fn sweep(&mut self, publisher: &Publisher<V>, grace: Duration) {
        let (clock, begun) = (self.clock, self.clock.now());
        let free = publisher.sweep(|since| LeakMonitor::is_of_age(grace, begun, clock.at(since)));
        match self.on_thread {
            _ if free.is_empty() => {}
            Some(on_thread) if self.takes_long => {
                let retirement = Arc::clone(&self.retirement);
                self.freeing = spawn(|| on_thread(free, retirement));
            }
            _ => self.retirement.free(free),
        }
        self.takes_long |= self.clock.now() - begun >= SLOW_FREE;
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
fn spawn(spawn: impl FnOnce() -> JoinHandle<()>) -> Option<JoinHandle<()>> {
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

/// Frees values on a blocking thread.
pub(crate) fn free_on_thread<V: Send + Sync + 'static>(
    values: Vec<Replaced<V>>,
    retirement: Arc<Retirement<V>>,
) -> JoinHandle<()> {
    spawn_blocking(move || retirement.free(values))
}
