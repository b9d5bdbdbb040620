//! [`Load`]: one load of the files of a source, in steps that block and waits that do not.
//!
//! A load waits within itself until a touched file is at rest. For a known writer it waits a moment too. Then it ends
//! without a value, and the next load goes on waiting.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::pinned::pinned;
use super::poll::{ask_who_writes, observe};
use super::proof::Proof;
use super::readiness::{Readiness, Unready};
use super::settle::{self, max_wait};
use super::stamp::Stamp;
use super::view::{Pause, View};
use crate::clock;
use crate::revision::Revision;
use crate::source::file::os::Writers;
use crate::source::file::watch::open_watch::OpenWatch;
use crate::source::file::watch::subscription::FileWatch;
use crate::source::file::watch::writes::Seen;
use crate::source::file::watch::writing::{self, Evidence};

/// A load: how long it has waited, and why.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    patience: Patience,
    max_wait: Duration,
    /// The patience with writers, which counts separately.
    for_writers: Patience,
    /// Whether the current wait is for a writer.
    awaits_writer: bool,
    empty_since: Option<Instant>,
    retry: Duration,
    /// The pause before the next check of a writer.
    again: Duration,
    /// The last content of a file that neither the kernel nor an event vouches for, and when it was read.
    unverified: Option<(Revision, Instant)>,
    /// How often another file had the name after the read.
    outrun: u32,
}

/// A known writer.
struct Writer<'a> {
    path: &'a Path,
    evidence: Evidence,
    /// The pause before the next check.
    again: Duration,
    /// The inodes that may be written to.
    inodes: Vec<((u64, u64), &'a Path)>,
}

impl Load {
    pub(crate) fn new() -> Self {
        Self {
            patience: Patience::default(),
            max_wait: max_wait(Duration::ZERO),
            for_writers: Patience::default(),
            awaits_writer: false,
            empty_since: None,
            retry: RETRY_FIRST,
            again: RETRY_FIRST,
            unverified: None,
            outrun: 0,
        }
    }

