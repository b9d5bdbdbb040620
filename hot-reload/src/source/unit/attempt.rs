//! [`Attempt`]: one load of several files, in steps that block and waits that do not.

use std::io;
use std::time::{Duration, Instant};

use super::memory::{self, Memory};
use super::read::{Stop, allowed, is_absent, outrun, read, stamps, state};
use super::spec::{Spec, Unlisted};
use crate::clock;
use crate::error::Error;
use crate::revision::Revision;
use crate::source::fetched::Fetched;
use crate::source::file::os;
use crate::source::file::read::load::Load;
use crate::source::file::read::readiness::{Readiness, Unready};
use crate::source::file::read::stamp::Stamp;
use crate::source::file::read::touch::touched;
use crate::source::file::read::view::{Pause, View};
use crate::source::file::watch::subscription::FileWatch;

/// The state of a load.
#[derive(Debug)]
pub(super) struct Attempt {
    load: Load,
    /// Since when a file has been missing.
    gap_since: Option<Instant>,
}

pub(super) enum Step {
    Done(Result<Fetched, Error>),
    Wait(Pause),
}

impl Attempt {
    pub(super) fn new() -> Self {
        Self {
            load: Load::new(),
            gap_since: None,
        }
    }

    /// Takes one step: walks, lists, checks that all files are at rest, and reads them if they are.
    pub(super) fn step(
        &mut self,
        spec: &Spec,
        watch: &FileWatch,
        memory: &mut Memory,
        seen: Option<&Revision>,
    ) -> Step {
        let view = match self.settle(spec, watch, memory) {
            Ok(Some(Readiness::Ready(view))) => view,
            Ok(Some(Readiness::Wait(pause))) => return Step::Wait(pause),
            Ok(Some(Readiness::BeingWritten(unready))) => {
                let Unready { hold, again } = unready;
                return Step::Done(Ok(Fetched::Held { hold, again }));
            }
            Ok(None) => {
                memory.forget();
                return Step::Done(Ok(Fetched::Absent));
            }
            // An oversized listing is reported once.
            Err(error) if error.revision().is_some() && error.revision() == seen => {
                return Step::Done(Ok(Fetched::Unchanged));
            }
            Err(error) => return Step::Done(Err(error)),
        };
        if let Some(pause) = self
            .gap(spec, &view, memory)
            .or_else(|| self.flurry(&view, memory))
        {
            return Step::Wait(pause);
        }
        match read_all(spec, watch, memory, &mut self.load, &view, seen) {
            Ok(found) => Step::Done(Ok(found)),
            Err(Stop::Answer(answer)) => Step::Done(answer),
            Err(Stop::Restless(error)) if self.load.is_over() && view.may_be_taken(watch) => {
                Step::Done(Err(error))
            }
            Err(Stop::Restless(_)) => {
                watch.counters().torn_retries.add();
                Step::Wait(self.load.retry(&view))
            }
            Err(Stop::Unverified(pause)) => Step::Wait(pause),
        }
    }

    /// Walks and lists until nothing is listed that was not watched before. `None` if there is no place for files.
    ///
    /// A tree may grow as fast as it is listed, so the number of rounds is bounded. Files that come later cause a hint, and the
    /// listing after the read finds them.
    fn settle(
        &mut self,
        spec: &Spec,
        watch: &FileWatch,
        memory: &mut Memory,
    ) -> Result<Option<Readiness>, Error> {
        let mut round = 0;
        loop {
            let readiness = self.readiness(watch, memory);
            round += 1;
            if round > ROUNDS {
                return Ok(Some(readiness));
            }
            let now = match spec.roster.list() {
                Ok(Some(now)) if now == memory.listing => return Ok(Some(readiness)),
                Ok(Some(now)) => now,
                Ok(None) => {
                    memory.listing = spec.roster.known();
                    return Ok(None);
                }
                Err(Unlisted { error, ways }) if ways == memory.listing => return Err(error),
                // Watches first, so that no fix between the two steps is missed.
                Err(Unlisted { ways, .. }) => ways,
            };
            memory.listing = now;
            // What the last walk has found is true of its own paths only.
            if let Some(open) = watch.open_watch() {
                open.forget_walk();
            }
        }
    }

