//! The bytes of the file: what stands where, and why a file that does not look like this is not restored.
//!
//! ```text
//! at  0   8  the mark of these files
//!     8   4  format                          1
//!    12   4  schema                          the user's version of the content
//!    16   8  generation
//!    24  16  when the value had been loaded  nanoseconds since 1970, with a sign
//!    40  16  when it was saved               the same
//!    56   4  length of the revision          2^32 - 1 if there is none
//!    60   8  length of the payload
//!    68      revision, payload
//!   end  16  XXH3, 128 bits, of all bytes before
//! ```
//!
//! Numbers are little-endian. The mark and the format stand where they are in every format to come. The checksum finds
//! accidents; it does not keep out a person who may write the file.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::Xxh3;

use crate::revision::Revision;
use crate::snapshot::Generation;

/// No text begins like this.
const MARK: [u8; 8] = *b"\x8fhotgood";
const FORMAT: u32 = 1;
const HEAD: usize = 68;
const SUM: usize = 16;
const NO_REVISION: u32 = u32::MAX;

/// What a file adds to revision and payload.
#[cfg(test)]
pub(super) const OVERHEAD: usize = HEAD + SUM;

/// What is known about the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) schema: u32,
    pub(super) generation: Generation,
    pub(super) revision: Option<Revision>,
    pub(super) loaded_at: SystemTime,
    pub(super) saved_at: SystemTime,
}

/// A file in three parts, so that the payload is not copied.
pub(super) struct Parts<'a> {
    head: Vec<u8>,
    payload: &'a [u8],
    sum: [u8; SUM],
}

impl<'a> Parts<'a> {
    pub(super) fn new(facts: &Facts, payload: &'a [u8]) -> Self {
        let revision = facts.revision.as_ref().map(Revision::as_bytes);
        let length = revision.map_or(NO_REVISION, |bytes| {
            // A longer one would not fit the memory of most, and is left out: then the source is simply read again.
            u32::try_from(bytes.len()).unwrap_or(NO_REVISION)
        });
        let mut head = Vec::with_capacity(HEAD + revision.map_or(0, <[u8]>::len));
        head.extend(MARK);
        head.extend(FORMAT.to_le_bytes());
        head.extend(facts.schema.to_le_bytes());
        head.extend(facts.generation.get().to_le_bytes());
        head.extend(nanoseconds(facts.loaded_at).to_le_bytes());
        head.extend(nanoseconds(facts.saved_at).to_le_bytes());
        head.extend(length.to_le_bytes());
        head.extend((payload.len() as u64).to_le_bytes());
        if length != NO_REVISION {
            head.extend(revision.unwrap_or_default());
        }
        let sum = sum(&[&head, payload]);
        Self { head, payload, sum }
    }

    pub(super) fn len(&self) -> u64 {
        (self.head.len() + self.payload.len() + SUM) as u64
    }

    /// All bytes in their order, none of the pieces longer than this.
    pub(super) fn pieces(&self, longest: usize) -> impl Iterator<Item = &[u8]> {
        [&self.head, self.payload, &self.sum]
            .into_iter()
            .flat_map(move |part| part.chunks(longest))
    }
}

/// Why a file is not restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Empty,
    Foreign,
    /// So many bytes are there, and so many were written, if that much can be told.
    Cut(usize, Option<u64>),
    /// Written in this format.
    Newer(u32),
    Damaged,
    /// Saved with the first, wanted is the second.
    Schema(u32, u32),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replace = "delete it, or let the next save replace it";
        match self {
            Self::Empty => write!(f, "it is empty; {replace}"),
            Self::Foreign => f.write_str(
                "it is something else than a saved value; give the saved value a path of its own, or move that file away",
            ),
            Self::Cut(found, Some(wanted)) => {
                write!(f, "it is cut short, {found} bytes of {wanted}; {replace}")
            }
            Self::Cut(found, None) => write!(f, "it is cut short, after {found} bytes; {replace}"),
            Self::Newer(format) => write!(
                f,
                "it has format {format}, and this program knows none above {FORMAT}; \
                 run the version that wrote it, or {replace}"
            ),
            Self::Damaged => write!(f, "it is damaged, its checksum is wrong; {replace}"),
            Self::Schema(found, wanted) => write!(
                f,
                "it was saved with schema {found}, and this program wants schema {wanted}; {replace}"
            ),
        }
    }
}

