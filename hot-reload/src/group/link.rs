//! [`GroupLink`]: notifies the group of a member of each change of its state.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::error::{Error, ErrorKind};
use crate::event::Outcome;
use crate::hints::HintSender;
use crate::locks::lock;
use crate::panics::discard;
use crate::snapshot::Generation;

/// How a member is, as its last load has left it.
#[derive(Debug, Clone)]
pub(crate) struct MemberState {
    /// The value that the last load has left.
    pub(crate) generation: Option<Generation>,
    /// Whether that value stands in for what the source should hold: the default of a removal policy, or what was kept of an
    /// earlier run.
    pub(crate) stands_in: bool,
    /// What the last load led to, if it was not good.
    pub(crate) trouble: Option<Outcome>,
}

impl MemberState {
    /// Whether the value is what the member has to offer: what its source holds, or what a policy of its own puts in the
    /// place of that.
    pub(crate) fn is_able(&self) -> bool {
        let by_policy = matches!(&self.trouble, None | Some(Outcome::Missing | Outcome::Held));
        self.generation.is_some() && (by_policy || self.stands_in)
    }

    /// Why there is nothing to be had of it, if there is not.
    pub(crate) fn refusal(&self) -> Option<Outcome> {
        let failed = |kind, text: &str| {
            let error = Error::new(kind, text);
            Outcome::Failed { error }
        };
        match &self.trouble {
            _ if self.is_able() => None,
            Some(Outcome::Missing) => Some(failed(ErrorKind::NotFound, "nothing is there")),
            Some(refusal) if refusal.error().is_some() => Some(refusal.clone()),
            _ => Some(failed(ErrorKind::Unavailable, "there is no value yet")),
        }
    }
}

/// Notifies the group of a member of each change of its state.
#[derive(Default)]
pub(crate) struct GroupLink {
    told: Mutex<Told>,
    version: AtomicU64,
}

#[derive(Default)]
struct Told {
    is_member: bool,
    group: Option<HintSender>,
    /// What the last load had left when the version was counted last.
    generation: Option<Generation>,
    stands_in: bool,
    trouble: Option<Outcome>,
}

impl GroupLink {
    /// Makes the service a member, and sets who is notified of changes.
    pub(crate) fn join(&self, group: Option<HintSender>) {
        let before = {
            let mut told = self.told();
            told.is_member = true;
            mem::replace(&mut told.group, group)
        };
        drop(before);
    }

    /// Whether nobody but a group reads what the service publishes.
    pub(crate) fn is_member(&self) -> bool {
        self.told().is_member
    }

    /// The number of changes of the state so far.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Notifies the group if this state differs from the one before.
    pub(crate) fn notify(&self, state: MemberState) {
        let MemberState {
            generation,
            stands_in,
            trouble,
        } = state;
        let (group, before) = {
            let mut told = self.told();
            if told.generation == generation
                && told.stands_in == stands_in
                && match (&told.trouble, &trouble) {
                    (Some(before), Some(now)) => before.says_the_same(now),
                    (before, now) => before.is_none() && now.is_none(),
                }
            {
                return;
            }
            told.generation = generation;
            told.stands_in = stands_in;
            let before = mem::replace(&mut told.trouble, trouble);
            self.version.fetch_add(1, Ordering::Release);
            (told.group.clone(), before)
        };
        // Dropped outside the lock: an error may hold the user's values, and their `Drop` may run any code.
        discard(before);
        if let Some(group) = group {
            group.hint();
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }
}
