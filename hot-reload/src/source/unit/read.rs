//! Reads the files of a unit, each in the state of its stamp.

use std::io;
use std::sync::Arc;

use super::listing::{Listing, Presence};
use super::memory::Memory;
use super::spec::{Limits, Spec};
use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::fetched::Fetched;
use crate::source::file::read::bytes::{ReadOnce, read_once};
use crate::source::file::read::stamp::{Kind, Stamp};
use crate::source::file::read::view::{Pause, View};
use crate::source::file::{fault, os};
use crate::source::files::{Files, Part};
use crate::source::include::context::Context;

/// Why a read did not succeed.
pub(super) enum Stop {
    /// The load ends with this answer.
    Answer(Result<Fetched, Error>),
    /// The files changed during the read. Repeat it, or end with this error after the longest wait.
    Restless(Error),
    /// The files have to be read once more after this pause.
    Unverified(Pause),
}

/// The stamps of all files, or the answer if a file must have one and has none.
pub(super) fn stamps(
    spec: &Spec,
    memory: &mut Memory,
    view: &View,
) -> Result<Vec<Option<Stamp>>, Stop> {
    let is_required = memory.listing.presence().contains(&Presence::Required);
    if is_required && view.stamps.iter().all(is_absent) {
        memory.forget();
        return Err(Stop::Answer(Ok(Fetched::Absent)));
    }
    let listing = &memory.listing;
    let found = listing.files().zip(listing.presence()).zip(&view.stamps);
    found
        .map(|(((key, path), presence), stamp)| {
            let name = || spec.roster.name_of(key);
            let error = match (stamp, presence) {
                (Ok(stamp), _) if stamp.kind == Kind::File => return Ok(Some(*stamp)),
                // Another thing since it was listed.
                (Ok(_), Presence::Listed) => return Err(Stop::Restless(outrun(&spec.name))),
                (Ok(stamp), Presence::Required | Presence::Optional) => {
                    fault::not_a_file(&name(), stamp.kind)
                }
                (Err(error), presence) if fault::is_absent(error) => match presence {
                    Presence::Listed => return Err(Stop::Restless(outrun(&spec.name))),
                    Presence::Required => missing(&name()),
                    Presence::Optional => return Ok(None),
                },
                (Err(_), _) => {
                    // Asked again, because an error cannot be copied.
                    let error = os::stamp_at(path).err();
                    let error = error.unwrap_or_else(|| io::ErrorKind::Interrupted.into());
                    fault::refused(&name(), error)
                }
            };
            Err(Stop::Answer(Err(error)))
        })
        .collect()
}

/// Whether there is nothing at the path.
pub(super) fn is_absent(stamp: &io::Result<Stamp>) -> bool {
    stamp.as_ref().is_err_and(fault::is_absent)
}

/// Reads every file that exists, in the state of its stamp.
pub(super) fn read(
    spec: &Spec,
    listing: &Listing,
    stamps: &[Option<Stamp>],
) -> Result<Files, Stop> {
    let mut parts = Vec::with_capacity(stamps.len());
    for ((key, path), expected) in listing.files().zip(stamps) {
        let Some(expected) = expected else { continue };
        let name = spec.roster.name_of(key);
        match read_once(path, spec.limits.file) {
            Ok(ReadOnce::Whole { bytes, stamp }) if stamp == *expected => {
                let context = Context::of_file(path.to_owned());
                let bytes = Arc::new(bytes);
                parts.push(Part::of_file(key.to_owned(), name, bytes, context));
            }
            Ok(_) => return Err(Stop::Restless(fault::restless(&name))),
            Err(error) if fault::is_absent(&error) => {
                return Err(Stop::Restless(outrun(&spec.name)));
            }
            Err(error) => return Err(Stop::Answer(Err(fault::refused(&name, error)))),
        }
    }
    Ok(Files::ordered(parts))
}

/// Whether the files are within the limits.
pub(super) fn allowed(
    spec: &Spec,
    listing: &Listing,
    stamps: &[Option<Stamp>],
) -> Result<(), Error> {
    let Limits { file, total } = spec.limits;
    for ((key, _), stamp) in listing.files().zip(stamps) {
        if stamp.is_some_and(|stamp| stamp.size > file) {
            return Err(fault::too_large(&spec.roster.name_of(key), file));
        }
    }
    let sizes = stamps.iter().flatten().map(|stamp| stamp.size);
    // A sparse file can claim any size, so that the sum of several could overflow.
    let sum = sizes.fold(0, u64::saturating_add);
    if sum > total {
        let text = format!("its files have {sum} bytes, and the limit for all is {total} bytes");
        return Err(Error::new(ErrorKind::TooLarge, text).at(Location::new(&spec.name)));
    }
    Ok(())
}

/// A token for a state whose content was not read.
pub(super) fn state(listing: &Listing, stamps: &[Option<Stamp>]) -> Revision {
    Revision::new(format!("{:?} {stamps:?}", listing.keys()))
}

fn missing(name: &str) -> Error {
    let text = "it is missing; a group is read only if all its required files exist";
    Error::new(ErrorKind::Unavailable, text).at(Location::new(name))
}

/// The error of files that change during each read.
pub(super) fn outrun(name: &str) -> Error {
    let text = "its files change faster than they can be read together; replace them all at once, by pointing a \
                link to a finished directory";
    Error::new(ErrorKind::Unavailable, text).at(Location::new(name))
}
