//! [`Membership`]: what keeps the hub of the process alive.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{FileEvents, Hub};
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::watch::activity::{Activity, Token};

/// A subscriber's place in the hub of the process. Dropping it gives up all that was armed, and ends a hub that nobody
/// else uses.
pub(crate) struct Membership {
    hub: Arc<Hub>,
    events: FileEvents,
    subscriber: Token,
}

impl Membership {
    /// Joins the hub, and starts it if there is none, if it has failed, or if it is another process's.
    ///
    /// # Errors
    ///
    /// The system has no watcher left.
    pub(crate) fn join(events: FileEvents, activity: &Arc<Activity>) -> Result<Self, Error> {
        let hub = {
            let mut slot = lock(events.slot());
            let hub = match slot.as_ref().filter(|hub| !hub.is_lost()) {
                Some(hub) => Arc::clone(hub),
                None => {
                    let hub = Arc::new(Hub::start(events)?);
                    // What nobody uses any more goes with the slot, unless it was never ours to end.
                    if let Some(before) = slot.replace(Arc::clone(&hub)) {
                        before.leave_alone_if_inherited();
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
        // It told those who were there when it failed.
        if membership.hub.table.has_failed() {
            let text = "the watcher of files has just ended";
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

    /// Whether the watcher behind it has failed, so that no hint can come any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.hub.is_lost()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.leave(self.subscriber);
        let last = {
            let mut slot = lock(self.events.slot());
            let last = self.hub.users.fetch_sub(1, Ordering::Relaxed) == 1;
            if last {
                slot.take_if(|hub| Arc::ptr_eq(hub, &self.hub));
            }
            last
        };
        // Not under the lock: the thread may be telling somebody who drops its own watch right now.
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
