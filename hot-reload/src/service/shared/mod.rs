//! [`Board`]: what the engine's task, the handles and the controls share.

pub(crate) mod gate;
pub(crate) mod history;
pub(crate) mod inbox;
pub(crate) mod request;

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::{fmt, mem};

use tokio::task::JoinHandle;
use tracing::{info, warn};

use self::gate::Gate;
use self::history::History;
use self::inbox::Inbox;
use super::flight::Flight;
use super::policy::retire::Retirement;
use super::record::observer::{Observer, Observers};
use crate::clock::time_of_day;
use crate::compat::ReloaderSender;
use crate::error::{Error, ErrorKind};
use crate::event::{DataState, Event, EventKind, Outcome};
use crate::group::link::{Standing, Upward};
use crate::live::Publisher;
use crate::locks::lock;
use crate::panics::discard;
use crate::status::{Hold, Status};

/// See the [module documentation](self). It does not keep the service running; an [`Owner`] does.
pub(crate) struct Board<V> {
    pub(crate) publisher: Publisher<V>,
    /// How values are freed that were replaced.
    pub(crate) retirement: Arc<Retirement<V>>,
    /// The channel of the compatible receivers, until the service ends.
    mirror: Mutex<Option<Mirror<V>>>,
    pub(crate) inbox: Inbox,
    status: Mutex<Status>,
    pub(crate) flight: Flight,
    /// The name of the service, as in its status.
    pub(crate) name: Arc<str>,
    /// The name of the source, as in the status.
    pub(crate) source: Option<Arc<str>>,
    pub(crate) observers: Observers,
    gate: Mutex<Gate<V>>,
    /// What is held back inside of the source, if that is made of other services.
    inner_hold: Mutex<Option<Box<Hold>>>,
    /// Locked after the gate, if both are.
    history: Mutex<History<V>>,
    /// The way to the group that the service is a member of, if it is.
    pub(crate) upward: Upward,
    /// What the source is made of, if it is made of other services: for whoever holds the control.
    pub(crate) inside: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// Held by the engine's task.
    running: tokio::sync::Mutex<()>,
    /// The engine's task, if it is the service's own.
    pub(crate) task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

/// The compatible channel, and how a value is copied into it.
pub(crate) struct Mirror<V> {
    pub(crate) sender: Arc<ReloaderSender<V>>,
    pub(crate) copy: fn(&V) -> V,
}

impl<V> Board<V> {
    /// `history` is how many values of before are kept.
    pub(crate) fn new(
        status: Status,
        mirror: Option<Mirror<V>>,
        retirement: Retirement<V>,
        history: usize,
        flight: Flight,
    ) -> Self {
        let name = status.name.as_str().into();
        let source = status.source.as_deref().map(Arc::from);
        Self {
            publisher: Publisher::new(),
            retirement: Arc::new(retirement),
            mirror: Mutex::new(mirror),
            inbox: Inbox::default(),
            status: Mutex::new(status),
            flight,
            name,
            source,
            observers: Observers::default(),
            gate: Mutex::new(Gate::new()),
            inner_hold: Mutex::new(None),
            history: Mutex::new(History::new(history)),
            upward: Upward::default(),
            inside: OnceLock::new(),
            running: tokio::sync::Mutex::new(()),
            task: tokio::sync::Mutex::new(None),
        }
    }

