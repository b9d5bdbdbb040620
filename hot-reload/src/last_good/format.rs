//! The format of the file, and the reasons to refuse a file.
//!
//! ```text
//! at  0   8  magic bytes
//!     8   4  format                          1
//!    12   4  schema                          the user's version of the content
//!    16   8  generation
//!    24  16  time of the load                nanoseconds since 1970, signed
//!    40  16  time of the save                nanoseconds since 1970, signed
//!    56   4  length of the revision          2^32 - 1 if there is none
//!    60   8  length of the payload
//!    68      revision, payload
//!   end  16  XXH3, 128 bits, of all bytes before it
//! ```
//!
//! Numbers are little-endian. All future formats keep the magic bytes and the format number in place. The checksum detects
//! accidents, not forgery.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::Xxh3;

use crate::revision::Revision;
use crate::snapshot::Generation;

/// Not valid UTF-8, so no text file begins with it.
const MARK: [u8; 8] = *b"\x8fhotgood";
const FORMAT: u32 = 1;
const HEAD: usize = 68;
const SUM: usize = 16;
const NO_REVISION: u32 = u32::MAX;

/// The size of a file without revision and payload.
#[cfg(test)]
pub(super) const OVERHEAD: usize = HEAD + SUM;

/// The metadata of the payload.
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
            // A longer revision exceeds most memories. Without it, the source is loaded again.
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

    /// All bytes in order, in pieces of at most this length.
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
    /// The found size, and the size according to the header if that is readable.
    Truncated(usize, Option<u64>),
    /// Written in this newer format.
    Newer(u32),
    Damaged,
    /// Saved with the first schema, expected the second.
    Schema(u32, u32),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replace = "delete it, or let the next save replace it";
        match self {
            Self::Empty => write!(f, "it is empty; {replace}"),
            Self::Foreign => f.write_str(
                "it is not a saved value; give the saved value a path of its own, or move that file away",
            ),
            Self::Truncated(found, Some(wanted)) => {
                write!(f, "it is truncated to {found} of {wanted} bytes; {replace}")
            }
            Self::Truncated(found, None) => write!(f, "it is truncated to {found} bytes; {replace}"),
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

/// Whether a file with this beginning may be replaced: a saved value in any state, or an empty file.
pub(super) fn is_ours(beginning: &[u8]) -> bool {
    MARK.starts_with(beginning)
}

/// How many bytes `is_ours` needs. A shorter file is read whole.
pub(super) const TELLING: u64 = MARK.len() as u64;

/// The metadata and the payload of a file, if it is intact.
pub(super) fn parse(file: &[u8], schema: u32) -> Result<(Facts, &[u8]), Refusal> {
    let truncated = || Refusal::Truncated(file.len(), None);
    if file.is_empty() {
        return Err(Refusal::Empty);
    }
    if !file.starts_with(&MARK) {
        return Err(match MARK.starts_with(file) {
            true => truncated(),
            false => Refusal::Foreign,
        });
    }
    let mut rest = Rest(&file[MARK.len()..]);
    let format = u32::from_le_bytes(rest.take().ok_or_else(truncated)?);
    if format > FORMAT {
        return Err(Refusal::Newer(format));
    }
    let head = rest.head().ok_or_else(truncated)?;
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
        return Err(Refusal::Truncated(file.len(), Some(wanted)));
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

/// The unread rest of a file.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// Reads the fields after the format number.
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

/// `None` if the time is out of range for this system.
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
