//! [`MemberHooks`]: adapters that run a member's hooks at group level.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all, ready};

use super::changes::MemberChanges;
use super::guards::MemberGuards;
use super::member::MemberValue;
use super::participants::MemberParticipant;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::service::builder::Builder;
use crate::service::pipeline::prepare::Participants;
use crate::service::policy::changes::Compare;
use crate::service::policy::keeper::{Keeper, Kept};
use crate::service::policy::restart::{NeedsRestart, RestartCheck};
use crate::snapshot::{Generation, Snapshot};

/// The hooks of a member that act on visible values, moved to the group.
pub(crate) struct MemberHooks<V> {
    pub(crate) participants: Participants<V>,
    pub(crate) saving: Option<Arc<dyn Keeper<V>>>,
    pub(crate) restarts: Option<Arc<dyn RestartCheck<V>>>,
    pub(crate) changes: Option<Arc<dyn Compare<V>>>,
    pub(crate) admission: MemberGuards<V>,
    pub(crate) grace: Duration,
}

/// Finds the member in a value of the group.
pub(crate) type FindMember<C, V> = Arc<dyn Fn(&C) -> Option<&MemberValue<V>> + Send + Sync>;

/// Finds the member's value in a value of the group.
type FindValue<C, V> = Arc<dyn Fn(&C) -> Option<Snapshot<V>> + Send + Sync>;

impl<V: Send + Sync + 'static> MemberHooks<V> {
    /// The keeper that stays with the member: it restores, and saves nothing.
    pub(crate) fn restoring(keeper: Arc<dyn Keeper<V>>) -> Arc<dyn Keeper<V>> {
        Arc::new(Restoring(keeper))
    }

    /// The check that stays with the member: it refuses what the group would refuse, so that the error names the member.
    pub(crate) fn admitting(restarts: Arc<dyn RestartCheck<V>>) -> Arc<dyn RestartCheck<V>> {
        Arc::new(Admitting(restarts))
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Moves the hooks out of a member, whose values become visible only through its group.
    pub(crate) fn take_hooks(&mut self) -> MemberHooks<V> {
        let deadline = self.participants.deadline;
        let participants = mem::replace(&mut self.participants, Participants::none(deadline));
        // No reader sees the values of a member, so a rollback of one would change nothing.
        self.probation = None;
        self.history = 0;
        let saving = self.keeper.take();
        self.keeper = saving.clone().map(MemberHooks::restoring);
        let restarts = self.validators.restarts.take();
        self.validators.restarts = restarts.clone().map(MemberHooks::admitting);
        let (admission, left) = MemberGuards::split(mem::take(&mut self.admission));
        self.admission = left;
        MemberHooks {
            participants,
            saving,
            restarts,
            changes: self.changes.take(),
            admission,
            grace: mem::take(&mut self.retirement.grace),
        }
    }
}

impl<T, C, S> Builder<T, C, S>
where
    C: Send + Sync + 'static,
{
    /// Runs the hooks of this member for the group.
    pub(crate) fn adopt<V: Send + Sync + 'static>(
        &mut self,
        name: &str,
        hooks: MemberHooks<V>,
        find: &FindMember<C, V>,
    ) {
        let member = Arc::clone(find);
        let loan = move |group: &C| Some(member(group)?.loan());
        let member = Arc::clone(find);
        let value: FindValue<C, V> = Arc::new(move |group| Some(member(group)?.snapshot().clone()));
        let member = Arc::clone(find);
        // A fallback is no value of the member's source.
        let good: FindValue<C, V> = Arc::new(move |group| {
            let member = member(group).filter(|member| !member.is_fallback())?;
            Some(member.snapshot().clone())
        });
        let accepted = Arc::clone(&good);
        let admission = hooks
            .admission
            .for_group(loan, move |group| accepted(group));
        self.admission.extend(admission);
        let Participants { list, deadline } = hooks.participants;
        if !list.is_empty() {
            self.participants.deadline = self.participants.deadline.max(deadline);
        }
        for participant in list {
            self.participants.list.push(Box::new(MemberParticipant {
                name: format!("{name}/{}", participant.name()),
                participant,
                deadline,
                find: Arc::clone(&value),
                in_use: Mutex::new(None),
            }));
        }
        if let Some(keeper) = hooks.saving {
            let saving = Saving {
                name: name.to_owned(),
                keeper,
                find: good,
                saved: Arc::default(),
            };
            let before = self.keeper.take();
            self.keeper = Some(Arc::new(Both(before, saving)));
        }
        if let Some(compare) = hooks.changes {
            self.changes = Some(Arc::new(MemberChanges {
                before: self.changes.take(),
                name: name.to_owned(),
                compare,
                find: Arc::clone(&value),
            }));
        }
        if let Some(restarts) = hooks.restarts {
            self.validators.restarts = Some(Arc::new(Restarting {
                before: self.validators.restarts.take(),
                name: name.to_owned(),
                restarts,
                find: value,
                known: Mutex::new(None),
            }));
        }
        // The grace begins when the group replaces the value, so all values of a snapshot are kept for the longest grace.
        self.retirement.grace = self.retirement.grace.max(hooks.grace);
    }
}

/// A member's keeper in the group: it saves each published value once.
struct Saving<C, V> {
    name: String,
    keeper: Arc<dyn Keeper<V>>,
    find: FindValue<C, V>,
    saved: Arc<Mutex<Option<Generation>>>,
}