    /// Walks along the paths, if the watch is open, and asks whether the files are at rest. `before` are the stamps that were
    /// accepted last. Blocks.
    pub(crate) fn step(
        &mut self,
        watch: &FileWatch,
        paths: &[PathBuf],
        before: impl Fn(usize) -> Option<Stamp>,
    ) -> Readiness {
        let (waited, other) = match self.awaits_writer {
            true => (&mut self.for_writers, &mut self.patience),
            false => (&mut self.patience, &mut self.for_writers),
        };
        waited.pass(clock::now());
        other.skip(clock::now());
        self.awaits_writer = false;
        let options = watch.options();
        self.max_wait = max_wait(options.settle());
        let open = watch.open_watch();
        let (seen, stamps) = observe(open.as_ref(), paths, &before);
        let has_name = |inode| stamps.iter().flatten().any(|stamp| stamp.inode() == inode);
        watch.found(has_name, pinned(paths, &stamps));

        let closed = seen.as_ref().is_some_and(|seen| seen.complete.is_some());
        if closed {
            watch.recheck_never_closed();
        }
        let (now, wall) = (clock::now(), clock::time_of_day());
        let (mut time, mut changed) = (None, false);
        let (mut opened, mut proven, mut busy) = (None, true, false);
        let mut writer: Option<Writer<'_>> = None;
        for (index, (path, stamp)) in paths.iter().zip(&stamps).enumerate() {
            let (Ok(stamp), before) = (stamp, before(index)) else {
                continue;
            };
            let inode = stamp.inode();
            let never_closed = watch.is_never_closed(inode);
            // An accepted file needs no second proof, but a writer that kept it open may have closed it since.
            if before.as_ref() == Some(stamp) {
                if never_closed && ask_who_writes(options, path, stamp, closed).1 == Writers::Nobody
                {
                    watch.remove_never_closed(inode);
                }
                continue;
            }
            changed = true;
            let (file, writers) = ask_who_writes(options, path, stamp, closed);
            busy |= writers == Writers::Somebody;
            // The last write is older than the longest wait, so there is no need to wait for this writer.
            let idle = writers == Writers::Somebody
                && stamp.is_older_than(options.max_writer_wait(), wall);
            match writers {
                Writers::Nobody => watch.remove_never_closed(inode),
                _ if idle && !never_closed => watch.add_never_closed(inode, path),
                _ => {}
            }
            let proof = Proof::new(writers, Some(self.again).filter(|_| !never_closed && !idle));
            proven &= proof == Proof::AtRest;
            opened = file.filter(|_| paths.len() == 1);
            let wait = settle::wait(seen.as_ref(), before.as_ref(), stamp, proof, now, wall);
            time = time.max(wait.map(|wait| wait.time));
            time = time.max(settle::settle(stamp, options.settle(), wall));
            if let Some((evidence, again)) = wait.and_then(|wait| Some((wait.writer?, wait.time))) {
                let writer = writer.get_or_insert_with(|| Writer {
                    path,
                    evidence,
                    again,
                    inodes: Vec::new(),
                });
                writer.inodes.push((inode, path));
            }
            if stamp.size == 0 && before.is_some_and(|before| before.size > 0) {
                let since = *self.empty_since.get_or_insert(now);
                let left = EMPTY_GRACE.checked_sub(now - since);
                time = time.max(left.filter(|left| !left.is_zero()));
            }
        }
        let watched = open.zip(seen);
        if busy {
            watch.counters().lease_busy.add();
            self.again = (self.again * 2).min(AGAIN_LAST);
        }
        match writer {
            None => watch.forget_writing(),
            Some(writer) => {
                return self.await_writer(watch, &writer, watched.as_ref());
            }
        }
        match time.filter(|_| !self.is_over()) {
            Some(time) => {
                let time = time.min(self.left());
                self.patience.plan(time);
                Readiness::Wait(Pause {
                    time,
                    epoch: watched.map(|(open, seen)| (open, seen.epoch)),
                })
            }
            None => {
                // A writer that is still busy was waited for long enough. Its next byte begins a new wait.
                if let Some((open, _)) = watched.as_ref().filter(|_| changed) {
                    open.forget_writes();
                }
                Readiness::Ready(View {
                    stamps,
                    watched,
                    opened,
                    proven,
                })
            }
        }
    }

    /// Decides about a writer: wait within this load, end the load as held, or load the file as it is.
    fn await_writer(
        &mut self,
        watch: &FileWatch,
        writer: &Writer<'_>,
        watched: Option<&(OpenWatch, Seen)>,
    ) -> Readiness {
        let (now, wall) = (clock::now(), clock::time_of_day());
        let writes = watched.iter().flat_map(|(_, seen)| &seen.writes);
        let last_write = writes.map(|write| write.last).max();
        let inodes: Vec<_> = writer.inodes.iter().map(|(inode, _)| *inode).collect();
        let writing = watch.writing(now, wall, last_write, &inodes);
        let longest = watch.options().max_writer_wait();
        let left = writing::WITHIN.saturating_sub(self.for_writers.spent(now));
        match writing.patience(writer.evidence, longest) {
            writing::Patience::Within(within) if !left.is_zero() => {
                let time = writer.again.min(within).min(left);
                self.awaits_writer = true;
                self.for_writers.plan(time);
                Readiness::Wait(Pause {
                    time,
                    epoch: watched.map(|(open, seen)| (open.clone(), seen.epoch)),
                })
            }
            writing::Patience::Within(_) | writing::Patience::Beyond => {
                watch.await_writer();
                Readiness::BeingWritten(Unready {
                    hold: writing.hold(writer.path, writer.evidence, longest),
                    again: writing::AGAIN,
                })
            }
            writing::Patience::Over => {
                for (inode, path) in &writer.inodes {
                    watch.add_never_closed(*inode, path);
                }
                watch.forget_writing();
                if let Some((open, _)) = watched {
                    open.forget_writes();
                }
                // From now on the file is read once its writer pauses.
                self.patience.plan(RETRY_FIRST);
                Readiness::Wait(Pause {
                    time: RETRY_FIRST,
                    epoch: None,
                })
            }
        }
    }

