#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What a source implements.
mod reload;
mod watch;

// What release 0.3.6 had.
#[cfg(feature = "file-reloader")]
mod compat;

// What comes in the box.
pub mod source;

// What they speak.
pub mod error;
pub mod event;
mod revision;
mod snapshot;

pub use async_trait::async_trait;

#[cfg(feature = "file-reloader")]
pub use crate::compat::file_reloader;
#[cfg(feature = "file-reloader")]
pub use crate::compat::file_reloader::{AsyncFileLoad, FileReloader};
pub use crate::error::{Error, ErrorKind, ReloadResult, ReloaderError, Result};
pub use crate::event::{DataState, Event, LinkState, Outcome, Stage, Trigger};
pub use crate::reload::{Loaded, Reload};
pub use crate::revision::Revision;
pub use crate::snapshot::{Generation, Snapshot};
pub use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchEvent, WatchProfile};
