//! The surface of release 0.3.6, over the same engine.

#[cfg(feature = "file-reloader")]
pub mod file_reloader;
