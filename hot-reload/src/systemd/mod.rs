//! Notifies systemd of readiness and of reloads, and sends watchdog keep-alives: [`Notifier`]. Linux only.
//!
//! ```no_run
//! use hot_reload::{Registry, systemd};
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     // First of all: until now, SIGHUP ends the process.
//!     let services = Registry::new();
//!     let notifier = systemd::Notifier::start(&services)?;
//!
//!     // Then start the services, each with `.register(&services)`, and bind the listeners.
//!     notifier.ready();
//!
//!     // Serve until SIGTERM.
//!     notifier.stopping();
//!     services.stop_all().await;
//!     Ok(())
//! }
//! ```
//!
//! Outside of systemd, only the reloads on SIGHUP remain.
//!
//! # Messages
//!
//! | when | message |
//! |---|---|
//! | [`ready`](Notifier::ready) | `READY=1`, and `STATUS=` with the generation of each service |
//! | SIGHUP | `RELOADING=1`, `MONOTONIC_USEC=` and `STATUS=reloading`, in one datagram |
//! | the end of the reload | `READY=1`, and `STATUS=` with the generations or the refusal |
//! | a service changes otherwise | `STATUS=` |
//! | half of `WatchdogSec=` | `WATCHDOG=1`, if the task of each service answers |
//! | [`stopping`](Notifier::stopping) | `STOPPING=1` |
//!
//! The protocol has no message for a reload that failed. So `systemctl reload` succeeds even if the new content is rejected; the
//! status line and the log have the reason, and the last good value stays.
//!
//! # Units
//!
//! For systemd 253 and later:
//!
//! ```ini
//! [Service]
//! Type=notify-reload
//! ExecStart=/usr/bin/myapp
//! WatchdogSec=30
//! ```
//!
//! For earlier versions:
//!
//! ```ini
//! [Service]
//! Type=notify
//! ExecStart=/usr/bin/myapp
//! ExecReload=/bin/kill -HUP $MAINPID
//! WatchdogSec=30
//! ```
//!
//! # Watchdog
//!
//! A keep-alive is sent only if the task of every registered service has answered a request since the one before. A load does
//! not delay the answer, even if its source hangs. Code of the application that blocks the task delays it: a decoder, a validator
//! or an observer in an endless loop. Then systemd restarts the program after `WatchdogSec=`.
//!
//! A service that stops or has stopped need not answer. After the last service has stopped, no keep-alive follows, so call
//! [`stopping`](Notifier::stopping) before that. A registered [`ReloaderService`](crate::ReloaderService) answers only while the
//! future of its `start` is polled: without it, no keep-alive is sent.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod life;
mod manager;
mod notifier;
mod text;

pub use self::notifier::Notifier;
