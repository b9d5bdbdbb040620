//! The watch on the files of a source: what the system reports about them, and how far that can be believed.
//!
//! ```text
//! source ─▶ subscription ─ walk ─▶ hub (one per process) ─▶ activity ─▶ hint
//! ```

pub(crate) mod activity;
pub(crate) mod counters;
pub(crate) mod gaps;
#[cfg(feature = "file-reloader")]
pub(crate) mod handle;
pub(crate) mod hub;
pub(crate) mod never_closed;
pub(crate) mod subscription;
pub(crate) mod tier;
pub(crate) mod track;
pub(crate) mod walk;
pub(crate) mod writes;
pub(crate) mod writing;
