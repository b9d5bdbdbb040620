//! [`Chores`]: what a publication leaves to be done, and no publication waits for: waking the many, freeing the old.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::{JoinHandle, spawn_blocking};

use super::clock::Clock;
use super::settings::{FREE_ELSEWHERE, SWEEP_AGAIN_AT_MOST, SWEEP_AGAIN_FIRST};
use crate::live::Publisher;
use crate::panics::discard;
use crate::snapshot::Snapshot;

/// Frees values on another thread, if they may go to one.
pub(super) type FreeElsewhere<V> = fn(Vec<Snapshot<V>>) -> JoinHandle<()>;

/// See the [module documentation](self).
pub(super) struct Chores<V> {
    clock: Clock,
    elsewhere: Option<FreeElsewhere<V>>,
    /// Whether freeing took so long before that it is done elsewhere from now on.
    takes_long: bool,
    /// The next look whether a replaced value is still read.
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

impl<V> Chores<V> {
    pub(super) fn new(clock: Clock, elsewhere: Option<FreeElsewhere<V>>) -> Self {
        Self {
            clock,
            elsewhere,
            takes_long: false,
            again: None,
            telling: None,
            freeing: None,
        }
    }

    /// A look has ended, and has published something maybe.
    pub(super) fn begin(&mut self, publisher: &Publisher<V>) {
        self.tell(publisher);
        self.free(publisher, SWEEP_AGAIN_FIRST);
    }

    /// Does what is due.
    pub(super) fn attend(&mut self, publisher: &Publisher<V>) {
        self.tell(publisher);
        if let Some(again) = self.again
            && again.due <= self.clock.now()
        {
            self.free(publisher, (again.after * 2).min(SWEEP_AGAIN_AT_MOST));
        }
    }

    /// When there is something to do next.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        self.again.map(|again| again.due)
    }

    /// Waits until another thread has done its part. Cancel safe.
    pub(super) async fn helped(&mut self) {
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

    /// The service ends: waits for the other threads.
    pub(super) async fn finish(mut self) {
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

    /// Frees what nobody reads, and looks again after this time if there is more.
    fn free(&mut self, publisher: &Publisher<V>, after: Duration) {
        if !publisher.must_sweep() {
            self.again = None;
            return;
        }
        if self.freeing.is_none() {
            let free = publisher.sweep();
            let begun = self.clock.now();
            match self.elsewhere {
                _ if free.is_empty() => {}
                Some(elsewhere) if self.takes_long => self.freeing = help(|| elsewhere(free)),
                _ => free_here(free),
            }
            self.takes_long |= self.clock.now() - begun >= FREE_ELSEWHERE;
        }
        self.again = publisher.must_sweep().then(|| Again {
            due: self.clock.now() + after,
            after,
        });
    }
}

/// Has something done on another thread. Nothing if there is none to be had, about which the runtime panics.
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

/// Frees values. That is code of the user's, too.
pub(super) fn free_here<V>(values: Vec<Snapshot<V>>) {
    // Each by itself: a panic of one keeps none of the others.
    values.into_iter().for_each(discard);
}

/// Frees values on a thread on which they hold nobody up.
pub(super) fn free_elsewhere<V: Send + Sync + 'static>(values: Vec<Snapshot<V>>) -> JoinHandle<()> {
    spawn_blocking(|| free_here(values))
}
