//! [`Step`]: one step of the load of one file: walk, check that the file is at rest, read it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::fault;
use super::os;
use super::path::absolute;
use super::read::bytes::{ReadOnce, read_once, read_opened};
use super::read::load::Load;
use super::read::memory::Memory;
use super::read::readiness::{Readiness, Unready};
use super::read::stamp::Kind;
use super::read::touch::touched;
use super::read::view::{Pause, View};
use super::turns::Turn;
use super::watch::subscription::FileWatch;
use crate::clock;
use crate::error::Error;
use crate::revision::Revision;
use crate::source::Fetched;

/// Which file to load, and how.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    /// The name that the file was given, unless that is its path.
    name: Option<Box<str>>,
    pub(super) path: [PathBuf; 1],
    /// `None`: the default.
    pub(super) max_size: Option<u64>,
    pub(super) empty_is_content: bool,
}

/// The result of a step.
pub(super) enum Step {
    Done(Result<Fetched, Error>),
    Wait(Pause),
    /// The step takes too long for a task. Repeat it where it may block.
    TooFar(Turn<Memory>),
}

impl Spec {
    pub(super) fn new(path: &Path) -> Self {
        let absolute = absolute(path);
        Self {
            name: (path.as_os_str() != absolute.as_os_str()).then(|| path.to_string_lossy().into()),
            path: [absolute],
            max_size: None,
            empty_is_content: false,
        }
    }

    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.path
    }

    fn max_size(&self) -> u64 {
        self.max_size.unwrap_or(MAX_SIZE)
    }

    pub(super) fn name(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => Cow::Borrowed(name),
            None => {
                let [path] = &self.path;
                path.to_string_lossy()
            }
        }
    }

    /// Takes one step. It reads the file if that is at rest and has at most `near` bytes.
    pub(super) fn step(
        &self,
        watch: &FileWatch,
        mut memory: Turn<Memory>,
        load: &mut Load,
        seen: Option<&Revision>,
        near: u64,
    ) -> Step {
        let before = |_| memory.stamp();
        let view = match load.step(watch, &self.path, before) {
            Readiness::Wait(pause) => return Step::Wait(pause),
            Readiness::BeingWritten(Unready { hold, again }) => {
                return Step::Done(Ok(Fetched::Held { hold, again }));
            }
            Readiness::Ready(view) => view,
        };
        match view.stamps.first() {
            // If an event says "complete", the stamp alone is no proof: a store into a mapped file need not change it.
            Some(Ok(stamp)) if memory.knows(stamp, seen) && !view.is_announced() => {
                view.accept();
                Step::Done(Ok(Fetched::Unchanged))
            }
            // Nothing but a file is opened, because opening a device has side effects.
            Some(Ok(stamp)) if stamp.kind != Kind::File => {
                Step::Done(Err(fault::not_a_file(&self.name(), stamp.kind)))
            }
            Some(Err(error)) if fault::is_absent(error) => {
                memory.forget();
                Step::Done(Ok(Fetched::Absent))
            }
            Some(Ok(stamp)) if stamp.size > near => Step::TooFar(memory),
            _ => {
                let step = self.read(watch, &mut memory, load, &view, seen);
                watch.counters().read(matches!(step, Step::Wait(_)));
                step
            }
        }
    }

    fn read(
        &self,
        watch: &FileWatch,
        memory: &mut Memory,
        load: &mut Load,
        view: &View,
        seen: Option<&Revision>,
    ) -> Step {
        let [path] = &self.path;
        let observed = clock::time_of_day();
        let local = || view.is_proven() || os::is_local(path);
        // The file that was read has to be the one that was found at rest.
        let holds = |stamp| {
            view.still_holds()
                && view.is_still_at_rest()
                && matches!(view.stamps.first(), Some(Ok(found)) if found == stamp)
        };
        // The wait for a writer counts separately from this load's other waits.
        let over = load.is_over();
        let is_over = || over && view.may_be_taken(watch);
        let read = match view.opened() {
            // If nobody writes, the stamp of the path is that of the file, or another file has the name.
            Some(file) => match view.stamps.first() {
                Some(Ok(found)) if view.is_proven() => {
                    read_opened(file, path, *found, true, self.max_size())
                }
                _ => os::stamp_of(file)
                    .and_then(|before| read_opened(file, path, before, false, self.max_size())),
            },
            None => read_once(path, self.max_size()),
        };
        let (bytes, stamp) = match read {
            Ok(ReadOnce::Whole { bytes, stamp }) if holds(&stamp) || is_over() => (bytes, stamp),
            Ok(ReadOnce::Replaced { bytes, stamp }) if load.is_outrun() => (bytes, stamp),
            Ok(ReadOnce::Torn) if is_over() => {
                return Step::Done(Err(fault::restless(&self.name())));
            }
            Ok(ReadOnce::Whole { .. } | ReadOnce::Replaced { .. } | ReadOnce::Torn) => {
                return Step::Wait(load.retry(view));
            }
            Ok(ReadOnce::TooLarge { stamp }) => {
                let revision = stamp.revision();
                let error =
                    fault::too_large(&self.name(), self.max_size()).with_revision(revision.clone());
                memory.remember(stamp, revision, observed, local());
                view.accept();
                return Step::Done(Err(error));
            }
            Ok(ReadOnce::NotAFile) if load.is_over() => {
                return Step::Done(Err(fault::not_a_file(&self.name(), Kind::Other)));
            }
            // It was replaced after it was found at rest, or went away: load again.
            Ok(ReadOnce::NotAFile) => return Step::Wait(load.retry(view)),
            Err(error) if fault::is_absent(&error) && !load.is_over() => {
                return Step::Wait(load.retry(view));
            }
            Err(error) => return Step::Done(Err(fault::refused(&self.name(), error))),
        };
        let revision = Revision::from(xxh3_128(&bytes));
        let revision = touched(watch.options(), revision, &[stamp]);
        if let Some(pause) = load.verify(view, &[stamp], &revision) {
            return Step::Wait(pause);
        }
        view.accept();
        memory.remember(stamp, revision.clone(), observed, local());
        if view.is_proven() && view.opened().is_some_and(os::keeps_access_time) {
            memory.set_near();
        }
        Step::Done(Ok(if seen == Some(&revision) {
            Fetched::Unchanged
        } else {
            Fetched::Content { bytes, revision }
        }))
    }
}

/// Larger than any configuration, and small enough to be held three times.
const MAX_SIZE: u64 = 64 << 20;
