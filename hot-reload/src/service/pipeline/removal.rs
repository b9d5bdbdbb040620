//! A load that finds no content, or content that has become empty.

use tracing::warn;

use super::Pipeline;
use super::candidate::{Candidate, Remains, Sameness};
use super::state::KeptState;
use super::trace::LoadTrace;
use crate::clock::time_of_day;
use crate::error::{Error, Location};
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::reload::emptied;
use crate::revision::Revision;
use crate::service::boundary::contained;
use crate::service::feed::LoadRequest;
use crate::service::machine::Load;
use crate::service::policy::removal::Removal;

impl<V> Pipeline<V> {
    /// Handles a source, or a file of it, that has become empty.
    pub(crate) async fn emptied(
        &self,
        load: Load,
        value: Option<V>,
        revision: Option<Revision>,
        file: Option<String>,
        request: LoadRequest,
        trace: &mut LoadTrace,
    ) -> Result<Remains<V>, Outcome> {
        if self.may_have_kept() && !self.empty_is_content {
            // A restore waits for the end of a pause, and the blank content waits for the restore.
            if self.shared.gate().is_paused() {
                discard(value);
                return self.note_held(revision, Outcome::Held).map(Remains::Ended);
            }
            if !load.confirm {
                discard(value);
                return Ok(Remains::Unconfirmed);
            }
        }
        let decoded = value.as_ref().filter(|_| file.is_none());
        let replaced = match self.empty_is_content {
            true => Ok(false),
            false => {
                self.has_replaced_content(decoded, revision.as_ref(), trace)
                    .await
            }
        };
        let is_content = match replaced {
            Ok(replaced) => !replaced,
            Err(outcome) => {
                discard(value);
                return Err(outcome);
            }
        };
        if self.may_have_kept() && !self.empty_is_content {
            // A pause began before the kept value was visible.
            discard(value);
            return self.note_held(revision, Outcome::Held).map(Remains::Ended);
        }
        if let Some(value) = value {
            if is_content {
                return Ok(Remains::Content(value, revision));
            }
            discard(value);
        }
        let is_known = self.state().emptied;
        if !is_content && !is_known && self.must_confirm(load) {
            return Ok(Remains::Unconfirmed);
        }
        let has_default = matches!(self.removal, Removal::Replace(_));
        if !is_content && has_default && file.is_none() {
            trace.emptied = true;
            let removed = self.removed(load.trigger, request, trace).await;
            return removed.map(Remains::Ended);
        }
        let file = file.or_else(|| self.shared.status().source.clone());
        trace.emptied = !is_content;
        let refusal = self.reject(Stage::Load, emptied(file, !is_content), revision);
        self.state().emptied = !is_content;
        Err(refusal)
    }

    /// Whether blank content of this revision has replaced content that was not blank. The content may be that of an earlier
    /// run, whose kept value is published here. `decoded`: the value of the blank content, if the source itself does not know
    /// whether it held content.
    async fn has_replaced_content(
        &self,
        decoded: Option<&V>,
        revision: Option<&Revision>,
        trace: &mut LoadTrace,
    ) -> Result<bool, Outcome> {
        let is_same = |other: Option<&Revision>| revision.is_some() && other == revision;
        if let Some(visible) = self.shared.publisher.current() {
            let had_content = self.state().had_content;
            return Ok(decoded.is_none() || had_content && !is_same(visible.revision()));
        }
        if self.state().had_content {
            // An earlier load has read the kept value. A pause held the default in its place.
            return Ok(true);
        }
        let is_equal = |kept: &V| match (&self.sameness, decoded) {
            (Sameness::Equal(same), Some(decoded)) => {
                contained(Stage::Decode, || same(kept, decoded)).unwrap_or(false)
            }
            _ => false,
        };
        let has_default = matches!(self.removal, Removal::Replace(_));
        let restored = match self.kept().await {
            // The earlier run had this content, or content of the same value.
            Ok(Some((value, kept, _))) if is_same(kept.as_ref()) || is_equal(&value) => {
                discard(value);
                return Ok(false);
            }
            Ok(Some((value, ..))) if has_default => {
                discard(value);
                self.state().had_content = true;
                return Ok(true);
            }
            Ok(Some(kept)) => self.begin_with(kept, trace).await,
            Ok(None) => return Ok(false),
            Err(error) if self.state().kept == KeptState::Unknown => {
                return Err(Outcome::Failed {
                    error: unknown(self.shared.status().source.clone(), &error),
                });
            }
            Err(error) => Err(error),
        };
        Ok(match restored {
            Ok(()) => self.shared.publisher.current().is_some(),
            Err(error) => {
                let name = &*self.shared.observers.target;
                warn!(target: "hot_reload", name, "the last good value is not restored: {error}");
                false
            }
        })
    }

    /// Whether a second load must confirm that the content is missing, because a replacement may be in progress. Not if no
    /// value was published yet, or if the removal was confirmed already.
    pub(crate) fn must_confirm(&self, load: Load) -> bool {
        !load.confirm && !self.state().missing && self.shared.publisher.current().is_some()
    }

    /// The source was removed: follows the policy, once.
    pub(crate) async fn removed(
        &self,
        trigger: Trigger,
        request: LoadRequest,
        trace: &mut LoadTrace,
    ) -> Result<Outcome, Outcome> {
        {
            let holds = self.shared.gate().holds();
            let mut state = self.state();
            state.seen = None;
            // A default replaces the value of a rollback once the hold has ended.
            let released = state.held.is_some() && !holds;
            if state.missing && !released {
                return Ok(Outcome::Missing);
            }
        }
        match contained(Stage::Commit, || self.removal.value())? {
            None => self.shared.gate().clear_admission_hold(),
            Some(value) if self.is_visible(&value, None)? => {
                discard(value);
                self.clear_hold();
            }
            Some(value) if self.shared.gate().is_paused() => {
                discard(value);
                self.shared.gate().clear_admission_hold();
                return Ok(Outcome::Held);
            }
            Some(value) => {
                // After a `resume`, nothing is held. The hold of an earlier load stays, with its time.
                if !request.resume
                    && let Some(outcome) = self.is_only_validated(&value)?
                {
                    discard(value);
                    return Ok(outcome);
                }
                let swap = self.prepare(&value, trace).await;
                let swap = swap.map_err(|error| self.reject(Stage::Prepare, error, None))?;
                let candidate = Candidate {
                    value,
                    revision: None,
                    loaded_at: time_of_day(),
                    trigger,
                    origin: None,
                };
                let published = self.publish(candidate);
                if published.is_ok() {
                    self.clear_hold();
                }
                let _ = self.end_swap(swap, published, trace).await?;
            }
        }
        // Only now: a policy that panicked is followed again by the next load.
        let mut state = self.state();
        state.missing = true;
        state.held = None;
        Ok(Outcome::Missing)
    }
}

/// The error of a source that is blank at the start, and whose kept value cannot be read now.
fn unknown(source: Option<String>, why: &Error) -> Error {
    let text = format!(
        "is empty; not published, because nobody knows whether it had content in an earlier run: {why}"
    );
    let error = Error::new(why.kind(), text);
    match source {
        Some(source) => error.at(Location::new(source)),
        None => error,
    }
}
