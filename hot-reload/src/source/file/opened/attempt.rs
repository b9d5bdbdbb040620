//! [`Attempt`]: one load, in steps that block and waits that do not.
//!
//! Only the loader reads the file, so the stamp alone says whether anything has changed. This requires that every later change
//! also changes the stamp. So a load waits until the stamp is older than a tick of the file system's clock, as it waits for a
//! writer.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::open_file::{LoadFile, OpenFile};
use crate::clock;
use crate::error::Error;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::Source;
use crate::source::file::one::File;
use crate::source::file::read::load::{Load, OUTRUN};
use crate::source::file::read::memory::Memory;
use crate::source::file::read::readiness::{Readiness, Unready};
use crate::source::file::read::stamp::{Kind, Stamp};
use crate::source::file::read::touch::touched;
use crate::source::file::read::view::{Pause, View};
use crate::source::file::{fault, os};

/// A file and its loader.
pub(super) struct Parts<L> {
    pub(super) file: File,
    pub(super) loader: L,
    /// Whether the file has held a byte.
    pub(super) had_content: AtomicBool,
}

/// The state of a load.
pub(super) struct Attempt {
    load: Load,
    /// How often the file was changed or replaced while it was loaded.
    outrun: u32,
}

pub(super) enum Step<V> {
    Done(Result<Loaded<V>, Error>),
    Wait(Pause),
}

/// A file to load.
struct Found {
    view: View,
    file: fs::File,
    stamp: Stamp,
    observed: SystemTime,
    /// Whether only this machine changes it.
    local: bool,
    /// Whether every change from now on changes the stamp.
    settled: bool,
}

/// Whether a file stayed as it was during its load.
enum Held {
    Yes,
    /// It is whole, but another file has the name by now.
    Replaced,
    /// It was written to.
    No,
}

impl Attempt {
    pub(super) fn new() -> Self {
        Self {
            load: Load::new(),
            outrun: 0,
        }
    }

    /// Takes one step: walks, checks that the file is at rest, and calls the loader if it is. Blocks.
    pub(super) fn step<L: LoadFile>(
        &mut self,
        parts: &Parts<L>,
        memory: &mut Memory,
        seen: Option<&Revision>,
    ) -> Step<L::Value> {
        let found = match self.find(parts, memory, seen) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let (file, stamp) = (&parts.file, found.stamp);
        let result = match file.limit().filter(|limit| stamp.size > *limit) {
            Some(limit) => Err(fault::too_large(&file.name(), limit)),
            None => match self.load(parts, &found) {
                Ok(result) => result,
                Err(step) => return step,
            },
        };
        found.view.accept();
        let revision = touched(file.watch().options(), found.revision(), &[stamp]);
        memory.remember(stamp, revision.clone(), found.observed, found.local);
        let is_blank = stamp.size == 0;
        if !is_blank {
            parts.had_content.store(true, Ordering::Relaxed);
        }
        let is_about_content = result.as_ref().err().is_none_or(Error::is_rejection);
        Step::Done(match result {
            result if is_blank && is_about_content && !file.accepts_empty() => blank(
                result,
                revision,
                None,
                parts.had_content.load(Ordering::Relaxed),
            ),
            Ok(value) => Ok(Loaded::Value {
                value,
                revision: Some(revision),
            }),
            Err(error) if error.is_rejection() => Err(error.with_revision(revision)),
            // The error does not depend on the content, so the file is loaded again.
            Err(error) => Err(error),
        })
    }