    /// Waits until no other run of this service is under way.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        if let Ok(turn) = self.running.try_lock() {
            return turn;
        }
        let name = self.status().name.clone();
        warn!(target: "hot_reload", name, "started twice: the second run waits for the end of the first");
        self.running.lock().await
    }

    /// The compatible channel, unless there is none or the service has ended.
    pub(crate) fn mirror(&self) -> Option<Mirror<V>> {
        lock(&self.mirror).as_ref().map(|mirror| Mirror {
            sender: Arc::clone(&mirror.sender),
            copy: mirror.copy,
        })
    }

    pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
        lock(&self.status)
    }

    /// Notifies observers and readers of events; makes the event only if there are some. Must not be called under a lock of this service.
    pub(crate) fn tell(&self, kind: impl FnOnce() -> EventKind) {
        self.observers.notify(|| Event {
            target: Arc::clone(&self.name),
            source: self.source.clone(),
            generation: self.publisher.current().map(|now| now.generation()),
            kind: kind(),
        });
    }

    /// Adds an observer. One that is added after the end is never notified.
    pub(crate) fn observe(&self, observer: Arc<dyn Observer>) {
        self.observers.add(observer);
    }

    /// What holds values back now.
    pub(crate) fn hold(&self) -> Option<Hold> {
        let hold = self.gate().hold();
        hold.or_else(|| lock(&self.inner_hold).as_deref().cloned())
    }

    /// What is held back inside of the source, if that is made of other services.
    pub(crate) fn note_inner_hold(&self, hold: Option<Hold>) {
        *lock(&self.inner_hold) = hold.map(Box::new);
    }

    /// Whoever makes something visible holds it meanwhile.
    pub(crate) fn gate(&self) -> MutexGuard<'_, Gate<V>> {
        lock(&self.gate)
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History<V>> {
        lock(&self.history)
    }

    /// From now on nothing becomes visible.
    pub(crate) fn close(&self) {
        self.gate().stop();
    }

    /// Nothing can be brought back any more: what is kept for that is let go.
    pub(crate) fn let_go(&self) {
        self.close();
        self.note_inner_hold(None);
        let kept = self.history().clear();
        let withdrawn = self.gate().believe();
        discard((kept, withdrawn));
    }

    /// The service has ended: everybody is told, once.
    pub(crate) fn end(&self) {
        self.close();
        self.inbox.end();
        if !self.note_end() {
            return;
        }
        self.tell_group();
        self.tell(|| EventKind::Stopped);
        self.observers.clear();
        self.let_go();
        self.retirement.free(self.publisher.stop());
        let name = self.status().name.clone();
        info!(target: "hot_reload", name, "stopped");
        // Not under the lock: what goes with it is the user's.
        let mirror = lock(&self.mirror).take();
        drop(mirror);
    }

    /// Writes the end into the status. Whether that is news.
    fn note_end(&self) -> bool {
        let newest = self.publisher.current();
        let newest = newest.map(|newest| newest.generation());
        let mut status = self.status();
        if status.generation != newest {
            // The end has come while those who take part committed it, and no look has ended that would have told of it.
            status.generation = newest;
            status.counters.published += 1;
            status.last_published = Some(time_of_day());
            if status.data == DataState::None {
                status.data = DataState::Fresh;
            }
        }
        !mem::replace(&mut status.stopped, true)
    }
}

impl<V> Board<V> {
    /// Whether nobody sees what is published but a group.
    pub(crate) fn is_member(&self) -> bool {
        self.upward.is_member()
    }

    /// Notifies the group, if there is one and there is something new. The status is written already.
    pub(crate) fn tell_group(&self) {
        if self.upward.is_member() {
            self.upward.notify(self.standing());
        }
    }

    /// The state of the service as a member of a group.
    pub(crate) fn standing(&self) -> Standing {
        // What was wrong before somebody began to write is still wrong while the writer is waited for.
        let before_waiting = self.gate().before_waiting().cloned();
        let status = self.status();
        let trouble = match &status.last_attempt {
            _ if status.stopped => Some(Outcome::Failed {
                error: Error::new(ErrorKind::Stopped, "the service has stopped"),
            }),
            Some(attempt) if !attempt.outcome.is_current() => {
                let before = before_waiting.filter(|before| !before.is_current());
                Some(before.unwrap_or_else(|| attempt.outcome.clone()))
            }
            _ => None,
        };
        Standing {
            generation: status.generation,
            stands_in: status.data == DataState::Restored,
            trouble,
        }
    }
}

impl<V> fmt::Debug for Board<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board")
            .field("status", &*self.status())
            .finish_non_exhaustive()
    }
}

/// Tells everybody that the service has ended when it is dropped: with the task of a builder's service, also when its
/// runtime ends; with the compatible service itself, in whose futures it runs.
pub(crate) struct Ending<V>(pub(crate) Arc<Board<V>>);

impl<V> Drop for Ending<V> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What keeps a service running: when the last one is dropped, the service stops.
pub(crate) struct Owner<V>(pub(crate) Arc<Board<V>>);

impl<V> Drop for Owner<V> {
    fn drop(&mut self) {
        self.0.inbox.stop();
    }
}
