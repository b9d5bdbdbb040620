//! The engine, and [`ReloaderService`], which is a source joined with it.
//!
//! ```text
//!   builder, ReloaderService ─▶ driver ─▶ machine    when to look (pure)
//!                                 │ └───▶ pipeline   what a look does
//!   Control ─▶ inbox ─────────────┘ └───▶ record     status, events, log
//! ```

pub(crate) mod admission;
pub(crate) mod boundary;
pub(crate) mod builder;
pub(crate) mod control;
mod driver;
pub(crate) mod feed;
mod flight;
mod machine;
pub(crate) mod pipeline;
pub(crate) mod policy;
mod record;
mod reloader_service;
pub(crate) mod settings;
pub(crate) mod shared;

pub use self::admission::{Fence, ShrinkGuard};
pub use self::builder::Builder;
pub use self::control::{Control, Events};
pub use self::flight::{Cycle, Divergence, Explanation};
pub use self::policy::probation::Probation;
pub use self::policy::removal::RemovalPolicy;
pub use self::policy::retire::Retired;
pub use self::reloader_service::ReloaderService;
