//! [`Shared`]: the state that the task, the handles and the controls of a service share.

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
use crate::group::link::{GroupLink, MemberState};
use crate::live::Publisher;
use crate::locks::lock;
use crate::panics::discard;
use crate::snapshot::Snapshot;
use crate::status::{Hold, Status};

/// See the [module documentation](self). It does not keep the service running; an [`Owner`] does.
pub(crate) struct Shared<V> {
    pub(crate) publisher: Publisher<V>,
    /// How values are freed that were replaced.
    pub(crate) retirement: Arc<Retirement<V>>,
    /// The channel of the compatible receivers, until the service ends.
    mirror: Mutex<Option<Mirror<V>>>,
    pub(crate) inbox: Inbox,
    status: Mutex<Status>,
    pub(crate) flight: Flight,
    /// Also has the names of the service and of its source.
    pub(crate) observers: Arc<Observers>,
    /// Whether observers are called by the task only, and not by the caller of a command. True on the engine's thread.
    pub(crate) only_task_notifies: bool,
    gate: Mutex<Gate<V>>,
    /// The hold inside of the source, if the source is a group.
    inner_hold: Mutex<Option<Box<Hold>>>,
    /// Locked after the gate, if both are.
    history: Mutex<History<V>>,
    /// Notifies the group, if the service is a member of one.
    pub(crate) group_link: GroupLink,
    /// The members, if the source is made of other services. `Control` uses it.
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

impl<V> Shared<V> {
    /// `history` is the number of replaced values to keep.
    pub(crate) fn new(
        status: Status,
        mirror: Option<Mirror<V>>,
        retirement: Retirement<V>,
        history: usize,
        flight: Flight,
    ) -> Self {
        let name: Arc<str> = status.name.as_str().into();
        let source: Option<Arc<str>> = status.source.as_deref().map(Arc::from);
        let observers = Arc::new(Observers::of_service(name, source));
        Self {
            publisher: Publisher::of_service(observers.clone()),
            retirement: Arc::new(retirement),
            mirror: Mutex::new(mirror),
            inbox: Inbox::default(),
            status: Mutex::new(status),
            flight,
            observers,
            only_task_notifies: false,
            gate: Mutex::new(Gate::new()),
            inner_hold: Mutex::new(None),
            history: Mutex::new(History::new(history)),
            group_link: GroupLink::default(),
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
        let name = &*self.observers.target;
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

    /// The names of the service and of its source, for log lines. The source's is absent if it adds nothing.
    pub(crate) fn names(&self) -> (&str, Option<&str>) {
        let source = self.observers.source.as_deref();
        (
            &self.observers.target,
            source.filter(|source| *source != &*self.observers.target),
        )
    }

    pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
        lock(&self.status)
    }

    /// Notifies observers and readers of events; makes the event only if there are some. Must not be called under a lock of this
    /// service.
    pub(crate) fn notify(&self, kind: impl FnOnce() -> EventKind) {
        self.enqueue(kind);
        self.observers.deliver();
    }

    /// Delivers the event of a command.
    pub(crate) fn deliver(&self) {
        if self.only_task_notifies {
            self.inbox.request_delivery();
        } else {
            self.observers.deliver();
        }
    }

    /// Adds an event for the next delivery. May be called under the lock that decides the order of events.
    pub(crate) fn enqueue(&self, kind: impl FnOnce() -> EventKind) {
        self.observers.enqueue(|| {
            let current = self.publisher.current();
            Event {
                target: Arc::clone(&self.observers.target),
                source: self.observers.source.clone(),
                at: time_of_day(),
                generation: current.as_ref().map(Snapshot::generation),
                value_revision: current.as_ref().and_then(Snapshot::value_revision).cloned(),
                kind: kind(),
            }
        });
    }

    /// Adds an observer. After the end, an added observer is never notified, and is dropped at once: if it holds a handle of the
    /// service, neither would be freed otherwise.
    pub(crate) fn observe(&self, observer: Arc<dyn Observer>) {
        self.observers.add(Arc::clone(&observer));
        // An end after this line drops all observers.
        if self.status().stopped {
            self.observers.remove(&observer);
        }
        discard(observer);
    }

    /// The present hold.
    pub(crate) fn hold(&self) -> Option<Hold> {
        let hold = self.gate().hold();
        hold.or_else(|| lock(&self.inner_hold).as_deref().cloned())
    }

    /// Sets the hold inside of the source, if the source is a group.
    pub(crate) fn note_inner_hold(&self, hold: Option<Hold>) {
        *lock(&self.inner_hold) = hold.map(Box::new);
    }

    /// The gate. Locked while a value is published.
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

    /// Ends all holds and frees the history: no rollback can follow.
    pub(crate) fn release_holds(&self) {
        self.close();
        self.note_inner_hold(None);
        let kept = self.history().clear();
        let rolled_back = self.gate().clear_hold();
        discard((kept, rolled_back));
    }

    /// The service has ended: notifies everybody, once.
    pub(crate) fn end(&self) {
        self.close();
        self.inbox.end();
        if !self.note_end() {
            return;
        }
        self.notify_group();
        self.release_holds();
        self.retirement.free(self.publisher.stop());
        self.notify(|| EventKind::Stopped);
        let name = &*self.observers.target;
        info!(target: "hot_reload", name, "stopped");
        // Dropped without the lock, because values of the user go with it.
        let mirror = lock(&self.mirror).take();
        drop(mirror);
    }

    /// Writes the end into the status. Returns whether it was not there yet.
    fn note_end(&self) -> bool {
        let newest = self.publisher.current();
        let newest = newest.map(|newest| newest.generation());
        let mut status = self.status();
        if status.generation != newest {
            // The stop came while the participants committed, so no end of a load has written this value into the status.
            status.generation = newest;
            status.counters.published += 1;
            status.last_published = Some(time_of_day());
            if status.data == DataState::None {
                status.set_data(DataState::Fresh, time_of_day());
            }
        }
        !mem::replace(&mut status.stopped, true)
    }
}

impl<V> Shared<V> {
    /// Whether only a group reads the values of the service.
    pub(crate) fn is_member(&self) -> bool {
        self.group_link.is_member()
    }

    /// Notifies the group, if there is one and there is something new. The status is written already.
    pub(crate) fn notify_group(&self) {
        if self.group_link.is_member() {
            self.group_link.notify(self.member_state());
        }
    }

    /// The state of the service as a member of a group.
    pub(crate) fn member_state(&self) -> MemberState {
        // A failure from before a writer began lasts while the source waits for the writer.
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
        MemberState {
            generation: status.generation,
            is_fallback: status.data == DataState::Restored,
            trouble,
        }
    }
}

impl<V> fmt::Debug for Shared<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("status", &*self.status())
            .finish_non_exhaustive()
    }
}

/// Ends the service when it is dropped. The task of a service owns it, so it is also dropped when the runtime ends. The
/// compatible service, which runs in the futures of its caller, owns its own.
pub(crate) struct Ending<V>(pub(crate) Arc<Shared<V>>);

impl<V> Drop for Ending<V> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Keeps a service running. When the last owner is dropped, the service stops.
pub(crate) struct Owner<V>(pub(crate) Arc<Shared<V>>);

impl<V> Drop for Owner<V> {
    fn drop(&mut self) {
        self.0.inbox.stop();
    }
}
