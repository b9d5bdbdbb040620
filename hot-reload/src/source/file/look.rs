//! [`Look`]: one look at the files of a source, in steps that block and waits that do not.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::activity::Seen;
use super::clock;
use super::follow::{Follow, Watch};
use super::rest::{self, MAX_WAIT};
use super::stamp::Stamp;

/// How long this look has been going on, and why.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    started: Instant,
    empty_since: Option<Instant>,
    retry: Duration,
}

/// What a step has found.
pub(crate) enum Rest {
    /// The files are at rest, or were waited for long enough.
    Reached(View),
    /// They are not. Step again after the pause.
    Wait(Pause),
}

/// The files as they were when they were found at rest.
pub(crate) struct View {
    /// By path, in the order asked for.
    pub(crate) stamps: Vec<io::Result<Stamp>>,
    /// The watch, and what it had seen before.
    watched: Option<(Arc<Watch>, Seen)>,
}

/// How long to wait, and what ends it early.
pub(crate) struct Pause {
    time: Duration,
    epoch: Option<(Arc<Watch>, u64)>,
}

impl Look {
    pub(crate) fn new() -> Self {
        Self {
            started: clock::now(),
            empty_since: None,
            retry: RETRY_FIRST,
        }
    }

    /// Walks along the paths, if a watch is open, and asks whether the files are at rest. `before` are the stamps that
    /// were accepted last. Blocks.
    pub(crate) fn step(
        &mut self,
        follow: &Follow,
        paths: &[PathBuf],
        before: impl Fn(usize) -> Option<Stamp>,
    ) -> Rest {
        let watch = follow.watch();
        if let Some(watch) = &watch {
            watch.rearm(paths);
        }
        // Before the stamps: what happens from here on makes them doubtful.
        let seen = watch.as_ref().map(|watch| watch.seen());
        let stamps: Vec<_> = paths.iter().map(|path| Stamp::of(path)).collect();

        let (now, wall) = (clock::now(), clock::wall());
        let (mut time, mut changed) = (None, false);
        for (index, stamp) in stamps.iter().enumerate() {
            let (Ok(stamp), before) = (stamp, before(index)) else {
                continue;
            };
            // What was accepted before needs no second proof.
            if before.as_ref() == Some(stamp) {
                continue;
            }
            changed = true;
            time = time.max(rest::wait(seen.as_ref(), stamp, now, wall));
            if stamp.size == 0 && before.is_some_and(|before| before.size > 0) {
                let since = *self.empty_since.get_or_insert(now);
                let left = EMPTY_GRACE.checked_sub(now - since);
                time = time.max(left.filter(|left| !left.is_zero()));
            }
        }
        let watched = watch.zip(seen);
        match time.filter(|_| !self.is_over()) {
            Some(time) => Rest::Wait(Pause {
                time,
                epoch: watched.map(|(watch, seen)| (watch, seen.epoch)),
            }),
            None => {
                // Whoever still writes was waited for long enough: its next byte begins a new wait.
                if let Some((watch, _)) = watched.as_ref().filter(|_| changed) {
                    watch.forget_writes();
                }
                Rest::Reached(View { stamps, watched })
            }
        }
    }

    /// The pause after a read that did not hold: 1, 2, 4 … 50 ms.
    pub(crate) fn retry(&mut self, view: &View) -> Pause {
        let time = self.retry;
        self.retry = (time * 2).min(RETRY_LAST);
        view.pause(time)
    }

    /// Whether it has been waited for long enough, and what is there has to do.
    pub(crate) fn is_over(&self) -> bool {
        clock::now().duration_since(self.started) >= MAX_WAIT
    }
}

impl View {
    /// Whether nobody was seen to write since. A file that has taken the name meanwhile is another matter: what was
    /// read is whole, and the next look finds the new one.
    pub(crate) fn still_holds(&self) -> bool {
        self.watched
            .as_ref()
            .is_none_or(|(watch, seen)| watch.counts().1 == seen.written)
    }

    /// A pause that ends early with the next event.
    pub(crate) fn pause(&self, time: Duration) -> Pause {
        let epoch = self.watched.as_ref().map(|(watch, _)| {
            let (epoch, _) = watch.counts();
            (Arc::clone(watch), epoch)
        });
        Pause { time, epoch }
    }

    /// What was found is taken for good.
    pub(crate) fn accept(&self) {
        if let Some((watch, seen)) = &self.watched
            && let Some(complete) = seen.complete
        {
            watch.use_up(complete);
        }
    }
}

impl Pause {
    /// Waits. Cancel safe.
    pub(crate) async fn wait(self) {
        match self.epoch {
            Some((watch, epoch)) => watch.pause(epoch, self.time).await,
            None => tokio::time::sleep(self.time).await,
        }
    }
}

/// Many programs empty a file before they write it. Emptied for good, it is published after this.
const EMPTY_GRACE: Duration = Duration::from_millis(100);

/// A replacement in progress is over in a moment; a storm of them is not worth a spin.
const RETRY_FIRST: Duration = Duration::from_millis(1);
const RETRY_LAST: Duration = Duration::from_millis(50);
