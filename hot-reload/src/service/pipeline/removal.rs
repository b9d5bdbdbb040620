//! What a load does when the source holds nothing, or has become empty.

use tracing::warn;

use super::Pipeline;
use super::candidate::{Candidate, Remains};
use super::state::Memory;
use super::trace::Trail;
use crate::clock::time_of_day;
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::reload::emptied;
use crate::revision::Revision;
use crate::service::boundary::contained;
use crate::service::machine::Look;
use crate::service::policy::removal::Removal;

impl<V> Pipeline<V> {
    /// Handles a source, or a file of it, that has become empty.
    pub(crate) async fn emptied(
        &self,
        look: Look,
        value: Option<V>,
        revision: Option<Revision>,
        file: Option<String>,
        trail: &mut Trail,
    ) -> Result<Remains<V>, Outcome> {
        if self.may_restore() && !self.empty_is_content && !look.confirm {
            discard(value);
            return Ok(Remains::Unconfirmed);
        }
        let is_decoded = value.is_some() && file.is_none();
        let is_content = self.empty_is_content
            || !self
                .has_replaced_content(is_decoded, revision.as_ref(), trail)
                .await;
        if let Some(value) = value {
            if is_content {
                return Ok(Remains::Content(value, revision));
            }
            discard(value);
        }
        let is_known = self.memory().emptied;
        if !is_content && !is_known && self.must_confirm(look) {
            return Ok(Remains::Unconfirmed);
        }
        let has_default = matches!(self.removal, Removal::Default(_));
        if !is_content && has_default && file.is_none() {
            trail.emptied = true;
            return self
                .removed(look.trigger, trail)
                .await
                .map(Remains::Default);
        }
        let file = file.or_else(|| self.board.status().source.clone());
        trail.emptied = !is_content;
        let refusal = self.reject(Stage::Load, emptied(file, !is_content), revision);
        self.memory().emptied = !is_content;
        Err(refusal)
    }

    /// Whether blank content of this revision has replaced content that was not blank. The content may be that of an earlier
    /// run, whose kept value is published here. `is_decoded`: the source itself does not know whether it held content.
    async fn has_replaced_content(
        &self,
        is_decoded: bool,
        revision: Option<&Revision>,
        trail: &mut Trail,
    ) -> bool {
        let is_same = |other: Option<&Revision>| revision.is_some() && other == revision;
        if let Some(visible) = self.board.publisher.current() {
            return !is_decoded || self.memory().had_content && !is_same(visible.revision());
        }
        let has_default = matches!(self.removal, Removal::Default(_));
        let restored = match self.kept().await {
            Ok(Some((value, kept, _))) if is_same(kept.as_ref()) || has_default => {
                discard(value);
                return !is_same(kept.as_ref());
            }
            Ok(Some(kept)) => self.begin_with(kept, trail).await,
            Ok(None) => return false,
            Err(error) => Err(error),
        };
        match restored {
            Ok(()) => self.board.publisher.current().is_some(),
            Err(error) => {
                let name = self.board.status().name.clone();
                warn!(target: "hot_reload", name, "the last good value is not restored: {error}");
                false
            }
        }
    }

    /// Whether finding nothing may be the moment between two halves of a replacement. It is not if nothing was ever
    /// there, or if it is known that nothing is.
    pub(crate) fn must_confirm(&self, look: Look) -> bool {
        !look.confirm && !self.memory().missing && self.board.publisher.current().is_some()
    }

    /// The source was removed: follows the policy, once.
    pub(crate) async fn removed(
        &self,
        trigger: Trigger,
        trail: &mut Trail,
    ) -> Result<Outcome, Outcome> {
        {
            self.board.gate().undoubt();
            let holds = self.board.gate().holds();
            let mut memory = self.memory();
            memory.seen = None;
            // What was brought back in place of a default gives way to it when nothing is held back any more.
            let released = memory.held.is_some() && !holds;
            if memory.missing && !released {
                return Ok(Outcome::Missing);
            }
        }
        match contained(Stage::Commit, || self.removal.value())? {
            None => {}
            Some(value) if self.is_visible(&value, None)? => {
                discard(value);
                self.believe();
            }
            Some(value) if self.board.gate().is_paused() => {
                discard(value);
                return Ok(Outcome::Held);
            }
            Some(value) => {
                let assembly = self.prepare(&value, trail).await;
                let assembly =
                    assembly.map_err(|error| self.reject(Stage::Prepare, error, None))?;
                let candidate = Candidate {
                    value,
                    revision: None,
                    loaded_at: time_of_day(),
                    trigger,
                    origin: None,
                };
                let visibly = || self.believe();
                let _ = self.swap(assembly, candidate, trail, visibly).await?;
            }
        }
        // Only now: a policy that panicked is followed again by the next look.
        let mut memory = self.memory();
        memory.missing = true;
        memory.held = None;
        Ok(Outcome::Missing)
    }

    /// A hand-written watch said that the source was removed: the compatible receivers are told.
    pub(crate) fn clear(&self) -> Outcome {
        let gate = self.board.gate();
        if let Err(refused) = gate.admits(false) {
            return refused;
        }
        {
            let mut memory = self.memory();
            *memory = Memory {
                missing: true,
                cleared: true,
                had_content: memory.had_content,
                ..Memory::default()
            };
        }
        let mirror = self.board.mirror();
        let before = mirror.and_then(|mirror| mirror.sender.publish(None));
        drop(gate);
        discard(before);
        Outcome::Missing
    }
}
