//! [`Signals`]: the signal handlers of the process.
//!
//! `main` installs them first, and a thread serves them, so that work on the runtime never delays a signal. Signals that
//! arrive before the thread runs are kept.

use std::io;
use std::sync::Arc;

use server_lib::Shutdown;

use crate::logs::Logs;

/// The installed handlers.
pub(crate) struct Signals(#[cfg(unix)] signal_hook::iterator::Signals);

#[cfg(unix)]
impl Signals {
    /// Installs the handlers.
    ///
    /// # Errors
    ///
    /// If the system has no descriptor left.
    pub(crate) fn catch() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
        // SIGXFSZ is caught so that a log file at its size limit gives a write error. Rust already ignores SIGPIPE.
        signal_hook::iterator::Signals::new([
            SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGXFSZ,
        ])
        .map(Self)
    }

    /// Gives the signals their usual effects again, for a command.
    ///
    /// # Errors
    ///
    /// If the system refuses it.
    pub(crate) fn release() -> io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            signal_hook::flag::register_conditional_default(signal, Arc::new(true.into()))?;
        }
        Ok(())
    }

    /// Starts the thread: SIGTERM and SIGINT stop the server, and a second one ends the process at once. SIGHUP has no effect
    /// here: the [`Notifier`](crate::notifier::Notifier) has a handler of its own.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub(crate) fn follow(self, shutdown: Shutdown, logs: Arc<Logs>) -> io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
        use tracing::{debug, info};

        let Self(mut signals) = self;
        let follow = move || {
            let mut stopping = false;
            let mut reported = Vec::new();
            for signal in signals.forever() {
                match signal {
                    SIGTERM | SIGINT if stopping => {
                        logs.finish();
                        std::process::exit(0);
                    }
                    SIGTERM | SIGINT => {
                        stopping = true;
                        shutdown.stop();
                    }
                    SIGHUP | SIGXFSZ => {}
                    other => {
                        let name = signal_hook::low_level::signal_name(other).unwrap_or("signal");
                        if reported.contains(&other) {
                            debug!("{name} ignored");
                        } else {
                            reported.push(other);
                            info!(
                                "{name} ignored; SIGTERM stops the server, SIGHUP reloads its configuration"
                            );
                        }
                    }
                }
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(follow)
            .map(drop)
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self())
    }

    pub(crate) fn release() -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn follow(self, shutdown: Shutdown, logs: Arc<Logs>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let follow = move || {
            runtime.block_on(async {
                let _ = tokio::signal::ctrl_c().await;
                shutdown.stop();
                let _ = tokio::signal::ctrl_c().await;
                logs.finish();
                std::process::exit(0);
            });
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(follow)
            .map(drop)
    }
}
