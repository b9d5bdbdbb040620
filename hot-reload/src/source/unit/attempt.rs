//! [`Attempt`]: one load of several files, in steps that block and waits that do not.

use std::io;
use std::time::{Duration, Instant};

use super::listing::Listing;
use super::memory::{self, Memory};
use super::spec::{Limits, Spec, Unlisted};
use crate::clock;
use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::fetched::Fetched;
use crate::source::file::read::bytes::{ReadOnce, read_once};
use crate::source::file::read::load::Load;
use crate::source::file::read::readiness::{Readiness, Unready};
use crate::source::file::read::stamp::{Kind, Stamp};
use crate::source::file::read::view::{Pause, View};
use crate::source::file::watch::subscription::FileWatch;
use crate::source::file::{fault, os};
use crate::source::files::{Files, Part};

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

/// Why a read did not succeed.
enum Stop {
    /// The load ends with this answer.
    Answer(Result<Fetched, Error>),
    /// The files changed during the read. Repeat it, or end with this error after the longest wait.
    Restless(Error),
    /// The files have to be read once more after this pause.
    Unverified(Pause),
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
            .gap(&view, memory)
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
    fn gap(&mut self, view: &View, memory: &Memory) -> Option<Pause> {
        let absent = |stamp: &io::Result<Stamp>| stamp.as_ref().is_err_and(fault::is_absent);
        let gaps = view.stamps.iter().filter(|stamp| absent(stamp)).count();
        let is_part = gaps > 0 && gaps < view.stamps.len();
        if !is_part && !memory.misses_one() {
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
    if memory.knows(stamps.iter(), seen) && !view.is_announced() {
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
    let unmoved = paths
        .zip(&stamps)
        .all(|(path, stamp)| os::stamp_at(path).is_ok_and(|now| now == *stamp));
    if !unmoved || !view.still_holds() {
        return Err(outrun());
    }
    let revision = memory::revision(&files);
    if let Some(pause) = load.verify(view, &stamps, &revision) {
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

/// The stamps of all files, or the answer if a file has none.
fn stamps(spec: &Spec, memory: &mut Memory, view: &View) -> Result<Vec<Stamp>, Stop> {
    let all = &view.stamps;
    let is_absent = |stamp: &io::Result<Stamp>| stamp.as_ref().is_err_and(fault::is_absent);
    let fixed = spec.roster.is_fixed();
    if fixed && all.iter().all(is_absent) {
        memory.forget();
        return Err(Stop::Answer(Ok(Fetched::Absent)));
    }
    let mut stamps = Vec::with_capacity(all.len());
    for ((key, path), stamp) in memory.listing.files().zip(all) {
        let name = || spec.roster.name_of(key);
        match stamp {
            Ok(stamp) if stamp.kind == Kind::File => stamps.push(*stamp),
            Ok(stamp) if fixed => {
                let error = fault::not_a_file(&name(), stamp.kind);
                return Err(Stop::Answer(Err(error)));
            }
            Err(error) if fixed && fault::is_absent(error) => {
                return Err(Stop::Answer(Err(missing(&name()))));
            }
            Err(error) if !fault::is_absent(error) => {
                // Asked again, because an error cannot be copied.
                let error = os::stamp_at(path).err();
                let error = error.unwrap_or_else(|| io::ErrorKind::Interrupted.into());
                return Err(Stop::Answer(Err(fault::refused(&name(), error))));
            }
            // Gone, or another thing, since it was listed.
            Ok(_) | Err(_) => return Err(Stop::Restless(outrun(&spec.name))),
        }
    }
    Ok(stamps)
}

/// Reads every file in the state of its stamp.
fn read(spec: &Spec, listing: &Listing, stamps: &[Stamp]) -> Result<Files, Stop> {
    let mut parts = Vec::with_capacity(stamps.len());
    for ((key, path), expected) in listing.files().zip(stamps) {
        let name = spec.roster.name_of(key);
        match read_once(path, spec.limits.file) {
            Ok(ReadOnce::Whole { bytes, stamp }) if stamp == *expected => {
                parts.push(Part::of_file(key.to_owned(), name, bytes));
            }
            Ok(_) => return Err(Stop::Restless(fault::restless(&name))),
            Err(error) if fault::is_absent(&error) => {
                return Err(Stop::Restless(outrun(&spec.name)));
            }
            Err(error) => return Err(Stop::Answer(Err(fault::refused(&name, error)))),
        }
    }
    Ok(Files::sorted(parts))
}

/// Whether the files are within the limits.
fn allowed(spec: &Spec, listing: &Listing, stamps: &[Stamp]) -> Result<(), Error> {
    let Limits { file, total } = spec.limits;
    for ((key, _), stamp) in listing.files().zip(stamps) {
        if stamp.size > file {
            return Err(fault::too_large(&spec.roster.name_of(key), file));
        }
    }
    let sizes = stamps.iter().map(|stamp| stamp.size);
    // A sparse file can claim any size, so that the sum of several could overflow.
    let sum = sizes.fold(0, u64::saturating_add);
    if sum > total {
        let text = format!("its files have {sum} bytes, and the limit for all is {total} bytes");
        return Err(Error::new(ErrorKind::TooLarge, text).at(Location::new(&spec.name)));
    }
    Ok(())
}

/// A token for a state whose content was not read.
fn state(listing: &Listing, stamps: &[Stamp]) -> Revision {
    Revision::new(format!("{:?} {stamps:?}", listing.keys()))
}

fn missing(name: &str) -> Error {
    let text = "it is missing; a group is read only if all its files exist";
    Error::new(ErrorKind::Unavailable, text).at(Location::new(name))
}

fn outrun(name: &str) -> Error {
    let text = "its files change faster than they can be read together; replace them all at once, by pointing a \
                link to a finished directory";
    Error::new(ErrorKind::Unavailable, text).at(Location::new(name))
}

/// How many listings one step may take until a listing is complete.
const ROUNDS: usize = 16;

/// How long a missing file counts as being replaced.
const GAP_GRACE: Duration = Duration::from_millis(100);
