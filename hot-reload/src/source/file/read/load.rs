//! [`Look`]: one look at the files of a source, in steps that block and waits that do not.
//!
//! A load waits within itself until a touched file is at rest. For a known writer it waits a moment too; then it ends
//! without a value, and the next load goes on waiting.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::settle::{self, Proof};
use super::stamp::{Kind, Stamp};
pub(crate) use super::view::{Pause, View};
use crate::clock;
use crate::revision::Revision;
use crate::source::file::os::{self, Writers};
use crate::source::file::watch::subscription::{Follow, Watch};
use crate::source::file::watch::writes::Seen;
use crate::source::file::watch::writing::{self, Evidence};
use crate::status::Hold;

/// How long this look has been going on, and why.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    patience: Patience,
    longest: Duration,
    /// The same for waits for a writer.
    for_writers: Patience,
    /// Whether the current wait is for a writer.
    awaits_writer: bool,
    empty_since: Option<Instant>,
    retry: Duration,
    /// The pause before the next check of a writer.
    again: Duration,
    /// What was read last of a file that nobody vouches for, and when.
    doubtful: Option<(Revision, Instant)>,
    /// How often what was read had lost its name meanwhile.
    outrun: u32,
}

/// What a step has found.
pub(crate) enum Rest {
    /// The files are at rest, or were waited for long enough.
    Reached(View),
    /// They are not. Step again after the pause.
    Wait(Pause),
    /// Somebody writes, and the next load goes on waiting.
    BeingWritten(Unready),
}