    /// Walks along everything that is known, and checks whether the files are at rest.
    fn readiness(&mut self, watch: &FileWatch, memory: &Memory) -> Readiness {
        let listing = &memory.listing;
        let (paths, ways) = (listing.paths(), listing.ways());
        let before = |index: usize| match index.checked_sub(ways) {
            Some(index) => memory.certain_stamp(index),
            // A changed directory is listed again, and needs no wait.
            None => os::stamp_at(paths.get(index)?).ok(),
        };
        match self.load.step(watch, paths, before) {
            Readiness::Ready(mut view) => {
                view.stamps.drain(..ways);
                Readiness::Ready(view)
            }
            other => other,
        }
    }

    /// The wait for a missing file, because many programs remove a file for a moment while they replace it.
    fn gap(&mut self, spec: &Spec, view: &View, memory: &Memory) -> Option<Pause> {
        let (mut exists, mut lacks, mut has_gone) = (false, false, false);
        for (index, stamp) in view.stamps.iter().enumerate() {
            if !is_absent(stamp) {
                exists = true;
            } else if memory.listing.is_optional(index) {
                has_gone |= memory.stamp(index).is_some();
            } else {
                lacks = true;
            }
        }
        let is_gap =
            (exists && lacks) || has_gone || memory.misses_one(|key| spec.roster.wants(key));
        if !is_gap {
            self.gap_since = None;
            return None;
        }
        let now = clock::now();
        let since = *self.gap_since.get_or_insert(now);
        let left = GAP_GRACE.checked_sub(now.duration_since(since))?;
        (!left.is_zero() && !self.load.is_over()).then(|| self.load.wait(view, left))
    }

    /// The wait after several files have changed, because more may be about to. An event which says that one file is complete
    /// says nothing about the others. So each must have been untouched for a moment.
    fn flurry(&mut self, view: &View, memory: &Memory) -> Option<Pause> {
        let changed = |(index, stamp): (usize, &io::Result<Stamp>)| {
            let stamp = *stamp.as_ref().ok()?;
            (memory.stamp(index) != Some(stamp)).then_some(stamp)
        };
        let changed = view.stamps.iter().enumerate().filter_map(changed);
        let (now, mut count, mut left) = (clock::time_of_day(), 0, None);
        for stamp in changed {
            count += 1;
            left = left.max(stamp.young(now));
        }
        let left = left.filter(|_| count > 1 && !self.load.is_over())?;
        Some(self.load.wait(view, left))
    }
}

/// Reads all files, unless they are known, and checks that none has changed meanwhile.
fn read_all(
    spec: &Spec,
    watch: &FileWatch,
    memory: &mut Memory,
    load: &mut Load,
    view: &View,
    seen: Option<&Revision>,
) -> Result<Fetched, Stop> {
    let stamps = stamps(spec, memory, view)?;
    // If an event says "complete", the stamps alone are no proof: a store into a mapped file need not change them.
    if memory.knows(&stamps, seen) && !view.is_announced() {
        view.accept();
        return Ok(Fetched::Unchanged);
    }
    let state = || state(&memory.listing, &stamps);
    if let Err(error) = allowed(spec, &memory.listing, &stamps) {
        view.accept();
        let revision = state();
        return if seen == Some(&revision) {
            Ok(Fetched::Unchanged)
        } else {
            Err(Stop::Answer(Err(error.with_revision(revision))))
        };
    }
    let observed = clock::time_of_day();
    watch.counters().reads.add();
    let files = read(spec, &memory.listing, &stamps)?;
    let outrun = || Stop::Restless(outrun(&spec.name));
    let listed = spec.roster.list();
    if !matches!(listed, Ok(Some(listing)) if listing == memory.listing) {
        return Err(outrun());
    }
    let paths = memory.listing.files().map(|(_, path)| path);
    let unmoved = paths.zip(&stamps).all(|(path, stamp)| {
        let now = os::stamp_at(path);
        match stamp {
            Some(stamp) => now.is_ok_and(|now| now == *stamp),
            None => is_absent(&now),
        }
    });
    if !unmoved || !view.still_holds() {
        return Err(outrun());
    }
    let present: Vec<_> = stamps.iter().flatten().copied().collect();
    let revision = touched(watch.options(), memory::revision(&files), &present);
    if let Some(pause) = load.verify(view, &present, &revision) {
        return Err(Stop::Unverified(pause));
    }
    view.accept();
    memory.remember(stamps, revision.clone(), observed);
    Ok(if seen == Some(&revision) {
        Fetched::Unchanged
    } else {
        Fetched::Files { files, revision }
    })
}

/// How many listings one step may take until a listing is complete.
const ROUNDS: usize = 16;

/// How long a missing file counts as being replaced.
const GAP_GRACE: Duration = Duration::from_millis(100);
