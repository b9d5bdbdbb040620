//! [`Load`]: threads that decide all the time and check each answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use cedar_policy::Decision;
use hot_reload::Live;
use hot_reload::group::GroupSnapshot;
use tokio::sync::watch;
use tokio::time::timeout;

use super::engine::Engine;
use super::release::{Case, Release};

/// The threads and their results.
pub struct Load {
    threads: Vec<JoinHandle<()>>,
    found: Arc<Found>,
}

#[derive(Default)]
struct Found {
    done: AtomicBool,
    decisions: AtomicU64,
    wrong: AtomicU64,
    first_wrong: OnceLock<String>,
    /// The newest release that was used for a decision.
    newest: watch::Sender<u32>,
}

impl Load {
    pub fn start(engine: Engine, live: &Live<GroupSnapshot>) -> Self {
        let found = Arc::new(Found::default());
        let threads = (0..THREADS).map(|_| {
            let (live, found) = (live.clone(), Arc::clone(&found));
            thread::spawn(move || found.ask_all(engine, &live))
        });
        Self {
            threads: threads.collect(),
            found,
        }
    }

    /// Waits until a decision has used this release.
    pub async fn meets(&self, release: Release) -> anyhow::Result<()> {
        let mut newest = self.found.newest.subscribe();
        let met = newest.wait_for(|newest| *newest >= release.0);
        timeout(PATIENCE, met)
            .await
            .context("all threads have ended")??;
        Ok(())
    }

    /// Ends the threads. Returns the number of decisions, and how many of them were wrong.
    pub fn stop(self) -> anyhow::Result<(u64, u64)> {
        let Self { threads, found } = self;
        found.done.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().map_err(|_| anyhow!("a thread panicked"))?;
        }
        if let Some(wrong) = found.first_wrong.get() {
            println!("wrong: {wrong}");
        }
        let [decisions, wrong] =
            [&found.decisions, &found.wrong].map(|count| count.load(Ordering::Relaxed));
        Ok((decisions, wrong))
    }
}

impl Found {
    fn ask_all(&self, engine: Engine, live: &Live<GroupSnapshot>) {
        let cases = Case::all();
        let mut newest = 0;
        for (number, case) in cases.iter().cycle().enumerate() {
            if self.done.load(Ordering::Relaxed) {
                return;
            }
            // Pauses, so that the author gets some CPU time.
            if number % BURST == 0 {
                breathe();
            }
            // One snapshot for the whole decision. It stays as it is if the files are replaced meanwhile.
            let snapshot = live.load();
            let release = engine.release(&snapshot);
            if let Err(error) = ask(engine, &snapshot, case, newest) {
                self.wrong.fetch_add(1, Ordering::Relaxed);
                // Only the first error is kept, because others follow from it.
                let _ = self
                    .first_wrong
                    .set(format!("release {release}: {error:#}"));
            }
            drop(snapshot);
            self.decisions.fetch_add(1, Ordering::Relaxed);
            if release != newest {
                newest = release;
                self.newest
                    .send_modify(|newest| *newest = release.max(*newest));
            }
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a blocking wait on a thread of its own"
)]
fn breathe() {
    thread::sleep(PAUSE);
}

/// Checks that the answer is that of the release in the same snapshot, and that this release is not older than `before`.
fn ask(engine: Engine, snapshot: &GroupSnapshot, case: &Case, before: u32) -> anyhow::Result<()> {
    let release = engine.release(snapshot);
    ensure!(
        release >= before,
        "the release is older than release {before}"
    );
    let allowed = engine.decide(snapshot, &case.question)? == Decision::Allow;
    let meant = case.is_allowed_by(Release(release));
    ensure!(allowed == meant, "{case} is {allowed} instead of {meant}");
    Ok(())
}

pub const THREADS: usize = 4;
const BURST: usize = 4;
const PAUSE: Duration = Duration::from_millis(1);
/// Generous, because a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);