/// The answer of a source that is not ready.
#[derive(Debug, Clone)]
pub(crate) struct Unready {
    pub(crate) hold: Hold,
    /// The time until the next load, unless an event comes before.
    pub(crate) again: Duration,
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

impl Look {
    pub(crate) fn new() -> Self {
        Self {
            patience: Patience::default(),
            longest: settle::longest(Duration::ZERO),
            for_writers: Patience::default(),
            awaits_writer: false,
            empty_since: None,
            retry: RETRY_FIRST,
            again: RETRY_FIRST,
            doubtful: None,
            outrun: 0,
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
        let (waited, other) = match self.awaits_writer {
            true => (&mut self.for_writers, &mut self.patience),
            false => (&mut self.patience, &mut self.for_writers),
        };
        waited.pass(clock::now());
        other.skip(clock::now());
        self.awaits_writer = false;
        self.longest = settle::longest(follow.settle());
        let watch = follow.watch();
        let (seen, stamps) = observe(watch.as_ref(), paths, &before);
        follow.found(paths, &stamps);

        let closed = seen.as_ref().is_some_and(|seen| seen.complete.is_some());
        if closed {
            follow.doubt_tireless();
        }
        let (now, wall) = (clock::now(), clock::time_of_day());
        let (mut time, mut changed) = (None, false);
        let (mut opened, mut proven, mut busy) = (None, true, false);
        let mut writer: Option<Writer<'_>> = None;
        for (index, (path, stamp)) in paths.iter().zip(&stamps).enumerate() {
            let (Ok(stamp), before) = (stamp, before(index)) else {
                continue;
            };
            let tireless = follow.is_tireless(stamp.inode());
            // An accepted file needs no second proof; but a writer that kept it open may have closed it since.
            if before.as_ref() == Some(stamp) {
                if tireless && ask(follow, path, stamp, closed).1 == Writers::Nobody {
                    follow.unset_tireless(stamp.inode());
                }
                continue;
            }
            changed = true;
            let (file, writers) = ask(follow, path, stamp, closed);
            busy |= writers == Writers::Somebody;
            // The last write is older than the longest wait, so there is no need to wait for this writer.
            let idle = writers == Writers::Somebody
                && writing::is_abandoned(stamp, follow.longest_write(), wall);
            match writers {
                Writers::Nobody => follow.unset_tireless(stamp.inode()),
                _ if idle && !tireless => follow.set_tireless(stamp.inode(), path),
                _ => {}
            }
            let proof = Proof::new(writers, Some(self.again).filter(|_| !tireless && !idle));
            proven &= proof == Proof::AtRest;
            opened = file.filter(|_| paths.len() == 1);
            let wait = settle::wait(seen.as_ref(), before.as_ref(), stamp, proof, now, wall);
            time = time.max(wait.map(|wait| wait.time));
            time = time.max(settle::settle(stamp, follow.settle(), wall));
            if let Some((evidence, again)) = wait.and_then(|wait| Some((wait.writer?, wait.time))) {
                let writer = writer.get_or_insert_with(|| Writer {
                    path,
                    evidence,
                    again,
                    inodes: Vec::new(),
                });
                writer.inodes.push((stamp.inode(), path));
            }
            if stamp.size == 0 && before.is_some_and(|before| before.size > 0) {
                let since = *self.empty_since.get_or_insert(now);
                let left = EMPTY_GRACE.checked_sub(now - since);
                time = time.max(left.filter(|left| !left.is_zero()));
            }
        }
        let watched = watch.zip(seen);
        if busy {
            follow.tally().lease_busy.add();
            self.again = (self.again * 2).min(AGAIN_LAST);
        }
        match writer {
            None => follow.forget_writing(),
            Some(writer) => {
                return self.await_writer(follow, &writer, watched.as_ref());
            }
        }
        match time.filter(|_| !self.is_over()) {
            Some(time) => {
                let time = time.min(self.left());
                self.patience.plan(time);
                Rest::Wait(Pause {
                    time,
                    epoch: watched.map(|(watch, seen)| (watch, seen.epoch)),
                })
            }
            None => {
                // Whoever still writes was waited for long enough: its next byte begins a new wait.
                if let Some((watch, _)) = watched.as_ref().filter(|_| changed) {
                    watch.forget_writes();
                }
                Rest::Reached(View {
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
        follow: &Follow,
        writer: &Writer<'_>,
        watched: Option<&(Watch, Seen)>,
    ) -> Rest {
        let (now, wall) = (clock::now(), clock::time_of_day());
        let writes = watched.iter().flat_map(|(_, seen)| &seen.writes);
        let last_write = writes.map(|write| write.last).max();
        let inodes: Vec<_> = writer.inodes.iter().map(|(inode, _)| *inode).collect();
        let writing = follow.writing(now, wall, last_write, &inodes);
        let longest = follow.longest_write();
        let left = writing::WITHIN.saturating_sub(self.for_writers.spent(now));
        match writing.patience(writer.evidence, longest) {
            writing::Patience::Within(within) if !left.is_zero() => {
                let time = writer.again.min(within).min(left);
                self.awaits_writer = true;
                self.for_writers.plan(time);
                Rest::Wait(Pause {
                    time,
                    epoch: watched.map(|(watch, seen)| (watch.clone(), seen.epoch)),
                })
            }
            writing::Patience::Within(_) | writing::Patience::Beyond => {
                follow.set_waits(true);
                Rest::BeingWritten(Unready {
                    hold: writing.hold(writer.path, writer.evidence, longest),
                    again: writing::AGAIN,
                })
            }
            writing::Patience::Over => {
                for (inode, path) in &writer.inodes {
                    follow.set_tireless(*inode, path);
                }
                follow.forget_writing();
                if let Some((watch, _)) = watched {
                    watch.forget_writes();
                }
                // From now on the file is read once its writer pauses.
                self.patience.plan(RETRY_FIRST);
                Rest::Wait(Pause {
                    time: RETRY_FIRST,
                    epoch: None,
                })
            }
        }
    }

    /// The pause before what was read is read once more, and has to be the same. For a file that was touched just now, and
    /// of which neither the system nor an event says that it is complete: a single large write may stand still for longer
    /// than between two looks at the stamp.
    pub(crate) fn doubt(
        &mut self,
        view: &View,
        stamps: &[Stamp],
        revision: &Revision,
    ) -> Option<Pause> {
        let wall = clock::time_of_day();
        let young = |stamp: &Stamp| stamp.until(settle::longest(Duration::ZERO), wall).is_some();
        if view.proven || view.is_announced() || self.is_over() || !stamps.iter().any(young) {
            return None;
        }
        let now = clock::now();
        let since = match &self.doubtful {
            Some((before, since)) if before == revision => *since,
            _ => now,
        };
        self.doubtful = Some((revision.clone(), since));
        let left = VERIFY.checked_sub(now.duration_since(since))?;
        (!left.is_zero()).then(|| self.wait(view, left))
    }

    /// The pause after a read that did not hold: 1, 2, 4 … 50 ms.
    pub(crate) fn retry(&mut self, view: &View) -> Pause {
        let time = self.retry;
        self.retry = (time * 2).min(RETRY_LAST);
        self.wait(view, time)
    }

    /// What was read is whole, but by now another file has the name. Whether it is taken all the same: if files are
    /// replaced faster than they can be read, one of them has to do.
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

    /// Whether it has been waited for long enough, and what is there has to do.
    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// For how long it may still be waited.
    fn left(&self) -> Duration {
        self.longest
            .saturating_sub(self.patience.spent(clock::now()))
    }
}

/// Walks along the paths and takes the stamps. A load without an event skips the walk if the paths were walked recently and
/// still lead to the same files: then it costs as much as polling.
fn observe(
    watch: Option<&Watch>,
    paths: &[PathBuf],
    before: &impl Fn(usize) -> Option<Stamp>,
) -> (Option<Seen>, Vec<io::Result<Stamp>>) {
    let ask = || {
        // Before the stamps are taken: any later event may make them outdated.
        let seen = watch.map(Watch::seen);
        let stamps: Vec<_> = paths.iter().map(|path| Stamp::of(path)).collect();
        (seen, stamps)
    };
    if watch.is_some_and(Watch::was_walked) {
        let (seen, stamps) = ask();
        let mut stamps_with_index = stamps.iter().enumerate();
        if stamps_with_index.all(|(index, stamp)| stamp.as_ref().ok() == before(index).as_ref()) {
            return (seen, stamps);
        }
    }
    if let Some(watch) = watch {
        watch.rearm(paths);
    }
    ask()
}

/// Opens the file and asks the system who writes to it. `closed` is whether somebody was just seen to be done: he is told
/// of a moment before he no longer counts, and that moment is not worth a pause.
fn ask(follow: &Follow, path: &Path, stamp: &Stamp, closed: bool) -> (Option<File>, Writers) {
    // Nothing else is opened: that has effects of its own on a device.
    if stamp.kind != Kind::File || !follow.asks_who_writes() {
        return (None, Writers::Unknown);
    }
    // Why not, the reader will say.
    let Ok(file) = os::open(path) else {
        return (None, Writers::Unknown);
    };
    let start = clock::now();
    let mut writers = os::writers(&file);
    while closed && writers == Writers::Somebody && clock::now() - start < CLOSING {
        std::thread::yield_now();
        writers = os::writers_now(&file);
    }
    (Some(file), writers)
}

/// Many programs empty a file before they write it. Emptied for good, it is published after this.
const EMPTY_GRACE: Duration = Duration::from_millis(100);

/// A replacement in progress is over in a moment; a storm of them is not worth a spin.
const RETRY_FIRST: Duration = Duration::from_millis(1);
const RETRY_LAST: Duration = Duration::from_millis(50);

/// Replaced so often while it was read or loaded, a file is replaced all the time, and must be published now and then.
pub(crate) const OUTRUN: u32 = 3;

/// Somebody who writes is asked after in such steps at last.
const AGAIN_LAST: Duration = Duration::from_millis(100);

/// Closing takes some microseconds on the kernel's side, and on some file systems begins to store what was written.
const CLOSING: Duration = Duration::from_micros(300);

/// Longer than a write of some hundred kilobytes stands still in its middle, and than a kernel's longest tick, twice.
const VERIFY: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_young_file_that_nobody_vouches_for_is_read_until_it_is_the_same_twice() {
        let path = std::env::temp_dir().join(format!("hot-reload-doubt-{}", std::process::id()));
        std::fs::write(&path, "half").unwrap();
        let young = Stamp::of(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let old = Stamp {
            modified: 0,
            changed: 0,
            ..young
        };
        let (half, whole) = (Revision::new("half"), Revision::new("whole"));

        let mut look = Look::new();
        assert!(look.doubt(&view(true), &[young], &half).is_none());
        assert!(look.doubt(&view(false), &[old], &half).is_none());
        assert!(look.doubt(&view(false), &[old, young], &half).is_some());
        pass(VERIFY);
        assert!(
            look.doubt(&view(false), &[young], &whole).is_some(),
            "another content begins anew"
        );
        pass(VERIFY);
        assert!(look.doubt(&view(false), &[young], &whole).is_none());
    }
}
