//! The end of a look: a [`Candidate`] that everybody has agreed to takes the place of the visible value.

use std::sync::atomic::AtomicUsize;

use tracing::{error, warn};

use super::Pipeline;
use super::candidate::Candidate;
use super::prepare::{Assembly, Ending};
use super::trace::Trail;
use crate::error::Error;
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::receipt::Vote;
use crate::reload::unasked;
use crate::service::boundary::{contained, within};
use crate::service::policy::keeper::Kept;
use crate::snapshot::Published;

impl<V> Pipeline<V> {
    /// Asks all participants. If one refuses, the others abort.
    pub(crate) async fn prepare(
        &self,
        value: &V,
        trail: &mut Trail,
    ) -> Result<Assembly<'_>, Error> {
        let prepared = self.participants.prepare(value);
        let assembly = trail.time(Stage::Prepare, prepared).await;
        match assembly.refusal() {
            None => Ok(assembly),
            Some(error) => {
                trail.votes = assembly.end(Ending::Abort).await;
                Err(error)
            }
        }
    }

    /// Makes a value visible that all participants are ready for, or has them abort. `visibly` is done as soon as it is.
    /// Nobody is told: that follows when the look has ended.
    pub(crate) async fn swap(
        &self,
        assembly: Assembly<'_>,
        candidate: Candidate<V>,
        trail: &mut Trail,
        visibly: impl FnOnce(),
    ) -> Result<Outcome, Outcome> {
        let visible = self.make_visible(candidate);
        let ending = match visible {
            Ok(_) => {
                visibly();
                self.show();
                Ending::Commit
            }
            Err(_) => Ending::Abort,
        };
        trail.votes = trail.time(Stage::Commit, assembly.end(ending)).await;
        if ending == Ending::Commit {
            self.tell_who_stays_behind(&trail.votes);
        }
        // Whoever looks for it is told when the status says so, too.
        visible
    }

    /// Somebody has not taken over what is visible, and does not serve it.
    fn tell_who_stays_behind(&self, votes: &[Vote]) {
        for Vote {
            participant,
            failure,
            ..
        } in votes
        {
            if let Some(failure) = failure {
                let name = self.board.status().name.clone();
                error!(target: "hot_reload", name, participant, "the value is visible, and {participant} has not taken it over: {failure}");
            }
        }
    }

    /// Makes a value visible to everybody, or to nobody.
    fn make_visible(&self, candidate: Candidate<V>) -> Result<Outcome, Outcome> {
        let Candidate {
            value,
            revision,
            loaded_at,
            trigger,
            origin,
        } = candidate;
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
            loaded_at,
            trigger,
            origin,
            keepsakes: AtomicUsize::new(0),
        };
        let (mut refused, mut forgotten) = (None, None);
        // What follows the value is the user's: if it panics, nothing has become visible.
        let open = contained(Stage::Commit, || {
            self.board.publisher.publish_if(published, |prepared| {
                let gate = self.board.gate();
                if let Err(refusal) = gate.admits(origin.is_some()) {
                    refused = Some(refusal);
                    return None;
                }
                if let Some(before) = self.board.publisher.current() {
                    forgotten = self.board.history().replaced(&before);
                }
                prepared.make_visible();
                Some(gate)
            })
        })?;
        let Some(open) = open else {
            discard(copy);
            return Err(refused.unwrap_or(Outcome::Held));
        };
        // What follows the value is not locked any more: whoever holds the compatible value may be making a word just now.
        let mirrored = contained(Stage::Commit, || {
            mirror.map(|mirror| mirror.sender.publish(copy))
        });
        drop(open);
        discard((mirrored, forgotten));
        Ok(Outcome::Published { generation })
    }

    /// Publishes the kept value of an earlier run if no value is visible.
    pub(crate) async fn restore(&self, trail: &mut Trail) -> Result<(), Error> {
        match self.kept().await? {
            Some(kept) => self.begin_with(kept, trail).await,
            None => Ok(()),
        }
    }

    /// Whether a kept value of an earlier run may be published: none is visible, and the kept one was not read before. A
    /// pause delays this.
    pub(super) fn may_restore(&self) -> bool {
        self.keeper.is_some()
            && self.board.publisher.current().is_none()
            && !self.board.gate().is_paused()
            && !self.memory().restored
    }

    /// Reads the kept value of an earlier run if it may be published. Reads it once, because it does not change.
    pub(super) async fn kept(&self) -> Result<Option<Kept<V>>, Error> {
        let Some(keeper) = self.keeper.as_ref().filter(|_| self.may_restore()) else {
            return Ok(None);
        };
        self.memory().restored = true;
        let late = "the disk did not answer";
        within(Stage::Load, self.deadline, late, || keeper.restore()).await?
    }

    /// Publishes the kept value of an earlier run, if validators and participants accept it.
    pub(super) async fn begin_with(&self, kept: Kept<V>, trail: &mut Trail) -> Result<(), Error> {
        let (value, revision, loaded_at) = kept;
        self.validators.ask(&value).await?;
        let assembly = self.prepare(&value, trail).await?;
        let candidate = Candidate {
            value,
            revision,
            loaded_at,
            trigger: Trigger::Startup,
            origin: None,
        };
        let swapped = self.swap(assembly, candidate, trail, || ()).await;
        match swapped {
            Ok(_) => {
                trail.restored = true;
                self.memory().had_content = true;
                let name = self.board.status().name.clone();
                warn!(target: "hot_reload", name, "the source gives no value, the last good one of an earlier run is visible");
                Ok(())
            }
            Err(Outcome::Held) => {
                self.memory().restored = false;
                Ok(())
            }
            Err(refused) => Err(refused.error().cloned().unwrap_or_else(unasked)),
        }
    }
}
