//! The watch on the files of a source: the events of the system, and their reliability.
//!
//! ```text
//! source ─▶ subscription ─▶ open_watch ─ walk ─▶ hub (one per process)
//!                               ▲                  │ events
//!                               └──── activity ◀───┘ ─▶ hint
//! ```

pub(crate) mod activity;
pub(crate) mod counters;
pub(crate) mod event;
pub(crate) mod file_events;
mod gaps;
#[cfg(feature = "file-reloader")]
pub(crate) mod handle;
pub(crate) mod hub;
mod never_closed;
pub(crate) mod open_watch;
pub(crate) mod options;
pub(crate) mod profile;
pub(crate) mod subscription;
mod track;
mod walk;
pub(crate) mod writes;
pub(crate) mod writing;
