//! [`Lane`]: one world and the subject that follows it, round after round.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout, timeout_at};

use crate::schedule::Round;
use crate::subject::{Followed, Subject};
use crate::version::Published;
use crate::world::{Layout, World};

pub(crate) struct Lane {
    pub(crate) world: World,
    followed: Followed,
    reports_absence: bool,
    patience: Duration,
}

impl Lane {
    /// Begins when the first version was seen. A change is waited for as long as `patience` says.
    ///
    /// # Errors
    ///
    /// It was not.
    pub(crate) async fn start<S: Subject>(
        subject: &S,
        root: &Path,
        layout: Layout,
        patience: Duration,
    ) -> Result<Self, String> {
        let mut world = World::new(root, layout);
        let followed = subject.follow(&world.file()).await;
        world.sleeper = followed.process;
        let mut lane = Self {
            world,
            followed,
            reports_absence: subject.reports_absence(),
            patience,
        };
        lane.until(&lane.world.truth(), FIRST).await?;
        Ok(lane)
    }

    /// Does what the round says, and waits until its end was seen.
    ///
    /// # Errors
    ///
    /// It was not, or something was seen that should not have been.
    pub(crate) async fn round(&mut self, round: &Round) -> Result<(), String> {
        let done = self.world.act(round).await;
        done.map_err(|error| format!("the test cannot do this: {error}"))?;
        self.converge(round).await
    }

    /// Waits until the content on disk was published.
    pub(crate) async fn converge(&mut self, round: &Round) -> Result<(), String> {
        let truth = self.world.truth();
        let slow = round.takes_patience();
        if truth != Published::Absent || self.reports_absence {
            let more = if slow { TIRELESS } else { Duration::ZERO };
            let seen = self.until(&truth, self.patience + more).await?;
            let latency = seen.saturating_duration_since(self.world.last_change());
            if !slow {
                self.world.judge.converged(latency);
            }
        }
        self.world.clean();
        Ok(())
    }

    /// Judges published values until this one is published. Says when that was.
    async fn until(&mut self, truth: &Published, patience: Duration) -> Result<Instant, String> {
        let mut when = self.world.last_change();
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            while let Ok((at, published)) = self.followed.published.try_recv() {
                self.world.judge.publish(published)?;
                when = at;
            }
            if self.world.judge.current() == Some(truth) {
                return Ok(when);
            }
            match timeout_at(deadline, self.followed.published.recv()).await {
                Ok(Some((at, published))) => {
                    self.world.judge.publish(published)?;
                    when = at;
                }
                Ok(None) => return Err("it has ended".to_owned()),
                Err(_) => {
                    let current = self.world.judge.current();
                    let current = current.map_or_else(|| "nothing".to_owned(), ToString::to_string);
                    return Err(format!(
                        "not seen within {patience:?}: {truth}; it is at {current}"
                    ));
                }
            }
        }
    }

    /// Judges the remaining publications, until none has come for a while.
    ///
    /// # Errors
    ///
    /// Something was published that should not have been, or it is woken for ever.
    pub(crate) async fn settle(&mut self) -> Result<(), String> {
        let wakes = Arc::clone(&self.followed.wakes);
        let settled = async {
            loop {
                let before = wakes.load(Ordering::Relaxed);
                sleep(CALM).await;
                if wakes.load(Ordering::Relaxed) == before {
                    return;
                }
            }
        };
        if timeout(FIRST, settled).await.is_err() {
            return Err("it is woken for ever".to_owned());
        }
        while let Ok((_, published)) = self.followed.published.try_recv() {
            self.world.judge.publish(published)?;
        }
        Ok(())
    }

    pub(crate) fn wakes(&self) -> usize {
        self.followed.wakes.load(Ordering::Relaxed)
    }

    /// Ends it. Says how many changes were found without having been announced.
    pub(crate) async fn end(self) -> (World, u64) {
        let missed = self.followed.end.await;
        (self.world, missed)
    }
}

/// How long the first version may take.
const FIRST: Duration = Duration::from_secs(10);

/// The additional wait for a writer that never closes the file.
const TIRELESS: Duration = Duration::from_secs(4);

const CALM: Duration = Duration::from_millis(200);
