//! The end of a look: a [`Candidate`] that everybody has agreed to takes the place of the visible value.

use std::mem;
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

    /// Begins with what was kept of an earlier run, if there is nothing else. Asked once: it does not get better.
    pub(crate) async fn restore(&self, trail: &mut Trail) -> Result<(), Error> {
        let Some(keeper) = &self.keeper else {
            return Ok(());
        };
        // A pause holds it back like anything else, until its end.
        if self.board.publisher.current().is_some()
            || self.board.gate().is_paused()
            || mem::replace(&mut self.memory().restored, true)
        {
            return Ok(());
        }
        let late = "the disk did not answer";
        let restored = within(Stage::Load, self.deadline, late, || keeper.restore());
        let Some((value, revision, loaded_at)) = restored.await?? else {
            return Ok(());
        };
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
