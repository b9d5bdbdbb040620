#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The traits of sources.
mod participant;
mod reload;
mod watch;

// The handles of an application.
mod compat;
mod group;
#[cfg(feature = "last-good")]
mod last_good;
mod live;
mod service;

// The built-in sources.
pub mod source;

// The comparison of two values.
#[cfg(feature = "diff")]
pub mod diff;

// Helpers for tests of applications.
#[cfg(feature = "test-util")]
pub mod testing;

// The vocabulary.
pub mod error;
pub mod event;
mod generation;
mod receipt;
mod revision;
mod snapshot;
mod status;

mod backoff;
mod clock;
mod hints;
mod locks;
mod panics;
#[cfg(any(feature = "diff", feature = "json", feature = "toml", feature = "yaml"))]
mod scope;
mod secret;

// Long documentation.
#[cfg(any(doc, doctest))]
pub mod docs;

pub use async_trait::async_trait;

#[cfg(feature = "file-reloader")]
pub use crate::compat::file_reloader;
#[cfg(feature = "file-reloader")]
pub use crate::compat::file_reloader::{AsyncFileLoad, FileReloader};
pub use crate::compat::{ReloaderConfig, ReloaderReceiver, ReloaderSender, WatchStrategy};
pub use crate::error::{Error, ErrorKind, ReloadResult, ReloaderError};
pub use crate::event::{
    DataState, Event, EventKind, HoldReason, Outcome, Stage, Trigger, WatchState,
};
pub use crate::group::{
    Coordinator, GroupSnapshot, MemberKey, MemberOf, MemberValue, MemberVersion, Members, WhenAway,
};
#[cfg(feature = "last-good")]
pub use crate::last_good::{LastGood, Restored};
pub use crate::live::{
    Callback, Changes, Guard, Live, PartChanges, PartSnapshot, Projection, Reader, Retained,
};
pub use crate::participant::Participant;
pub use crate::receipt::{Receipt, Vote};
pub use crate::reload::{Loaded, Reload};
pub use crate::revision::Revision;
pub use crate::service::{
    Builder, Control, Cycle, Divergence, Events, Explanation, Observer, Probation, Registry,
    ReloaderService, RemovalPolicy, Requester, Retired, ShrinkGuard, Target, VersionGuard,
};
pub use crate::snapshot::{Generation, Snapshot};
pub use crate::status::{Attempt, Counters, Degradation, Hold, SourceStatus, Status};
pub use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchEvent, WatchProfile};