/// Whether a file with this beginning may be replaced: one of ours, in whatever state, or one without content.
pub(super) fn is_ours(beginning: &[u8]) -> bool {
    MARK.starts_with(beginning)
}

/// How many bytes are a beginning. A shorter file is all there is.
pub(super) const TELLING: u64 = MARK.len() as u64;

/// The facts and the payload of a file, if all of it is as it was written.
pub(super) fn parse(file: &[u8], schema: u32) -> Result<(Facts, &[u8]), Refusal> {
    let cut = || Refusal::Cut(file.len(), None);
    if file.is_empty() {
        return Err(Refusal::Empty);
    }
    if !file.starts_with(&MARK) {
        return Err(match MARK.starts_with(file) {
            true => cut(),
            false => Refusal::Foreign,
        });
    }
    let mut rest = Rest(&file[MARK.len()..]);
    let format = u32::from_le_bytes(rest.take().ok_or_else(cut)?);
    if format > FORMAT {
        return Err(Refusal::Newer(format));
    }
    let head = rest.head().ok_or_else(cut)?;
    let revision_len = match head.revision_len {
        NO_REVISION => 0,
        len => len,
    };
    let overhead = (HEAD + SUM) as u64 + u64::from(revision_len);
    let wanted = head
        .payload_len
        .checked_add(overhead)
        .ok_or(Refusal::Damaged)?;
    if (file.len() as u64) < wanted {
        return Err(Refusal::Cut(file.len(), Some(wanted)));
    }
    let (content, found) = file
        .split_last_chunk::<SUM>()
        .filter(|_| file.len() as u64 == wanted && format == FORMAT)
        .ok_or(Refusal::Damaged)?;
    if sum(&[content]) != *found {
        return Err(Refusal::Damaged);
    }
    if head.schema != schema {
        return Err(Refusal::Schema(head.schema, schema));
    }
    let (revision, payload) = content[HEAD..].split_at(revision_len as usize);
    let facts = Facts {
        schema,
        generation: Generation::saved(head.generation).ok_or(Refusal::Damaged)?,
        revision: (head.revision_len != NO_REVISION).then(|| Revision::new(revision)),
        loaded_at: time(head.loaded_at).ok_or(Refusal::Damaged)?,
        saved_at: time(head.saved_at).ok_or(Refusal::Damaged)?,
    };
    Ok((facts, payload))
}

struct Head {
    schema: u32,
    generation: u64,
    loaded_at: i128,
    saved_at: i128,
    revision_len: u32,
    payload_len: u64,
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// What follows the format.
    fn head(&mut self) -> Option<Head> {
        Some(Head {
            schema: u32::from_le_bytes(self.take()?),
            generation: u64::from_le_bytes(self.take()?),
            loaded_at: i128::from_le_bytes(self.take()?),
            saved_at: i128::from_le_bytes(self.take()?),
            revision_len: u32::from_le_bytes(self.take()?),
            payload_len: u64::from_le_bytes(self.take()?),
        })
    }
}

fn sum(parts: &[&[u8]]) -> [u8; SUM] {
    let mut hasher = Xxh3::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.digest128().to_le_bytes()
}

fn nanoseconds(time: SystemTime) -> i128 {
    let signed = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since),
        Err(before) => -signed(before.duration()),
    }
}

/// None if no clock of this system has such a time.
fn time(nanoseconds: i128) -> Option<SystemTime> {
    const SECOND: u128 = 1_000_000_000;
    let length = nanoseconds.unsigned_abs();
    let part = u32::try_from(length % SECOND).ok()?;
    let duration = Duration::new(u64::try_from(length / SECOND).ok()?, part);
    match nanoseconds < 0 {
        true => UNIX_EPOCH.checked_sub(duration),
        false => UNIX_EPOCH.checked_add(duration),
    }
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
