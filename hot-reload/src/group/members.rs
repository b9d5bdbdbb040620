//! [`Members`]: the members of a group as the source of its values.

use std::any::Any;
use std::sync::{Arc, Mutex};
use std::{fmt, mem};

use futures_util::future::{BoxFuture, join_all};
use tokio::task::yield_now;

use super::away::{refusal, trouble};
use super::reading::{Reading, refresh};
use super::roster::{Broken, Roster, Running};
use super::snapshot::{GroupSnapshot, Slots};
use super::when_away::WhenAway;
use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Trigger};
use crate::hints::{HintSender, Subscription};
use crate::locks::lock;
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::service::feed::{Fault, Feed, LoadRequest};
use crate::status::{Hold, SourceStatus};
use crate::watch::RealtimeWatchHandle;

/// The source of a group: its members. [`Coordinator::into_builder`](crate::Coordinator::into_builder) returns a
/// [`Builder`](crate::Builder) of this type. It has no other use.
pub struct Members<C = GroupSnapshot> {
    pub(super) roster: Arc<Roster>,
    assembly: Assembly<C>,
    pending: Mutex<Vec<PendingMember>>,
    /// Keeps the members running.
    keeps: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
    /// The last read state of each member.
    readings: Mutex<Vec<Reading>>,
}

/// How the values of the members become the value of the group.
pub(super) struct Assembly<C> {
    pub(super) assemble: Assemble<C>,
    /// Whether there is no value of the group while a member is absent, whatever its policy is.
    pub(super) needs_all: bool,
}

/// `None` if a member is absent.
pub(super) type Assemble<C> = Box<dyn Fn(GroupSnapshot) -> Option<C> + Send + Sync>;

/// A member that does not run yet. The function starts it, and gets the sender that notifies the group.
pub(super) type PendingMember = Box<dyn FnOnce(Option<HintSender>) -> Begun + Send>;

/// A running member, its owner, and the end of its first load.
pub(super) struct Begun {
    pub(super) running: Box<dyn Running>,
    pub(super) keep: Arc<dyn Any + Send + Sync>,
    pub(super) first_load: BoxFuture<'static, ()>,
}

impl<C> Members<C> {
    pub(super) fn new(roster: Roster, pending: Vec<PendingMember>, assembly: Assembly<C>) -> Self {
        Self {
            roster: Arc::new(roster),
            assembly,
            pending: Mutex::new(pending),
            keeps: Mutex::default(),
            readings: Mutex::default(),
        }
    }

    /// Loads the members that the trigger asks for.
    async fn load_members(&self, request: LoadRequest) {
        if !self.roster.has_begun() {
            // Members begin with the group's first load, so that they see everything changed before its request.
            join_all(self.begin()).await;
            return;
        }
        if request.resume {
            let members = self.roster.running().iter();
            join_all(members.map(|member| member.resume())).await;
            return;
        }
        let trigger = match request.trigger {
            Trigger::Startup | Trigger::Resync => Trigger::Resync,
            Trigger::Manual | Trigger::Signal | Trigger::Http => request.trigger,
            // The members have loaded already, so the group only assembles their values.
            Trigger::Watch | Trigger::Interval | Trigger::Retry | Trigger::Rollback => return,
        };
        let loads = self.roster.running().iter();
        join_all(loads.map(|member| member.reload(trigger))).await;
    }

    /// Starts the members. Returns the ends of their first loads.
    fn begin(&self) -> Vec<BoxFuture<'static, ()>> {
        let pending = mem::take(&mut *lock(&self.pending));
        let mut first_loads = Vec::new();
        self.roster.begin(|group| {
            let names = self.roster.names.names.iter();
            let start = |(name, start): (&String, PendingMember)| -> Box<dyn Running> {
                match Broken::unless(name, || start(group.cloned())) {
                    Ok(begun) => {
                        lock(&self.keeps).push(begun.keep);
                        first_loads.push(begun.first_load);
                        begun.running
                    }
                    Err(broken) => Box::new(broken),
                }
            };
            names.zip(pending).map(start).collect()
        });
        first_loads
    }

    /// Assembles the newest values of all members, unless a member that is away holds the group.
    async fn assemble(&self, seen: Option<&Revision>) -> Result<Loaded<C>, Fault> {
        for _ in 0..ROUNDS {
            if !self.refresh() {
                break;
            }
            yield_now().await;
        }
        let (slots, away) = self.offers();
        if let Some(outcome) = refusal(&self.roster, &away) {
            return Err(Fault::Inside(outcome));
        }
        let revision = revision(&slots);
        if seen == Some(&revision) {
            return Ok(Loaded::Unchanged);
        }
        let snapshot = GroupSnapshot::new(Arc::clone(&self.roster.names), slots);
        match (self.assembly.assemble)(snapshot) {
            Some(value) => Ok(Loaded::Value {
                value,
                revision: Some(revision),
            }),
            None => Err(Error::new(ErrorKind::Unavailable, "a member has no value yet").into()),
        }
    }

    /// The newest values, and the members that hold the group because they are away.
    fn offers(&self) -> (Slots, Vec<(usize, Outcome)>) {
        let readings = lock(&self.readings);
        let mut away = Vec::new();
        for (place, (policy, reading)) in self.roster.policies.iter().zip(&*readings).enumerate() {
            let is_needed = self.assembly.needs_all && reading.slot.is_none();
            if (*policy == WhenAway::Hold || is_needed)
                && let Some(outcome) = reading.member_state.refusal()
            {
                away.push((place, outcome));
            }
        }
        let slots = readings.iter().map(|reading| reading.slot.clone());
        (slots.collect(), away)
    }

    /// Reads the members whose state has changed. Returns whether there was one: the others may have changed meanwhile.
    fn refresh(&self) -> bool {
        let mut before = Vec::new();
        let moved = refresh(
            self.roster.running(),
            &mut lock(&self.readings),
            &mut before,
        );
        // Dropped without the lock, because values of the user go with it.
        drop(before);
        moved
    }
}

