//! [`Notifier`]: reloads on SIGHUP, and notifies systemd where it has started the program.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use hot_reload::Registry;
use server_lib::Shutdown;
use tokio::sync::Notify;

/// Reloads all services at each SIGHUP.
pub(crate) struct Notifier {
    #[cfg(target_os = "linux")]
    systemd: hot_reload::systemd::Notifier,
    #[cfg(all(unix, not(target_os = "linux")))]
    _hangups: hot_reload::signal::ReloadOnHangup,
}

impl Notifier {
    /// Installs the handler. Before that, [`Signals`](crate::signals::Signals) catches SIGHUP without an effect, because the
    /// first load is still to come.
    ///
    /// # Errors
    ///
    /// If the system refuses the handler.
    pub(crate) fn start(registry: &Registry) -> io::Result<Self> {
        let _ = registry;
        Ok(Self {
            #[cfg(target_os = "linux")]
            systemd: hot_reload::systemd::Notifier::start(registry)?,
            #[cfg(all(unix, not(target_os = "linux")))]
            _hangups: hot_reload::signal::reload_on_hangup(registry)?,
        })
    }

    /// Runs the server. Notifies systemd once it listens, and when it stops.
    pub(crate) async fn follow<R>(
        self,
        server: impl Future<Output = R>,
        listening: Arc<Notify>,
        shutdown: Shutdown,
    ) -> R {
        let mut server = pin!(server);
        tokio::select! {
            ended = &mut server => return ended,
            () = listening.notified() => self.ready(),
            () = shutdown.stopped() => {}
        }
        tokio::select! {
            ended = &mut server => return ended,
            () = shutdown.stopped() => self.stopping(),
        }
        server.await
    }

    fn ready(&self) {
        #[cfg(target_os = "linux")]
        self.systemd.ready();
    }

    fn stopping(self) {
        #[cfg(target_os = "linux")]
        self.systemd.stopping();
    }
}
