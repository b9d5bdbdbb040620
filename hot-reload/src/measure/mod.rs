//! The metrics of a service: one [table] of names for all exporters, and the [`samples()`] of a service.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod samples;
mod table;

#[cfg(feature = "prometheus")]
pub(crate) use self::samples::Sample;
pub(crate) use self::samples::{has_duration, samples};
#[cfg(feature = "prometheus")]
pub(crate) use self::table::INFO;
pub(crate) use self::table::{ALL, Kind, Metric, RELOAD_DURATION, RELOADS, TARGET};
