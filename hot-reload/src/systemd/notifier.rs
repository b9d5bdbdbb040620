//! [`Notifier`]: notifies systemd, with one task for reloads and one for the status line and the watchdog.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::life;
use super::manager::Manager;
use crate::runtime;
use crate::service::Registry;
use crate::signal::{Report, reload_on};

/// Notifies systemd of readiness and of reloads on SIGHUP, and sends watchdog keep-alives, for all services of a registry. The
/// [module](crate::systemd) lists the messages.
///
/// Dropping it ends the notifications and the reloads on SIGHUP.
#[derive(Debug)]
#[must_use = "dropping it ends the notifications"]
pub struct Notifier {
    manager: Arc<Manager>,
    tasks: [JoinHandle<()>; 2],
}

impl Notifier {
    /// Starts with the socket and the watchdog that systemd gives in the environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and
    /// `WATCHDOG_PID`. Without them, there are no notifications.
    ///
    /// The handler of SIGHUP is installed when this returns. Call it before anything that takes time, because an earlier SIGHUP
    /// ends the process.
    ///
    /// # Errors
    ///
    /// The system refuses the handler.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or in one without I/O and time.
    #[track_caller]
    pub fn start(registry: &Registry) -> io::Result<Self> {
        runtime::require("systemd::Notifier::start");
        let socket = std::env::var_os("NOTIFY_SOCKET").map(PathBuf::from);
        Self::begin(registry, socket, sd_notify::watchdog_enabled())
    }

    /// Starts with this socket and this watchdog timeout, for tests and other service managers. A path that begins with `@` is an
    /// abstract one.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[track_caller]
    pub fn start_at(
        registry: &Registry,
        socket: impl Into<PathBuf>,
        watchdog: Option<Duration>,
    ) -> io::Result<Self> {
        runtime::require("systemd::Notifier::start_at");
        Self::begin(registry, Some(socket.into()), watchdog)
    }

    fn begin(
        registry: &Registry,
        socket: Option<PathBuf>,
        watchdog: Option<Duration>,
    ) -> io::Result<Self> {
        let manager = Arc::new(Manager::new(registry, socket));
        let reloads = reload_on(registry, Reloads(Arc::clone(&manager)))?;
        let changed = manager.changed();
        registry.on_event(move |_| changed.notify_one());
        let life = runtime::spawn(life::run(Arc::clone(&manager), watchdog));
        Ok(Self {
            manager,
            tasks: [reloads, life],
        })
    }

    /// Notifies systemd that the program is ready: `READY=1`. Call it once the services have their first values and the listeners
    /// are bound. A further call has no effect.
    pub fn ready(&self) {
        self.manager.ready();
    }

    /// Notifies systemd that the program stops: `STOPPING=1`. Nothing follows. Call it before the services are stopped.
    pub fn stopping(self) {
        self.manager.stopping();
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Notifies systemd of reloads.
struct Reloads(Arc<Manager>);

impl Report for Reloads {
    fn begins(&self) {
        self.0.reloading();
    }

    fn has_ended(&self) {
        self.0.reloaded();
    }
}
