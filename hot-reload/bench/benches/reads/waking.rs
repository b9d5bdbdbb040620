//! The cost of a publication that wakes tasks: for the service, and until the last task runs.
//!
//! The service has a runtime of its own, so that it does not queue behind the woken tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use async_trait::async_trait;
use bench::table::percentile;
use ours::{Changes, Control, Outcome, Reload, ReloadResult, ReloaderService};
use tokio::runtime::{Builder, Runtime};

/// Medians of several publications.
pub(crate) struct Woken {
    /// From the request of a reload to its receipt, when the value is visible.
    pub(crate) published: Duration,
    /// The same for a reload that is requested right after it, while tasks are still being woken.
    pub(crate) next_published: Duration,
    /// From the request of a reload until the last task has the value.
    pub(crate) last_ran: Duration,
}

/// Publishes to so many tasks that wait on a runtime of two workers.
pub(crate) fn of_tasks(tasks: usize) -> anyhow::Result<Woken> {
    let service_runtime = runtime(1)?;
    let tasks_runtime = runtime(2)?;
    let newest = Arc::new(AtomicBool::new(FILLER));
    let service = ReloaderService::builder_by_revision(Source(Arc::clone(&newest)));
    let (live, control) = service_runtime.block_on(service.start())?;
    let (all_ran, ran) = mpsc::channel();
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..tasks {
        let follow = follow(live.subscribe(), Arc::clone(&count), tasks, all_ran.clone());
        tasks_runtime.spawn(follow);
    }
    let last_ran = |began| {
        let ended = if tasks == 0 {
            began
        } else {
            ran.recv().context("a task has ended")?
        };
        anyhow::Ok(ended - began)
    };
    let publish = |value| {
        newest.store(value, Ordering::SeqCst);
        publish(&service_runtime, &control)
    };

    let mut times = [const { Vec::new() }; 3];
    for _ in 0..if tasks > 10_000 { 10 } else { 50 } {
        thread::sleep(UNTIL_ALL_WAIT);
        let began = Instant::now();
        times[0].push(publish(LAST)?);
        times[2].push(last_ran(began)?);

        thread::sleep(UNTIL_ALL_WAIT);
        publish(FILLER)?;
        let began = Instant::now();
        times[1].push(publish(LAST)?);
        last_ran(began)?;
    }
    service_runtime.block_on(control.stop());
    let [published, next_published, last_ran] = times.map(|times| percentile(&times, 50));
    Ok(Woken {
        published,
        next_published,
        last_ran,
    })
}

fn runtime(workers: usize) -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()?)
}

fn publish(runtime: &Runtime, control: &Control<bool>) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let outcome = runtime.block_on(control.reload());
    let took = began.elapsed();
    ensure!(
        matches!(outcome.outcome, Outcome::Published { .. }),
        "{outcome:?}"
    );
    Ok(took)
}

/// A task that waits for changes. The last task that gets a value reports the time.
async fn follow(
    mut changes: Changes<bool>,
    count: Arc<AtomicUsize>,
    tasks: usize,
    all_ran: Sender<Instant>,
) {
    while let Some(last) = changes.changed().await {
        if *last == LAST && count.fetch_add(1, Ordering::AcqRel) % tasks == tasks - 1 {
            let _ = all_ran.send(Instant::now());
        }
    }
}

/// A source with the given value.
struct Source(Arc<AtomicBool>);

#[async_trait]
impl Reload<bool> for Source {
    type Source = ();

    async fn new(_: &()) -> ReloadResult<Self, bool> {
        Ok(Self(Arc::default()))
    }

    async fn reload(&self) -> ReloadResult<Option<bool>, bool> {
        Ok(Some(self.0.load(Ordering::SeqCst)))
    }
}

/// A value that is replaced at once, so tasks may miss it; and a value that all tasks get.
const FILLER: bool = false;
const LAST: bool = true;

/// After the last task has the value, it has a few instructions left until it waits again.
const UNTIL_ALL_WAIT: Duration = Duration::from_millis(20);