    /// Finds the file at rest and opens it, or finds out that there is nothing to load.
    fn find<L: LoadFile>(
        &mut self,
        parts: &Parts<L>,
        memory: &mut Memory,
        seen: Option<&Revision>,
    ) -> Result<Found, Step<L::Value>> {
        let (file, name) = (&parts.file, parts.file.name());
        let before = |_| memory.stamp();
        let view = match self.load.step(file.watch(), file.paths(), before) {
            Readiness::Wait(pause) => return Err(Step::Wait(pause)),
            Readiness::BeingWritten(Unready { hold, again }) => {
                return Err(Step::Done(Ok(Loaded::Held { hold, again })));
            }
            Readiness::Ready(view) => view,
        };
        let stamp = match view.stamps.first() {
            Some(Ok(stamp)) if stamp.kind == Kind::File => *stamp,
            // Not even opened: that has effects of its own on a device.
            Some(Ok(stamp)) => {
                return Err(Step::Done(Err(fault::not_a_file(&name, stamp.kind))));
            }
            Some(Err(error)) if !fault::is_absent(error) => {
                return Err(Step::Done(Err(fault::refused(&name, same(error)))));
            }
            Some(Err(_)) | None => {
                memory.forget();
                return Err(Step::Done(Ok(Loaded::Missing)));
            }
        };
        let options = file.watch().options();
        if seen == Some(&touched(options, stamp.revision(), &[stamp])) {
            view.accept();
            return Err(Step::Done(Ok(Loaded::Unchanged)));
        }
        let local = view.is_proven() || os::is_local(file.path());
        let (observed, is_over) = (clock::time_of_day(), self.load.is_over());
        let unsettled = stamp.unsettled(observed, local);
        if let Some(time) = unsettled.filter(|_| !is_over) {
            return Err(Step::Wait(self.load.wait(&view, time)));
        }
        let opened = match view.opened() {
            Some(opened) => opened.try_clone(),
            None => os::open(file.path()),
        };
        match opened.and_then(|opened| Ok((os::stamp_of(&opened)?, opened))) {
            Ok((now, file)) if now == stamp || (is_over && now.kind == Kind::File) => Ok(Found {
                view,
                file,
                stamp: now,
                observed,
                local,
                settled: unsettled.is_none() && now == stamp,
            }),
            Ok((now, _)) if is_over => Err(Step::Done(Err(fault::not_a_file(&name, now.kind)))),
            // It was replaced after it was found at rest, or went away: load again.
            Ok(_) => Err(Step::Wait(self.load.retry(&view))),
            Err(error) if fault::is_absent(&error) && !is_over => {
                Err(Step::Wait(self.load.retry(&view)))
            }
            Err(error) => Err(Step::Done(Err(fault::refused(&name, error)))),
        }
    }

    /// Calls the loader, and checks that the file has not changed meanwhile.
    fn load<L: LoadFile>(
        &mut self,
        parts: &Parts<L>,
        found: &Found,
    ) -> Result<Result<L::Value, Error>, Step<L::Value>> {
        let (name, path) = (parts.file.name(), parts.file.path());
        let open = match found.file.try_clone() {
            Ok(file) => OpenFile::new(file, name.clone(), path.to_owned(), found.stamp),
            Err(error) => return Err(Step::Done(Err(fault::refused(&name, error)))),
        };
        let result = parts.loader.load_file(&open);
        drop(open);
        self.outrun += 1;
        let held = found.held(&os::stamp_at(path));
        parts
            .file
            .watch()
            .counters()
            .read(!matches!(held, Held::Yes));
        match held {
            Held::Yes => Ok(result),
            Held::Replaced if self.outrun >= OUTRUN => Ok(result),
            // Waits for a writer, but not for one that starts again each time.
            Held::No if self.outrun >= OUTRUN && found.view.may_be_taken(parts.file.watch()) => {
                Err(Step::Done(Err(fault::restless(&name))))
            }
            Held::No if self.outrun >= 2 * OUTRUN => Err(Step::Done(Err(fault::restless(&name)))),
            Held::Replaced | Held::No => {
                // The next load waits on its own account.
                self.load = Load::new();
                Err(Step::Wait(self.load.retry(&found.view)))
            }
        }
    }
}

impl Found {
    /// Whether the file is as it was before the load. `named` is the stamp of what has the name now.
    fn held(&self, named: &io::Result<Stamp>) -> Held {
        let holds = self.settled || self.view.still_holds();
        let Some(now) = os::stamp_of(&self.file)
            .ok()
            .filter(|_| holds && self.view.is_still_at_rest())
        else {
            return Held::No;
        };
        let before = &self.stamp;
        let is_named = matches!(named, Ok(named) if named.same_inode(before));
        // Losing its name changes the file's times, but not its content.
        match now.same_content(before) {
            true if is_named && now == *before => Held::Yes,
            true if !is_named => Held::Replaced,
            _ => Held::No,
        }
    }

    /// The revision of the loaded state. If the content may change without the stamp, no later load finds this revision again.
    fn revision(&self) -> Revision {
        match self.settled {
            true => self.stamp.revision(),
            false => Revision::new(format!("{:?}, unsettled", self.stamp)),
        }
    }
}

/// A copy of the error.
fn same(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error.kind().into(),
    }
}