impl<C, V: Send + Sync + 'static> Saving<C, V> {
    fn save(&self, group: &C) -> BoxFuture<'static, Result<(), Error>> {
        let saved = *lock(&self.saved);
        let value = (self.find)(group);
        let Some(value) = value.filter(|value| Some(value.generation()) != saved) else {
            return Box::pin(ready(Ok(())));
        };
        let (name, saved) = (self.name.clone(), Arc::clone(&self.saved));
        let generation = value.generation();
        let save = self.keeper.save(value);
        Box::pin(async move {
            let result = save.await;
            if result.is_ok() {
                *lock(&saved) = Some(generation);
            }
            result.map_err(|error| Error::new(error.kind(), format!("{name}: {error}")))
        })
    }
}

/// The keepers of several members, as a list.
struct Both<C, V>(Option<Arc<dyn Keeper<C>>>, Saving<C, V>);

impl<C: Send + Sync + 'static, V: Send + Sync + 'static> Keeper<C> for Both<C, V> {
    fn save(&self, snapshot: Snapshot<C>) -> BoxFuture<'static, Result<(), Error>> {
        let own = self.1.save(&snapshot);
        let before = self.0.as_ref().map(|before| before.save(snapshot));
        let all = before.into_iter().chain([own]);
        let saves = join_all(all);
        Box::pin(async move {
            let failures = saves.await.into_iter().filter_map(Result::err);
            let failures: Vec<_> = failures.map(|failure| failure.to_string()).collect();
            if failures.is_empty() {
                return Ok(());
            }
            Err(Error::new(ErrorKind::Unavailable, failures.join("; ")))
        })
    }

    fn restore(&self) -> BoxFuture<'static, Result<Option<Kept<C>>, Error>> {
        // Each member has restored its own.
        Box::pin(ready(Ok(None)))
    }
}

/// A keeper that only restores.
struct Restoring<V>(Arc<dyn Keeper<V>>);

impl<V: Send + Sync + 'static> Keeper<V> for Restoring<V> {
    fn save(&self, _: Snapshot<V>) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(ready(Ok(())))
    }

    fn restore(&self) -> BoxFuture<'static, Result<Option<Kept<V>>, Error>> {
        self.0.restore()
    }
}

/// A check that only admits: the group knows the value that the process started with.
struct Admitting<V>(Arc<dyn RestartCheck<V>>);

impl<V: Send + Sync> RestartCheck<V> for Admitting<V> {
    fn admit(&self, candidate: &V) -> Result<(), Error> {
        self.0.admit(candidate)
    }

    fn visible(&self, _: &V) -> Result<NeedsRestart, Error> {
        Ok(NeedsRestart::default())
    }
}

/// The checks of several members, as a list.
struct Restarting<C, V> {
    before: Option<Arc<dyn RestartCheck<C>>>,
    name: String,
    restarts: Arc<dyn RestartCheck<V>>,
    find: FindValue<C, V>,
    /// The pending changes of the visible value.
    known: Mutex<Option<(Generation, NeedsRestart)>>,
}

impl<C, V> Restarting<C, V> {
    /// The pending changes of this value, if they are known.
    fn known(&self, value: &Snapshot<V>) -> Option<NeedsRestart> {
        let known = lock(&self.known);
        let (generation, waits) = known.as_ref()?;
        (*generation == value.generation()).then(|| waits.clone())
    }

    fn named(&self, error: &Error) -> Error {
        Error::new(error.kind(), format!("{}: {error}", self.name))
    }
}

impl<C: Send + Sync, V: Send + Sync> RestartCheck<C> for Restarting<C, V> {
    fn admit(&self, candidate: &C) -> Result<(), Error> {
        let before = self.before.as_ref();
        let before = before.map_or(Ok(()), |before| before.admit(candidate));
        // The visible value was admitted already.
        let value = (self.find)(candidate).filter(|value| self.known(value).is_none());
        let own = value.map_or(Ok(()), |value| self.restarts.admit(&value));
        match (before, own.map_err(|error| self.named(&error))) {
            // Both problems are reported.
            (Err(one), Err(other)) => Err(Error::new(one.kind(), format!("{one}; {other}"))),
            (before, own) => before.and(own),
        }
    }

    fn visible(&self, value: &C) -> Result<NeedsRestart, Error> {
        let before = self.before.as_ref().map(|before| before.visible(value));
        let Some(value) = (self.find)(value) else {
            return before.unwrap_or_else(|| Ok(NeedsRestart::default()));
        };
        let own = match self.known(&value) {
            Some(known) => Ok(known),
            None => self.find_out(&value),
        };
        let (mut all, own) = (before.transpose()?.unwrap_or_default(), own?);
        all.paths.extend(own.paths);
        all.unknown.extend(own.unknown);
        if !all.text.is_empty() && !own.text.is_empty() {
            all.text.push_str("; ");
        }
        all.text.push_str(&own.text);
        Ok(all)
    }
}

impl<C, V> Restarting<C, V> {
    fn find_out(&self, value: &Snapshot<V>) -> Result<NeedsRestart, Error> {
        let name = &self.name;
        let waits = self.restarts.visible(value).map_err(|e| self.named(&e))?;
        let named = |texts: Vec<String>| -> Vec<_> {
            let texts = texts.into_iter();
            texts.map(|text| format!("{name}: {text}")).collect()
        };
        let waits = NeedsRestart {
            paths: named(waits.paths),
            text: match &*waits.text {
                "" => String::new(),
                text => format!("{name}: {text}"),
            },
            unknown: named(waits.unknown),
        };
        // A declared path that does not exist is reported once.
        let known = NeedsRestart {
            unknown: Vec::new(),
            ..waits.clone()
        };
        *lock(&self.known) = Some((value.generation(), known));
        Ok(waits)
    }
}
