//! [`Roster`]: the members of a group, and access to those that run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use futures_util::future::{BoxFuture, ready};

use super::member::MemberKey;
use super::snapshot::{Names, Slot};
use super::when_away::WhenAway;
use crate::error::Error;
use crate::event::{Outcome, Stage, Trigger};
use crate::group::link::MemberState;
use crate::hints::HintSender;
use crate::locks::lock;
use crate::panics::panicked;
use crate::service::control::Control;
use crate::status::Status;

/// It keeps no member running.
pub(super) struct Roster {
    pub(super) names: Arc<Names>,
    pub(super) policies: Vec<WhenAway>,
    running: OnceLock<Vec<Box<dyn Running>>>,
    /// Notifies the group of new values of its members.
    group: Mutex<Option<HintSender>>,
}

impl Roster {
    pub(super) fn new(names: Arc<Names>, policies: Vec<WhenAway>) -> Self {
        Self {
            names,
            policies,
            running: OnceLock::new(),
            group: Mutex::new(None),
        }
    }

    /// The running members: all, or none before the start.
    pub(super) fn running(&self) -> &[Box<dyn Running>] {
        self.running.get().map_or(&[], Vec::as_slice)
    }

    /// Starts all members, unless they run. `start` gets the sender that notifies the group.
    pub(super) fn begin(&self, start: impl FnOnce(Option<&HintSender>) -> Vec<Box<dyn Running>>) {
        self.running.get_or_init(|| {
            let group = self.group().clone();
            start(group.as_ref())
        });
    }

    pub(super) fn has_begun(&self) -> bool {
        self.running.get().is_some()
    }

    /// Sets the sender that notifies the group of new values.
    pub(super) fn set_group(&self, group: Option<&HintSender>) {
        let before = std::mem::replace(&mut *self.group(), group.cloned());
        drop(before);
        for member in self.running() {
            member.set_group(group.cloned());
        }
    }

    pub(super) fn status<V>(&self, member: MemberKey<V>) -> Option<Status> {
        let is_ours = member.group == self.names.group;
        is_ours.then(|| self.status_at(member.place)).flatten()
    }

    pub(super) fn status_at(&self, place: usize) -> Option<Status> {
        let name = self.names.names.get(place)?;
        let running = self.running().get(place);
        Some(running.map_or_else(
            || Status::new(name.clone(), None),
            |running| running.status(),
        ))
    }

    fn group(&self) -> MutexGuard<'_, Option<HintSender>> {
        lock(&self.group)
    }
}

/// A member that runs, whatever its value is.
pub(super) trait Running: Send + Sync {
    fn status(&self) -> Status;

    fn member_state(&self) -> MemberState;

    /// A number that changes whenever its state changes.
    fn version(&self) -> u64;

    /// Its newest value.
    fn slot(&self, is_fallback: bool) -> Option<Arc<Slot>>;

    /// Loads the source of the member, and waits for the end.
    fn reload(&self, trigger: Trigger) -> BoxFuture<'_, ()>;

    /// Ends all holds of the member and loads its source, and waits for the end.
    fn resume(&self) -> BoxFuture<'_, ()>;

    fn set_group(&self, group: Option<HintSender>);

    fn stop(&self) -> BoxFuture<'_, ()>;
}

impl<V: Send + Sync + 'static> Running for Control<V> {
    fn status(&self) -> Status {
        self.status()
    }

    fn member_state(&self) -> MemberState {
        self.member_state()
    }

    fn version(&self) -> u64 {
        self.version()
    }

    fn slot(&self, is_fallback: bool) -> Option<Arc<Slot>> {
        Some(Slot::of(self.lend()?, is_fallback))
    }

    fn resume(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let _ = self.resume().await;
        })
    }

    fn reload(&self, trigger: Trigger) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // The outcome is in the state.
            let _ = self.request(trigger).await;
        })
    }

    fn set_group(&self, group: Option<HintSender>) {
        self.set_group(group);
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.stop())
    }
}

/// A member whose source panicked when it was to be started.
pub(super) struct Broken {
    name: String,
    error: Error,
}

impl Broken {
    /// Returns the result of `start`, or the panic as a broken member.
    pub(super) fn unless<R>(name: &str, start: impl FnOnce() -> R) -> Result<R, Self> {
        catch_unwind(AssertUnwindSafe(start)).map_err(|panic| Self {
            name: name.to_owned(),
            error: panicked(Stage::Load, panic.as_ref()),
        })
    }
}

impl Running for Broken {
    fn status(&self) -> Status {
        let mut status = Status::new(self.name.clone(), None);
        status.last_error = Some(self.error.clone());
        status.stopped = true;
        status
    }

    fn member_state(&self) -> MemberState {
        MemberState {
            generation: None,
            is_fallback: false,
            trouble: Some(Outcome::Failed {
                error: self.error.clone(),
            }),
        }
    }

    fn version(&self) -> u64 {
        0
    }

    fn slot(&self, _: bool) -> Option<Arc<Slot>> {
        None
    }

    fn resume(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn reload(&self, _: Trigger) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn set_group(&self, _: Option<HintSender>) {}

    fn stop(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}
