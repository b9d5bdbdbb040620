//! The feature `serde`: forms of times and durations that `derive(Serialize)` does not have, and the form of an [`Error`].
//!
//! A time is RFC 3339 in UTC with milliseconds: `2026-11-21T06:15:08.042Z`. A duration is a number of whole milliseconds, and
//! its name ends in `_ms`. Both are rounded down. Numbers with names are a map.

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;

// ===== times =====

/// The first and the last second that RFC 3339 can write: those of the years 0 and 9999.
const SECONDS: (i128, i128) = (-62_167_219_200, 253_402_300_799);
const NANOS: i128 = 1_000_000_000;

/// A time outside of the years 0 to 9999 is written as the first or the last second of them.
#[derive(Clone, Copy)]
pub(crate) struct Rfc3339(pub(crate) SystemTime);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A duration has at most 2^64 seconds.
        let nanos = match self.0.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        };
        let (first, last) = SECONDS;
        let nanos = nanos.clamp(first * NANOS, last * NANOS);
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| fmt::Error)?;
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second) = at.to_hms();
        let ms = at.millisecond();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
        )
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

pub(crate) fn time<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    Rfc3339(*time).serialize(to)
}

pub(crate) fn optional_time<S: Serializer>(
    time: &Option<SystemTime>,
    to: S,
) -> Result<S::Ok, S::Error> {
    time.map(Rfc3339).serialize(to)
}

// ===== durations =====

/// More milliseconds than a `u64` has become the largest number.
fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn ms<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    whole_ms(*duration).serialize(to)
}

pub(crate) fn optional_ms<S: Serializer>(
    duration: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    duration.map(whole_ms).serialize(to)
}

// ===== names with numbers =====

/// A map of the time of each stage.
pub(crate) fn stages_ms<K: Serialize, S: Serializer>(
    stages: &[(K, Duration)],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(
        stages
            .iter()
            .map(|(stage, elapsed)| (stage, whole_ms(*elapsed))),
    )
}

/// A map of the counters. Of two with the same name, the first counts.
pub(crate) fn counters<K: Serialize + PartialEq, S: Serializer>(
    counters: &[(K, u64)],
    to: S,
) -> Result<S::Ok, S::Error> {
    let is_first = |at: usize, name: &K| counters[..at].iter().all(|(other, _)| other != name);
    let first = counters.iter().enumerate();
    let first = first.filter(|(at, (name, _))| is_first(*at, name));
    to.collect_map(first.map(|(_, (name, count))| (name, count)))
}

/// The number of lost events, as a field.
pub(crate) fn lost<S: Serializer>(lost: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map([("lost", lost)])
}

// ===== texts =====

pub(crate) fn text<T: Deref<Target = str>, S: Serializer>(
    text: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

pub(crate) fn optional_text<T: Deref<Target = str>, S: Serializer>(
    text: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(to)
}

/// As `Display` writes it, for logs.
impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

// ===== errors =====

/// The name of the source is the field `file`, also if it is a key or a URL.
#[derive(Serialize)]
struct Place<'l> {
    file: Option<&'l str>,
    line: Option<u64>,
    column: Option<u64>,
    path: Option<&'l str>,
}

impl<'l> Place<'l> {
    fn of(location: Option<&'l Location>) -> Self {
        let line_and_column = location.and_then(Location::line_and_column);
        Self {
            file: location.map(Location::name),
            line: line_and_column.map(|(line, _)| line),
            column: line_and_column.map(|(_, column)| column),
            path: location.and_then(Location::key_path),
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Place::of(Some(self)).serialize(to)
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'e> {
            kind: ErrorKind,
            message: &'e str,
            #[serde(flatten)]
            place: Place<'e>,
            revision: Option<&'e Revision>,
            causes: Vec<String>,
        }
        let form = Form {
            kind: self.kind(),
            message: self.message(),
            place: Place::of(self.location()),
            revision: self.revision(),
            causes: self.causes(),
        };
        form.serialize(to)
    }
}

#[cfg(test)]
mod tests;
