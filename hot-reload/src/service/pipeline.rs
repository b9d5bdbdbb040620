//! *What* one look does: load, compare, decode, validate, publish, as one straight line of early returns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, timeout};

use super::board::Board;
use super::clock::time_of_day;
use super::feed::Feed;
use super::machine::Look;
use super::removal::Removal;
use super::settings::QUARANTINE;
use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::panicked;
use crate::reload::{Loaded, unasked};
use crate::revision::Revision;
use crate::snapshot::Published;

/// Says whether a value is acceptable; if not, why.
pub(super) type Validator<V> = Box<dyn Fn(&V) -> Result<(), String> + Send + Sync>;

/// The steps between a source and the visible value. One look at a time goes through it.
pub(super) struct Pipeline<V> {
    pub(super) board: Arc<Board<V>>,
    pub(super) sameness: Sameness<V>,
    pub(super) validators: Vec<Validator<V>>,
    pub(super) removal: Removal<V>,
    pub(super) deadline: Duration,
    pub(super) memory: Mutex<Memory>,
}

/// What it takes for a loaded value to be no change.
#[derive(Debug)]
pub(super) enum Sameness<V> {
    /// The values are equal.
    Equal(fn(&V, &V) -> bool),
    /// They are of the same revision.
    Revision,
    /// Nothing: whatever is loaded is published.
    Never,
}

/// What the last look left for the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The state that the source was seen in.
    seen: Option<Revision>,
    /// The refusal of that state, if it was refused: it is not tried again while the state lasts.
    rejected: Option<Rejected>,
    /// Whether the source was removed and the policy followed.
    missing: bool,
    /// Whether the compatible receivers were told that there is no value.
    cleared: bool,
}

#[derive(Debug)]
struct Rejected {
    outcome: Outcome,
    since: Instant,
}

impl Rejected {
    fn lifts_by_itself(&self) -> bool {
        let decoded = !matches!(
            self.outcome,
            Outcome::Rejected {
                stage: Stage::Decode,
                ..
            }
        );
        decoded && self.since.elapsed() >= QUARANTINE
    }
}

/// What a watch said beyond "look again".
#[derive(Debug)]
pub(super) enum Pushed<V> {
    Value(V),
    Removed,
}

