//! The metrics of a service: one [table] of names for all exporters, and the [`samples()`] of a status.

mod samples;
mod table;

pub(crate) use self::samples::{Sample, samples};
pub(crate) use self::table::{ALL, INFO, Kind, Metric, RELOAD_DURATION, RELOADS, TARGET};
