//! [`Membership`]: the place of a source in the hub of the process, which keeps the hub running.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::state::Hub;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::Token;
use crate::source::file::watch::file_events::FileEvents;

/// A source's place in the hub of the process. Dropping it releases all that was armed, and ends a hub that has no other
/// user.
pub(crate) struct Membership {
    hub: Arc<Hub>,
    events: FileEvents,
    subscriber: Token,
}

/// The running hub of one kind of events, if there is one.
type Slot = Mutex<Option<Arc<Hub>>>;

pub(super) static NATIVE: Slot = Mutex::new(None);
#[cfg(feature = "notify")]
static NOTIFY: Slot = Mutex::new(None);

fn slot(events: FileEvents) -> &'static Slot {
    match events {
        FileEvents::Native => &NATIVE,
        #[cfg(feature = "notify")]
        FileEvents::Notify => &NOTIFY,
    }
}

impl Membership {
    /// Joins the hub. Starts one if there is none, if it has failed, or if it belongs to another process.
    ///
    /// # Errors
    ///
    /// The system has no watcher left.
    pub(crate) fn join(events: FileEvents, activity: &Arc<Activity>) -> Result<Self, Error> {
        let hub = {
            let mut slot = lock(slot(events));
            let hub = match slot.as_ref().filter(|hub| !hub.is_lost()) {
                Some(hub) => Arc::clone(hub),
                None => {
                    let hub = Arc::new(Hub::start(events)?);
                    // A hub without users is dropped with the slot, but one of the parent's is forgotten.
                    if let Some(before) = slot.replace(Arc::clone(&hub)) {
                        before.forget_if_inherited();
                    }
                    hub
                }
            };
            hub.users.fetch_add(1, Ordering::Relaxed);
            hub
        };
        let subscriber = hub.enter(activity);
        let membership = Self {
            hub,
            events,
            subscriber,
        };
        // A failure notifies only the sources that had joined before.
        if membership.hub.table.has_failed() {
            let text = "the file watcher has just ended";
            return Err(Error::new(ErrorKind::Unavailable, text));
        }
        Ok(membership)
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    pub(crate) fn subscriber(&self) -> Token {
        self.subscriber
    }

    /// Whether no hint can come any more, because the watcher has failed or belongs to the parent process.
    pub(crate) fn is_lost(&self) -> bool {
        self.hub.is_lost()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.leave(self.subscriber);
        let last = {
            let mut slot = lock(slot(self.events));
            let last = self.hub.users.fetch_sub(1, Ordering::Relaxed) == 1;
            if last {
                slot.take_if(|hub| Arc::ptr_eq(hub, &self.hub));
            }
            last
        };
        // Without the lock, because the thread may be notifying a source that drops its own watch right now.
        if last {
            self.hub.stop();
        }
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
