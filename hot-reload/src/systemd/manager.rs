//! [`Manager`]: sends messages to the service manager, and remembers the state that it last reported.

use std::fmt::{self, Write};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sd_notify::NotifyState::{self, Ready, Reloading, Status, Stopping, Watchdog};
use tokio::sync::Notify;
use tracing::warn;

use super::text::text;
use crate::locks::lock;
use crate::service::Registry;

/// The connection to the service manager, and the state that was last reported.
pub(super) struct Manager {
    pub(super) registry: Registry,
    socket: Option<PathBuf>,
    /// Locked while a message is sent, so that messages arrive in the order of the changes.
    known: Mutex<Known>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Known {
    phase: Phase,
    status: String,
    /// Whether the last message failed. Only the first failure in a row is logged.
    is_failing: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Starting,
    Ready,
    Reloading,
    Stopping,
}

impl Manager {
    pub(super) fn new(registry: &Registry, socket: Option<PathBuf>) -> Self {
        Self {
            registry: registry.clone(),
            socket,
            known: Mutex::default(),
            changed: Arc::default(),
        }
    }

    /// Is notified when a service may have changed.
    pub(super) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    pub(super) fn ready(&self) {
        self.become_ready(Phase::Starting);
    }

    pub(super) fn reloaded(&self) {
        self.become_ready(Phase::Reloading);
    }

    /// Notifies of readiness, if the program is in the phase `from`.
    fn become_ready(&self, from: Phase) {
        let text = self.text();
        let mut known = lock(&self.known);
        if known.phase == from {
            known.phase = Phase::Ready;
            self.send(&mut known, &[Ready, Status(&text)]);
            known.status = text;
        }
    }

    /// Notifies of a reload. systemd refuses the message without the time.
    pub(super) fn reloading(&self) {
        let mut known = lock(&self.known);
        if known.phase != Phase::Ready {
            return;
        }
        match NotifyState::monotonic_usec_now() {
            Ok(time) => {
                known.phase = Phase::Reloading;
                known.status = "reloading".to_owned();
                self.send(&mut known, &[Reloading, time, Status("reloading")]);
            }
            Err(error) => {
                warn!(target: "hot_reload", "systemd gets no message of the reload: the monotonic clock cannot be read: {error}");
            }
        }
    }

    /// Sends the status if it has changed, unless a message with it will follow.
    pub(super) fn update(&self) {
        let text = self.text();
        let mut known = lock(&self.known);
        if known.phase == Phase::Ready && known.status != text {
            self.send(&mut known, &[Status(&text)]);
            known.status = text;
        }
    }

    pub(super) fn alive(&self) {
        let mut known = lock(&self.known);
        match known.phase {
            Phase::Ready | Phase::Reloading => self.send(&mut known, &[Watchdog]),
            Phase::Starting | Phase::Stopping => {}
        }
    }

    pub(super) fn stopping(&self) {
        let mut known = lock(&self.known);
        known.phase = Phase::Stopping;
        self.send(&mut known, &[Stopping, Status("stopping")]);
    }

    fn text(&self) -> String {
        let targets = self.registry.targets();
        text(targets.iter().map(|target| target.status()))
    }

    /// Sends all states in one message.
    fn send(&self, known: &mut Known, states: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else {
            return;
        };
        let mut message = String::new();
        for state in states {
            // Writing to a string does not fail.
            let _ = writeln!(message, "{state}");
        }
        let sent = send(socket, &message);
        if let Err(error) = &sent
            && !known.is_failing
        {
            let socket = socket.display();
            warn!(target: "hot_reload", "systemd cannot be notified by {socket}: {error}");
        }
        known.is_failing = sent.is_err();
    }
}

fn send(path: &Path, message: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    // A manager that hangs must not hang this program.
    socket.set_write_timeout(Some(PATIENCE))?;
    match path.as_os_str().as_bytes().strip_prefix(b"@") {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        None => socket.connect(path)?,
    }
    socket.send(message.as_bytes()).map(drop)
}

/// The longest wait for room in the socket.
const PATIENCE: Duration = Duration::from_secs(1);

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("socket", &self.socket)
            .field("known", &*lock(&self.known))
            .finish_non_exhaustive()
    }
}
