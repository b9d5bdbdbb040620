//! Reloads all services of a registry on SIGHUP: [`reload_on_hangup`]. Unix only.
//!
//! ```no_run
//! use hot_reload::{Registry, signal};
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     // First of all: until now, SIGHUP ends the process.
//!     let services = Registry::new();
//!     let _hangups = signal::reload_on_hangup(&services)?;
//!
//!     // Then start the services, each with `.register(&services)`, and serve.
//!     Ok(())
//! }
//! ```
//!
//! - A signal reloads all services that are registered at that time, with the trigger `signal`. Like any reload, it keeps the last
//!   good value if the source is bad, and ends no hold.
//! - Signals during a reload lead to exactly one more, as do signals in the tenth of a second after it. So the number of loads is
//!   bounded however many signals arrive, and the last state of the sources is loaded.
//! - Each reload is one line in the log, with the outcome of each service: at INFO if all are good, else at WARN. Each service also
//!   reports its own load as an [event](crate::event::EventKind::Load) with the trigger `signal`.
//! - A reload ends when its slowest service has loaded. Every load has a deadline.

mod hangups;
mod line;

use std::io;

use tokio::task::JoinHandle;

#[cfg(all(feature = "systemd", target_os = "linux"))]
pub(crate) use self::hangups::Report;
pub(crate) use self::hangups::reload_on;
use crate::service::Registry;

/// Reloads all services of this registry at each SIGHUP, while the returned value exists.
///
/// The handler is installed when this returns. Call it before anything that takes time, because an earlier SIGHUP ends the
/// process.
///
/// # Errors
///
/// The system refuses the handler.
///
/// # Panics
///
/// Outside of a tokio runtime, or in one without I/O and time.
#[track_caller]
pub fn reload_on_hangup(registry: &Registry) -> io::Result<ReloadOnHangup> {
    crate::runtime::require("signal::reload_on_hangup");
    reload_on(registry, ()).map(ReloadOnHangup)
}

/// Reloads services on SIGHUP while it exists: from [`reload_on_hangup`].
///
/// After it is dropped, SIGHUP has no effect: the process does not get the default action back.
#[derive(Debug)]
#[must_use = "dropping it ends the reloads on SIGHUP"]
pub struct ReloadOnHangup(JoinHandle<()>);

impl Drop for ReloadOnHangup {
    fn drop(&mut self) {
        self.0.abort();
    }
}
