//! [`RemovalPolicy`]: what follows when the source holds nothing any more.

use std::fmt;

use super::ReloaderService;
use super::builder::Builder;
use super::machine::Look;
use super::memory::Memory;
use super::pipeline::{Pipeline, contained};
use super::swap::Candidate;
use super::trail::Trail;
use crate::clock::time_of_day;
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::reload::emptied;
use crate::revision::Revision;

/// What is visible after the source was removed, which a second look has confirmed; or from the beginning, if the source
/// has never held anything.
///
/// # Default
///
/// [`Keep`](Self::Keep).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RemovalPolicy<V> {
    /// The last good value.
    #[default]
    Keep,
    /// This value, as a new generation. Participants prepare for it; it is neither validated nor doubted.
    Default(V),
}

impl<V> RemovalPolicy<Option<V>> {
    /// Nothing, as a new generation: for a value that is an `Option`.
    ///
    /// A decoder makes one of its values by [`Decode::optional`](crate::source::Decode::optional).
    pub fn clear() -> Self {
        Self::Default(None)
    }
}

/// The policy as the pipeline needs it.
pub(super) enum Removal<V> {
    Keep,
    Default(Box<dyn Fn() -> V + Send + Sync>),
}

impl<V> Removal<V> {
    /// The value to be published.
    pub(super) fn value(&self) -> Option<V> {
        match self {
            Self::Default(value) => Some(value()),
            Self::Keep => None,
        }
    }
}

impl<V> From<RemovalPolicy<V>> for Removal<V>
where
    V: Clone + Send + Sync + 'static,
{
    fn from(policy: RemovalPolicy<V>) -> Self {
        match policy {
            RemovalPolicy::Keep => Self::Keep,
            RemovalPolicy::Default(value) => Self::Default(Box::new(move || value.clone())),
        }
    }
}

impl<V> fmt::Debug for Removal<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "Keep",
            Self::Default(_) => "Default",
        })
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Whether content that becomes empty or blank is treated like any other, so that it is loaded and published. Default:
    /// `false`, and [`Loaded::Emptied`](crate::Loaded::Emptied) describes what happens.
    pub fn empty_is_content(self, is_content: bool) -> Self {
        Self {
            empty_is_content: is_content,
            ..self
        }
    }
}

impl<T, V, S> ReloaderService<T, V, S> {
    /// Whether content that becomes empty or blank is treated like any other, so that it is loaded and published, as in
    /// release 0.3.6. Default: `false`.
    #[must_use]
    pub fn with_empty_is_content(mut self, is_content: bool) -> Self {
        self.engine.pipeline.empty_is_content = is_content;
        self
    }
}

/// How the pipeline goes on after content has become empty.
pub(super) enum Remains<V> {
    /// Treats it like any other content.
    Content(V, Option<Revision>),
    /// Waits for a second load to find the same.
    Unconfirmed,
    /// Has followed the removal policy.
    Default(Outcome),
}

impl<V> Pipeline<V> {
    /// Handles a source, or a file of it, that has become empty.
    pub(super) async fn emptied(
        &self,
        look: Look,
        value: Option<V>,
        revision: Option<Revision>,
        file: Option<String>,
        trail: &mut Trail,
    ) -> Result<Remains<V>, Outcome> {
        // While no value is visible, empty content can replace none.
        let is_content = self.empty_is_content || self.board.publisher.current().is_none();
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

    /// Whether finding nothing may be the moment between two halves of a replacement. It is not if nothing was ever
    /// there, or if it is known that nothing is.
    pub(super) fn must_confirm(&self, look: Look) -> bool {
        !look.confirm && !self.memory().missing && self.board.publisher.current().is_some()
    }

    /// The source was removed: follows the policy, once.
    pub(super) async fn removed(
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
    pub(super) fn clear(&self) -> Outcome {
        let gate = self.board.gate();
        if let Err(refused) = gate.admits(false) {
            return refused;
        }
        *self.memory() = Memory {
            missing: true,
            cleared: true,
            ..Memory::default()
        };
        let mirror = self.board.mirror();
        let before = mirror.and_then(|mirror| mirror.sender.publish(None));
        drop(gate);
        discard(before);
        Outcome::Missing
    }
}
