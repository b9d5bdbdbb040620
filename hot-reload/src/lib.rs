#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The traits of sources.
mod participant;
mod reload;
mod watch;

// The handles of an application.
mod compat;
#[cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
pub mod group;
#[cfg(feature = "last-good")]
mod last_good;
pub mod live;
// A new outcome, event or state must be a compile error wherever it matters.
#[cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
mod service;

// The handles of programs without a runtime.
#[cfg(feature = "blocking")]
pub mod blocking;

// The endpoints for operators, and the extractor of a web framework.
#[cfg(feature = "admin")]
pub mod admin;
#[cfg(feature = "axum")]
pub mod axum;

// Operations: the log of decisions, metrics, signals and the service manager.
#[cfg(feature = "audit")]
pub mod audit;
#[cfg(any(feature = "metrics", feature = "prometheus"))]
mod measure;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(all(feature = "signal", unix))]
pub mod signal;
#[cfg(all(feature = "systemd", target_os = "linux"))]
pub mod systemd;

// The built-in sources.
pub mod source;

// Certificates, keys and client authorities. The comparison of two values.
#[cfg(feature = "diff")]
pub mod diff;
#[cfg(feature = "rustls")]
pub mod tls;

// The one-line way in.
#[cfg(all(
    feature = "file",
    any(feature = "json", feature = "toml", feature = "yaml")
))]
mod open;

// Helpers for tests of applications.
#[cfg(feature = "test-util")]
pub mod testing;

// The vocabulary.
pub mod error;
#[cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
pub mod event;
mod generation;
mod plan;
mod receipt;
mod revision;
mod snapshot;
pub mod status;

mod backoff;
mod clock;
mod hints;
mod locks;
mod panics;
mod runtime;
#[cfg(any(
    feature = "diff",
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
mod scope;
mod secret;
#[cfg(feature = "serde")]
mod serialize;

// Long documentation.
#[cfg(any(doc, doctest))]
pub mod docs;

pub use async_trait::async_trait;

#[cfg(feature = "file-reloader")]
pub use crate::compat::file_reloader;
#[cfg(feature = "file-reloader")]
pub use crate::compat::file_reloader::{AsyncFileLoad, FileReloader};
pub use crate::compat::{ReloaderConfig, ReloaderReceiver, ReloaderSender, WatchStrategy};
pub use crate::error::opaque::Error;
pub use crate::error::reloader::{ReloadResult, ReloaderError};
pub use crate::event::kind::Event;
pub use crate::event::outcome::Outcome;
pub use crate::group::coordinator::Coordinator;
pub use crate::live::changes::Changes;
pub use crate::live::guard::Guard;
pub use crate::live::handle::Live;
#[cfg(all(
    feature = "file",
    any(feature = "json", feature = "toml", feature = "yaml")
))]
pub use crate::open::open;
pub use crate::participant::Participant;
pub use crate::plan::Plan;
pub use crate::receipt::Receipt;
pub use crate::reload::{Loaded, Reload};
pub use crate::revision::Revision;
pub use crate::service::{Builder, Control, Registry, ReloaderService, Target};
pub use crate::service::{admission, policy};
pub use crate::snapshot::{Generation, Snapshot};
pub use crate::status::service::Status;
pub use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchEvent};
