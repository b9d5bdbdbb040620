//! The engine: keeps a value in step with its source.
//!
//! ```text
//!   builder, ReloaderService ─▶ driver ─▶ machine    when to load (pure)
//!                                 │ └───▶ pipeline   runs a load
//!   Control ─▶ inbox ─────────────┘ └───▶ record     status, events, log
//! ```

pub mod admission;
pub(crate) mod boundary;
pub(crate) mod builder;
mod commands;
pub(crate) mod control;
mod driver;
pub(crate) mod feed;
mod flight;
mod machine;
pub(crate) mod pipeline;
pub mod policy;
mod record;
mod registry;
mod reloader_service;
pub(crate) mod settings;
pub(crate) mod shared;
mod target;
mod token;

pub use self::builder::Builder;
pub use self::control::Control;
pub use self::flight::Explanation;
pub use self::record::observer::Observer;
pub use self::registry::Registry;
#[cfg(any(feature = "metrics", feature = "prometheus"))]
pub(crate) use self::registry::WeakRegistry;
pub use self::reloader_service::ReloaderService;
pub use self::shared::request::Requester;
pub use self::target::Target;
