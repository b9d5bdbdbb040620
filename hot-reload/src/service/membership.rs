//! A service as the member of a group: started for it, watched by it, and asked by it.

use std::any::Any;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::board::Board;
use super::builder::{Builder, Mode};
use super::control::Control;
use super::doubt::LentDoubts;
use super::feed::Feed;
use super::lifted::Lifted;
use super::pipeline::Sameness;
use super::prepare::Participants;
use super::settings::{LOAD_DEADLINE, LONGEST, Settings};
use crate::error::{Error, ErrorKind};
use crate::event::{DataState, Outcome};
use crate::hints::HintSender;
use crate::locks::lock;
use crate::panics::discard;
use crate::snapshot::{Generation, Keepsake, Snapshot};
use crate::watch::WatchProfile;

/// A member that runs.
pub(crate) struct Begun<V> {
    /// It does not keep the member running.
    pub(crate) control: Control<V>,
    /// What ends the member when it is dropped.
    pub(crate) keep: Arc<dyn Any + Send + Sync>,
    /// Over when its first look is.
    pub(crate) first_look: BoxFuture<'static, ()>,
}

/// How a member is, as its last look has left it.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// The value that the last look has left.
    pub(crate) generation: Option<Generation>,
    /// Whether that value stands in for what the source should hold: the default of a removal policy, or what was kept of an
    /// earlier run.
    pub(crate) stands_in: bool,
    /// What the last look led to, if it was not good.
    pub(crate) trouble: Option<Outcome>,
}

impl Standing {
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

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// A service over services, which hint at each change of theirs and so need not be polled.
    pub(crate) fn over(feed: T, group: GroupProfile<T>) -> Self
    where
        T: Feed<V>,
    {
        let mode = Mode {
            source_name: |_| None,
            inside: group.inside,
            settings: Settings::realtime,
            profile: group.profile,
            run: |feed, engine, settings| {
                Box::pin(async move { engine.run(settings, &feed).await })
            },
        };
        let builder = Self::with(feed, Sameness::Revision, mode);
        builder.load_deadline(group.patience.max(LOAD_DEADLINE))
    }

    /// Takes out what acts upon a value that becomes visible, because a value of a member does not by itself.
    pub(crate) fn lift(&mut self) -> Lifted<V> {
        let deadline = self.participants.deadline;
        let participants = mem::replace(&mut self.participants, Participants::none(deadline));
        // Nobody could bring back what nobody sees.
        self.probation = None;
        self.history = 0;
        let saving = self.keeper.take();
        self.keeper = saving.clone().map(Lifted::restoring);
        let restarts = self.validators.restarts.take();
        self.validators.restarts = restarts.clone().map(Lifted::admitting);
        let (doubts, left) = LentDoubts::split(mem::take(&mut self.doubts));
        self.doubts = left;
        Lifted {
            participants,
            saving,
            restarts,
            doubts,
            grace: mem::take(&mut self.retirement.grace),
        }
    }

    /// The longest that it is waited for one look: of loading, of restoring what was kept, and of the validators.
    pub(crate) fn longest_look(&self) -> Duration {
        let asking = self.load_deadline.min(LONGEST).saturating_mul(2);
        asking.saturating_add(self.validators.deadline)
    }

    /// Starts the service for the group, which is told of what is new from the first look on.
    pub(crate) fn begin(self, group: Option<HintSender>) -> Begun<V> {
        let first = |control: &Control<V>| {
            control.tell(group);
            control.board().inbox.next_receipt()
        };
        let (_, control, receipt) = self.launch(first);
        let (control, keep) = control.into_parts();
        Begun {
            control,
            keep,
            first_look: Box::pin(async move {
                // An error means that it was stopped before.
                let _ = receipt.await;
            }),
        }
    }
}

/// What a service over services is like.
pub(crate) struct GroupProfile<T> {
    pub(crate) inside: fn(&T) -> Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) profile: fn(&T) -> WatchProfile,
    /// How long all of them together may take for a look.
    pub(crate) patience: Duration,
}

impl<V> Control<V> {
    /// The newest value, which nobody else sees.
    pub(crate) fn lend(&self) -> Option<Loan<V>> {
        let newest = self.board().publisher.current()?;
        Some(Loan {
            value: Keepsake::of(&newest),
            back: Back(Arc::downgrade(self.board())),
        })
    }

    /// How the service is.
    pub(crate) fn standing(&self) -> Standing {
        self.board().standing()
    }

    /// Says who is to be told when the service has something new to offer, or is well or unwell in another way.
    pub(crate) fn tell(&self, group: Option<HintSender>) {
        let before = {
            let mut told = self.board().upward.told();
            told.is_member = true;
            mem::replace(&mut told.group, group)
        };
        drop(before);
    }

    /// The number of what it has to offer: another one whenever its [`Standing`] is another.
    pub(crate) fn version(&self) -> u64 {
        self.board().upward.version.load(Ordering::Acquire)
    }

    /// What the source is made of, if it is made of other services.
    pub(crate) fn inside(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.board().inside.get()
    }
}

/// A value of a member in the hands of its group. To the member nobody reads it who is to be asked after; when the group gives
/// it back, the member sees to it.
pub(crate) struct Loan<V> {
    // In this order: it is given back, and then the member is told.
    value: Keepsake<V>,
    back: Back<V>,
}

/// The way back to the member.
struct Back<V>(Weak<Board<V>>);

impl<V> Loan<V> {
    pub(crate) fn snapshot(&self) -> &Snapshot<V> {
        self.value.snapshot()
    }

    /// The same once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            value: Keepsake::of(self.snapshot()),
            back: Back(Weak::clone(&self.back.0)),
        }
    }
}

impl<V> Drop for Back<V> {
    fn drop(&mut self) {
        if let Some(board) = self.0.upgrade() {
            board.inbox.give_back();
        }
    }
}

/// The way from a member to its group.
#[derive(Default)]
pub(super) struct Upward {
    told: Mutex<Told>,
    version: AtomicU64,
}

#[derive(Default)]
struct Told {
    is_member: bool,
    group: Option<HintSender>,
    /// What the last look had left when the version was counted last.
    generation: Option<Generation>,
    stands_in: bool,
    trouble: Option<Outcome>,
}

impl Upward {
    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }
}

impl<V> Board<V> {
    /// Whether nobody sees what is published but a group.
    pub(super) fn is_member(&self) -> bool {
        self.upward.told().is_member
    }

    /// Tells the group, if there is one and there is something new. The status is written already.
    pub(super) fn tell_group(&self) {
        if !self.upward.told().is_member {
            return;
        }
        let standing = self.standing();
        let trouble = standing.trouble.clone();
        let (group, before) = {
            let mut told = self.upward.told();
            if told.generation == standing.generation
                && told.stands_in == standing.stands_in
                && match (&told.trouble, &trouble) {
                    (Some(before), Some(now)) => before.says_the_same(now),
                    (before, now) => before.is_none() && now.is_none(),
                }
            {
                return;
            }
            told.generation = standing.generation;
            told.stands_in = standing.stands_in;
            let before = mem::replace(&mut told.trouble, trouble);
            self.upward.version.fetch_add(1, Ordering::Release);
            (told.group.clone(), before)
        };
        // Dropped outside the lock: an error may hold the user's values, and their `Drop` may run any code.
        discard(before);
        if let Some(group) = group {
            group.hint();
        }
    }

    fn standing(&self) -> Standing {
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