    /// The pause before a second read, which has to find the same content. It is for a file that was touched just now, and
    /// that neither the kernel nor an event says to be complete. A single large write may stand still for longer than the time
    /// between two stamps.
    pub(crate) fn verify(
        &mut self,
        view: &View,
        stamps: &[Stamp],
        revision: &Revision,
    ) -> Option<Pause> {
        let wall = clock::time_of_day();
        let young = |stamp: &Stamp| stamp.until(max_wait(Duration::ZERO), wall).is_some();
        if view.proven || view.is_announced() || self.is_over() || !stamps.iter().any(young) {
            return None;
        }
        let now = clock::now();
        let since = match &self.unverified {
            Some((before, since)) if before == revision => *since,
            _ => now,
        };
        self.unverified = Some((revision.clone(), since));
        let left = VERIFY.checked_sub(now.duration_since(since))?;
        (!left.is_zero()).then(|| self.wait(view, left))
    }

    /// The pause after a read that did not hold: 1, 2, 4 … 50 ms.
    pub(crate) fn retry(&mut self, view: &View) -> Pause {
        let time = self.retry;
        self.retry = (time * 2).min(RETRY_LAST);
        self.wait(view, time)
    }

    /// Whether to accept a whole file although another one has its name by now. If files are replaced faster than they can
    /// be read, one of them must be accepted.
    pub(crate) fn is_outrun(&mut self) -> bool {
        self.outrun += 1;
        self.outrun >= OUTRUN || self.is_over()
    }

    /// A pause before the next step, which ends early with the next event.
    pub(crate) fn wait(&mut self, view: &View, time: Duration) -> Pause {
        self.patience.pass(clock::now());
        self.patience.plan(time);
        view.pause(time)
    }

    /// Whether the load has waited for long enough, and takes the file as it is.
    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// The time that the load may still wait.
    fn left(&self) -> Duration {
        self.max_wait
            .saturating_sub(self.patience.spent(clock::now()))
    }
}

/// Many programs empty a file before they write it. A file that stays empty is published after this.
const EMPTY_GRACE: Duration = Duration::from_millis(100);

/// A replacement in progress is over in a moment, and a storm of them is not worth a busy loop.
const RETRY_FIRST: Duration = Duration::from_millis(1);
const RETRY_LAST: Duration = Duration::from_millis(50);

/// A file that was replaced so often during its load is replaced all the time, and must be published now and then.
pub(crate) const OUTRUN: u32 = 3;

/// The longest pause between two checks of a writer within a load.
const AGAIN_LAST: Duration = Duration::from_millis(100);

/// Longer than a write of some hundred kilobytes stands still in its middle, and twice the kernel's longest tick.
const VERIFY: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::file::os;

    fn view(proven: bool) -> View {
        View {
            stamps: Vec::new(),
            watched: None,
            opened: None,
            proven,
        }
    }

    fn pass(time: Duration) {
        let start = clock::now();
        while clock::now().duration_since(start) < time {
            std::thread::yield_now();
        }
    }

    #[test]
    fn young_file_without_proof_is_read_until_it_is_the_same_twice() {
        let path = std::env::temp_dir().join(format!("hot-reload-verify-{}", std::process::id()));
        std::fs::write(&path, "half").unwrap();
        let young = os::stamp_at(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let old = Stamp {
            modified: 0,
            changed: 0,
            ..young
        };
        let (half, whole) = (Revision::new("half"), Revision::new("whole"));

        let mut load = Load::new();
        assert!(load.verify(&view(true), &[young], &half).is_none());
        assert!(load.verify(&view(false), &[old], &half).is_none());
        assert!(load.verify(&view(false), &[old, young], &half).is_some());
        pass(VERIFY);
        assert!(
            load.verify(&view(false), &[young], &whole).is_some(),
            "other content begins a new wait"
        );
        pass(VERIFY);
        assert!(load.verify(&view(false), &[young], &whole).is_none());
    }
}