impl<V> Pipeline<V> {
    /// Takes one look. `None`: the source holds nothing, and a second look shall say whether that is meant.
    pub(super) async fn look<F: Feed<V>>(
        &self,
        feed: &F,
        look: Look,
        pushed: Option<Pushed<V>>,
    ) -> Option<Outcome> {
        // The steps have boundaries of their own, which know the stage. This one is for what is dropped between them.
        let attempt = AssertUnwindSafe(self.attempt(feed, look, pushed)).catch_unwind();
        match attempt.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(outcome)) => Some(outcome),
            Err(panic) => Some(Outcome::Rejected {
                stage: Stage::Commit,
                error: panicked(Stage::Commit, panic.as_ref()),
            }),
        }
    }

    async fn attempt<F: Feed<V>>(
        &self,
        feed: &F,
        look: Look,
        pushed: Option<Pushed<V>>,
    ) -> Result<Option<Outcome>, Outcome> {
        let loaded = match pushed {
            None => self.load(feed, look.trigger).await?,
            Some(Pushed::Value(value)) => Loaded::Value {
                value,
                revision: None,
            },
            Some(Pushed::Removed) => return Ok(Some(self.clear())),
        };
        let (value, revision) = match loaded {
            Loaded::Value { value, revision } => (value, revision),
            Loaded::Unchanged => return self.unchanged().map(Some),
            Loaded::Missing if self.must_confirm(look) => return Ok(None),
            Loaded::Missing => return self.removed(look.trigger).map(Some),
        };
        // A state counts as seen when it is known what came of it; a panic on the way leaves it to be loaded again.
        self.memory().seen = None;
        if self.is_visible(&value, revision.as_ref())? {
            self.good(revision);
            let _ = contained(Stage::Commit, || drop(value));
            return Ok(Some(Outcome::Unchanged));
        }
        if let Err(refused) = self.validate(&value) {
            self.memory().seen = revision;
            return Err(refused);
        }
        let outcome = self.publish(value, revision.clone(), look.trigger)?;
        self.good(revision);
        Ok(Some(outcome))
    }

    async fn load<F: Feed<V>>(&self, feed: &F, trigger: Trigger) -> Result<Loaded<V>, Outcome> {
        let seen = {
            let memory = self.memory();
            // Rejected content is tried again for a person who asks; and now and then if a validator refused it, because
            // what that asked may have changed.
            let again = memory
                .rejected
                .as_ref()
                .is_some_and(|rejected| trigger.is_personal() || rejected.lifts_by_itself());
            let whole = again || matches!(self.sameness, Sameness::Never);
            memory.seen.clone().filter(|_| !whole)
        };
        // The future is made and dropped inside, so that code of the source runs only within the boundary.
        let load = async { timeout(self.deadline, feed.load(seen.as_ref())).await };
        let error = match AssertUnwindSafe(load).catch_unwind().await {
            Ok(Ok(Ok(Loaded::Unchanged))) if seen.is_none() => unasked(),
            Ok(Ok(Ok(loaded))) => return Ok(loaded),
            Ok(Ok(Err(error))) => error,
            Err(panic) => panicked(Stage::Load, panic.as_ref()),
            Ok(Err(_)) => Error::new(
                ErrorKind::Timeout,
                format!("the source did not answer within {:?}", self.deadline),
            ),
        };
        if !error.is_rejection() {
            return Err(Outcome::Failed { error });
        }
        self.memory().seen = error.revision().cloned();
        Err(self.reject(Stage::Decode, error))
    }

    /// The source is in the state that it was seen in last, which was good or was refused.
    fn unchanged(&self) -> Result<Outcome, Outcome> {
        match &self.memory().rejected {
            Some(rejected) => Err(rejected.outcome.clone()),
            None => Ok(Outcome::Unchanged),
        }
    }

    /// Whether finding nothing may be the moment between two halves of a replacement. It is not if nothing was ever
    /// there, or if it is known that nothing is.
    fn must_confirm(&self, look: Look) -> bool {
        !look.confirm && !self.memory().missing && self.board.publisher.current().is_some()
    }

    /// The source was removed: follows the policy, once.
    fn removed(&self, trigger: Trigger) -> Result<Outcome, Outcome> {
        {
            let mut memory = self.memory();
            memory.seen = None;
            if memory.missing {
                return Ok(Outcome::Missing);
            }
        }
        if let Some(value) = contained(Stage::Commit, || self.removal.value())?
            && !self.is_visible(&value, None)?
        {
            let _ = self.publish(value, None, trigger)?;
        }
        // Only now: a policy that panicked is followed again by the next look.
        self.memory().missing = true;
        Ok(Outcome::Missing)
    }

    /// A hand-written watch said that the source was removed: the compatible receivers are told.
    fn clear(&self) -> Outcome {
        *self.memory() = Memory {
            missing: true,
            cleared: true,
            ..Memory::default()
        };
        let before = self.board.unless_closed(|| {
            let mirror = self.board.mirror()?;
            mirror.sender.publish(None)
        });
        let _ = contained(Stage::Commit, || drop(before));
        Outcome::Missing
    }

    /// Whether this is what every reader sees already.
    fn is_visible(&self, value: &V, revision: Option<&Revision>) -> Result<bool, Outcome> {
        let Some(current) = self.board.publisher.current() else {
            return Ok(false);
        };
        match self.sameness {
            _ if self.memory().cleared => Ok(false),
            Sameness::Equal(same) => contained(Stage::Decode, || same(current.value(), value)),
            Sameness::Revision => Ok(revision.is_some() && current.revision() == revision),
            Sameness::Never => Ok(false),
        }
    }

    fn validate(&self, value: &V) -> Result<(), Outcome> {
        let problems = contained(Stage::Validate, || {
            let check = |validator: &Validator<V>| validator(value).err();
            self.validators.iter().filter_map(check).collect::<Vec<_>>()
        })
        .map_err(|panic| self.remember(panic))?;
        if problems.is_empty() {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Invalid, problems.join("; "));
        Err(self.reject(Stage::Validate, error))
    }

    /// Makes a value visible to everybody, or to nobody.
    fn publish(
        &self,
        value: V,
        revision: Option<Revision>,
        trigger: Trigger,
    ) -> Result<Outcome, Outcome> {
        let mirror = self.board.mirror();
        let copy = mirror
            .as_ref()
            .map(|mirror| contained(Stage::Commit, || (mirror.copy)(&value)))
            .transpose()?;
        let generation = self.board.publisher.next_generation();
        let published = Published {
            value,
            generation,
            revision,
            loaded_at: time_of_day(),
            trigger,
        };
        // What follows the value is the user's: if it panics, nothing has become visible.
        let visible = contained(Stage::Commit, || {
            self.board.publisher.publish_if(published, |prepared| {
                self.board.unless_closed(|| {
                    prepared.make_visible();
                    mirror.map(|mirror| mirror.sender.publish(copy))
                })
            })
        })?;
        let Some(mirrored) = visible else {
            return Err(Outcome::Failed {
                error: Error::new(ErrorKind::Stopped, "the service has stopped"),
            });
        };
        // A waker may do what it likes, and so may what is dropped; the value is visible all the same.
        let _ = contained(Stage::Commit, || self.board.publisher.tell_few());
        let _ = contained(Stage::Commit, || drop(mirrored));
        Ok(Outcome::Published { generation })
    }

    fn good(&self, revision: Option<Revision>) {
        let mut memory = self.memory();
        memory.seen = revision;
        memory.rejected = None;
        memory.missing = false;
        memory.cleared = false;
    }

    fn reject(&self, stage: Stage, error: Error) -> Outcome {
        self.remember(Outcome::Rejected { stage, error })
    }

    fn remember(&self, rejected: Outcome) -> Outcome {
        self.memory().rejected = Some(Rejected {
            outcome: rejected.clone(),
            since: Instant::now(),
        });
        rejected
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs code of the user's, whose panic becomes an outcome.
fn contained<R>(stage: Stage, code: impl FnOnce() -> R) -> Result<R, Outcome> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| Outcome::Rejected {
        stage,
        error: panicked(stage, panic.as_ref()),
    })
}
