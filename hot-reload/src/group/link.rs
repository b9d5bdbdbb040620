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

/// The state of a member after its last load.
#[derive(Debug, Clone)]
pub(crate) struct MemberState {
    /// The generation of its newest value.
    pub(crate) generation: Option<Generation>,
    /// Whether that value replaces the content of the source: the default of a removal policy, or the restored value of an
    /// earlier run.
    pub(crate) is_fallback: bool,
    /// The outcome of the last load, if it was not good.
    pub(crate) trouble: Option<Outcome>,
}

impl MemberState {
    /// Whether the group can use the member's value: the content of its source, or the value of a policy of the member.
    pub(crate) fn is_able(&self) -> bool {
        let is_usable = match &self.trouble {
            None
            | Some(
                Outcome::Published { .. } | Outcome::Unchanged | Outcome::Missing | Outcome::Held,
            ) => true,
            Some(Outcome::Rejected { .. } | Outcome::Failed { .. }) => self.is_fallback,
        };
        self.generation.is_some() && is_usable
    }

    /// Why the member is away. `None` if it is not.
    pub(crate) fn refusal(&self) -> Option<Outcome> {
        let failed = |kind, text: &str| {
            let error = Error::new(kind, text);
            Outcome::Failed { error }
        };
        if self.is_able() {
            return None;
        }
        Some(match &self.trouble {
            Some(Outcome::Missing) => failed(ErrorKind::NotFound, "does not exist"),
            Some(refusal @ (Outcome::Rejected { .. } | Outcome::Failed { .. })) => refusal.clone(),
            None | Some(Outcome::Published { .. } | Outcome::Unchanged | Outcome::Held) => {
                failed(ErrorKind::Unavailable, "there is no value yet")
            }
        })
    }
}

/// Notifies the group of a member of each change of its state.
#[derive(Default)]
pub(crate) struct GroupLink {
    reported: Mutex<Reported>,
    version: AtomicU64,
}

#[derive(Default)]
struct Reported {
    is_member: bool,
    group: Option<HintSender>,
    /// The generation at the last change of the version.
    generation: Option<Generation>,
    is_fallback: bool,
    trouble: Option<Outcome>,
}

impl GroupLink {
    /// Makes the service a member, and sets the sender that notifies the group.
    pub(crate) fn join(&self, group: Option<HintSender>) {
        let before = {
            let mut reported = self.reported();
            reported.is_member = true;
            mem::replace(&mut reported.group, group)
        };
        drop(before);
    }

    /// Whether the service is a member, so that only a group reads its values.
    pub(crate) fn is_member(&self) -> bool {
        self.reported().is_member
    }

    /// The number of changes of the state.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Notifies the group if this state differs from the one before.
    pub(crate) fn notify(&self, state: MemberState) {
        let MemberState {
            generation,
            is_fallback,
            trouble,
        } = state;
        let (group, before) = {
            let mut reported = self.reported();
            if reported.generation == generation
                && reported.is_fallback == is_fallback
                && match (&reported.trouble, &trouble) {
                    (Some(before), Some(now)) => before.is_same_report(now),
                    (before, now) => before.is_none() && now.is_none(),
                }
            {
                return;
            }
            reported.generation = generation;
            reported.is_fallback = is_fallback;
            let before = mem::replace(&mut reported.trouble, trouble);
            self.version.fetch_add(1, Ordering::Release);
            (reported.group.clone(), before)
        };
        // Dropped outside the lock: an error may hold the user's values, and their `Drop` may run any code.
        discard(before);
        if let Some(group) = group {
            group.hint();
        }
    }

    fn reported(&self) -> MutexGuard<'_, Reported> {
        lock(&self.reported)
    }
}
