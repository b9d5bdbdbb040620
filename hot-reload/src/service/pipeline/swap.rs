//! The swap: a [`Candidate`] that all participants are ready for replaces the visible value.

use std::sync::atomic::AtomicUsize;

use tracing::{error, warn};

use super::Pipeline;
use super::candidate::Candidate;
use super::prepare::{Ending, PreparedSwap};
use super::state::LoadState;
use super::trace::LoadTrace;
use crate::error::Error;
use crate::event::{Outcome, Stage};
use crate::panics::discard;
use crate::revision::Revision;
use crate::service::boundary::contained;
use crate::snapshot::Published;
use crate::status::Vote;

impl<V> Pipeline<V> {
    /// Asks all participants. If one refuses, the others abort.
    pub(crate) async fn prepare(
        &self,
        value: &V,
        trace: &mut LoadTrace,
    ) -> Result<PreparedSwap<'_>, Error> {
        let visible = self
            .shared
            .publisher
            .current()
            .filter(|_| !self.participants.is_empty());
        let prepared = self.participants.prepare(visible.as_deref(), value);
        let swap = trace.time(Stage::Prepare, prepared).await;
        match swap.refusal() {
            None => Ok(swap),
            Some(error) => {
                trace.votes = swap.end(Ending::Abort).await;
                Err(error)
            }
        }
    }

    /// Ends a swap after [`publish`](Self::publish): all participants commit, or all abort if nothing was published.
    ///
    /// Subscribers are notified later, when the load has ended and the status is written.
    pub(crate) async fn end_swap(
        &self,
        swap: PreparedSwap<'_>,
        published: Result<Outcome, Outcome>,
        trace: &mut LoadTrace,
    ) -> Result<Outcome, Outcome> {
        let ending = match published {
            Ok(_) => {
                self.show();
                Ending::Commit
            }
            Err(_) => Ending::Abort,
        };
        trace.votes = trace.time(Stage::Commit, swap.end(ending)).await;
        if ending == Ending::Commit {
            self.log_failed_commits(&trace.votes);
        }
        published
    }

    /// Logs the participants that did not take the visible value over.
    fn log_failed_commits(&self, votes: &[Vote]) {
        for Vote {
            participant,
            failure,
            ..
        } in votes
        {
            if let Some(failure) = failure {
                let name = &*self.shared.observers.target;
                error!(target: "hot_reload", name, participant, "participant {participant} failed to commit, the value is visible: {failure}");
            }
        }
    }

    /// Publishes a value: the only place where one becomes visible, to all readers or to none. Startup, loads, removal
    /// defaults, rollbacks and groups go through it.
    pub(crate) fn publish(&self, candidate: Candidate<V>) -> Result<Outcome, Outcome> {
        let Candidate {
            value,
            revision,
            loaded_at,
            trigger,
            origin,
        } = candidate;
        let mirror = self.shared.mirror();
        let copy = mirror
            .as_ref()
            .map(|mirror| contained(Stage::Commit, || (mirror.copy)(&value)))
            .transpose()?;
        let value_revision = self.value_revision(&value);
        let generation = self.shared.publisher.next_generation();
        let published = Published {
            value,
            generation,
            revision,
            value_revision,
            loaded_at,
            trigger,
            origin,
            engine_shares: AtomicUsize::new(0),
        };
        let (mut refused, mut forgotten) = (None, None);
        // Projections run code of the user. If it panics, nothing becomes visible.
        let open = contained(Stage::Commit, || {
            self.shared.publisher.publish_if(published, |prepared| {
                let gate = self.shared.gate();
                if let Err(refusal) = gate.admits(origin.is_some()) {
                    refused = Some(refusal);
                    return None;
                }
                if let Some(before) = self.shared.publisher.current() {
                    forgotten = self.shared.history().replaced(&before);
                }
                prepared.make_visible();
                Some(gate)
            })
        })?;
        let Some((open, followers)) = open else {
            discard(copy);
            return Err(refused.unwrap_or(Outcome::Held));
        };
        // Without the lock of the followers, because a holder of the compatible value may be subscribing to a projection.
        let mirrored = contained(Stage::Commit, || {
            mirror.map(|mirror| mirror.sender.publish(copy))
        });
        drop(open);
        discard((mirrored, forgotten, followers));
        Ok(Outcome::Published { generation })
    }

    /// The revision of the value itself, if the service computes it.
    fn value_revision(&self, value: &V) -> Option<Box<Revision>> {
        let revision = self.validators.as_ref()?.digest.as_ref()?.revision(value);
        match revision {
            Ok(revision) => Some(Box::new(revision)),
            Err(error) => {
                let name = &*self.shared.observers.target;
                warn!(target: "hot_reload", name, "the value is published without a value revision: {error}");
                None
            }
        }
    }

    /// Publishes `None` to the compatible receivers, because a hand-written watch reported a removal.
    pub(crate) fn publish_none(&self) -> Outcome {
        let gate = self.shared.gate();
        if let Err(refused) = gate.admits(false) {
            return refused;
        }
        {
            let mut state = self.state();
            *state = LoadState {
                missing: true,
                cleared: true,
                had_content: state.had_content,
                ..LoadState::default()
            };
        }
        let mirror = self.shared.mirror();
        let before = mirror.and_then(|mirror| mirror.sender.publish(None));
        drop(gate);
        discard(before);
        Outcome::Missing
    }
}