impl<C: Send + Sync> Feed<C> for Members<C> {
    fn load<'a>(
        &'a self,
        seen: Option<&'a Revision>,
        request: LoadRequest,
    ) -> BoxFuture<'a, Result<Loaded<C>, Fault>>
    where
        C: 'a,
    {
        Box::pin(async move {
            self.load_members(request).await;
            self.assemble(seen).await
        })
    }

    fn plan<'a>(&'a self, _: Option<&'a Revision>) -> BoxFuture<'a, Result<Loaded<C>, Fault>>
    where
        C: 'a,
    {
        let text = "a group cannot be planned, because its members load on their own";
        let error = Error::new(ErrorKind::Misconfigured, text);
        Box::pin(async { Err(error.into()) })
    }

    fn watch_hints<'a>(
        &'a self,
        hints: HintSender,
    ) -> BoxFuture<'a, Result<Option<Subscription>, Error>>
    where
        C: 'a,
    {
        Box::pin(async move {
            self.roster.set_group(Some(&hints));
            Ok(Some(Subscription::new(NotifyGroup(Arc::clone(
                &self.roster,
            )))))
        })
    }

    fn watch<'a>(&'a self) -> BoxFuture<'a, Result<RealtimeWatchHandle<C>, Error>>
    where
        C: 'a,
    {
        // Never called, because there are hints.
        let error = Error::new(
            ErrorKind::Misconfigured,
            "a group is watched by hints alone",
        );
        Box::pin(async { Err(error) })
    }

    fn status(&self) -> Option<SourceStatus> {
        let _ = self.refresh();
        let mut status = SourceStatus::default();
        let names = self.roster.names.names.iter();
        for (name, reading) in names.zip(&*lock(&self.readings)) {
            status.degraded.extend(trouble(name, &reading.member_state));
        }
        let members = self.roster.running().iter();
        let sources = members.filter_map(|member| member.status().source_status);
        status.certificate_expiry = sources.filter_map(|source| source.certificate_expiry).min();
        Some(status)
    }

    fn hold(&self) -> Option<Hold> {
        // Uses the last readings, so that unchanged members are not read.
        let held = |reading: &Reading| {
            let trouble = reading.member_state.trouble.as_ref();
            trouble.is_some_and(Outcome::is_held)
        };
        let place = lock(&self.readings).iter().position(held)?;
        let hold = self.roster.running().get(place)?.status().hold?;
        let message = format!("{}: {}", self.roster.names.names[place], hold.message);
        Some(Hold { message, ..hold })
    }

    fn finish(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let members = self.roster.running().iter();
            join_all(members.map(|member| member.stop())).await;
            let kept = mem::take(&mut *lock(&self.keeps));
            drop(kept);
        })
    }
}

impl<C> fmt::Debug for Members<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Members")
            .field(&self.roster.names.names)
            .finish()
    }
}

/// Keeps the members notifying the group. Dropping it ends that.
struct NotifyGroup(Arc<Roster>);

impl Drop for NotifyGroup {
    fn drop(&mut self) {
        self.0.set_group(None);
    }
}

/// The version vector as one token.
fn revision(slots: &Slots) -> Revision {
    let mut bytes = Vec::with_capacity(size_of::<u64>() * slots.len());
    for slot in slots.iter() {
        // No value has the number zero.
        let number = slot.as_ref().map_or(0, |slot| slot.generation.get());
        bytes.extend(number.to_be_bytes());
    }
    Revision::new(bytes)
}

/// How often members that keep publishing are read again. After that, the last read values are used: each is good, and the hint
/// of a newer one has been sent.
const ROUNDS: u32 = 32;
