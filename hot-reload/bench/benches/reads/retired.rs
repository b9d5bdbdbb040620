//! The number of replaced values in memory, some time after a publication.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use ours::{Control, Live, Outcome, Reload, ReloadResult, ReloaderService};
use tokio::runtime::{Builder, Runtime};

use crate::idle::Idle;

/// The largest number of values in memory, [`LATER`] after a publication. Meanwhile one thread reads by guards, and other threads
/// have read once and are idle. An idle [`Reader`](ours::live::Reader) is optional.
pub(crate) fn at_most(reader_idles: bool) -> anyhow::Result<usize> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let alive = Arc::new(AtomicUsize::new(0));
    let service = ReloaderService::builder_by_revision(Source(Arc::clone(&alive)));
    let (live, control) = runtime.block_on(service.start())?;
    let idle = Idle::start(IDLE, &live);
    let stop = AtomicBool::new(false);
    let at_most = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                assert_ne!(live.load().alive.load(Ordering::Relaxed), 0);
            }
        });
        let rounds = (0..ROUNDS).map(|_| {
            let reader = reader_idles.then(|| live.reader());
            publish_and_wait(&runtime, &control);
            let old = alive.load(Ordering::SeqCst) - 1;
            drop(reader);
            old
        });
        let at_most = rounds.max();
        stop.store(true, Ordering::Relaxed);
        at_most.unwrap_or_default()
    });
    drop(idle);
    stopped(&runtime, live, control);
    Ok(at_most)
}

fn publish_and_wait(runtime: &Runtime, control: &Control<Counted>) {
    runtime.block_on(async {
        let outcome = control.reload().await;
        assert!(
            matches!(outcome.outcome, Outcome::Published { .. }),
            "{outcome:?}"
        );
        tokio::time::sleep(LATER).await;
    });
}

fn stopped(runtime: &Runtime, live: Live<Counted>, control: Control<Counted>) {
    runtime.block_on(control.stop());
    drop(live);
}

/// A value that counts how many of its kind are alive.
struct Counted {
    alive: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Returns another value at each load.
struct Source(Arc<AtomicUsize>);

#[async_trait]
impl Reload<Counted> for Source {
    type Source = ();

    async fn new(_: &()) -> ReloadResult<Self, Counted> {
        Ok(Self(Arc::default()))
    }

    async fn reload(&self) -> ReloadResult<Option<Counted>, Counted> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Some(Counted {
            alive: Arc::clone(&self.0),
        }))
    }
}

const LATER: Duration = Duration::from_millis(100);
const ROUNDS: usize = 10;
const IDLE: usize = 8;
