//! What is good by itself, and implausible beside what is visible: it waits for a confirmation.
//!
//! - [`ShrinkGuard`]: much less than before;
//! - [`Fence`]: an older version than before.

mod fence;
mod lent;
mod shrink;

use std::fmt::Display;
use std::time::Duration;

pub use self::fence::Fence;
pub(super) use self::lent::LentDoubts;
pub use self::shrink::ShrinkGuard;
use super::builder::Builder;
use super::pipeline::{Pipeline, contained};
use crate::event::{HoldReason, Outcome, Stage};
use crate::revision::Revision;

/// Somebody who compares a value with the one that is visible. Its methods are the user's code.
pub(super) trait Doubts<V>: Send + Sync {
    /// What is implausible about a value, in one line.
    fn doubt(&self, visible: &V, candidate: &V) -> Option<String>;

    /// The kind of doubt.
    fn reason(&self) -> HoldReason;

    /// How long what is doubted has to stay as it is to be believed.
    fn patience(&self) -> Duration;

    /// This value of the source was accepted.
    fn accepted(&self, value: &V);

    /// This value is visible, wherever it comes from. Provided: nothing follows.
    fn shown(&self, _: &V) {}
}

impl<V> Pipeline<V> {
    /// Whether a value is implausible and has to wait; then the outcome of the look.
    pub(super) fn is_doubted(
        &self,
        value: &V,
        revision: Option<&Revision>,
    ) -> Result<Option<Outcome>, Outcome> {
        let Some(visible) = self.board.publisher.current() else {
            return Ok(None);
        };
        // All they ask for is that it stays as it is; so the most patient one, the first of them, speaks for all.
        let mut gravest: Option<(Duration, HoldReason, String)> = None;
        for guard in &self.doubts {
            let doubt = contained(Stage::Validate, || guard.doubt(&visible, value))?;
            let patience = guard.patience();
            let graver = gravest.as_ref().is_none_or(|(most, ..)| patience > *most);
            if let Some(doubt) = doubt.filter(|_| graver) {
                gravest = Some((patience, guard.reason(), doubt));
            }
        }
        let mut gate = self.board.gate();
        let Some((patience, reason, doubt)) = gravest else {
            gate.undoubt();
            return Ok(None);
        };
        let waits = gate.doubt(reason, doubt, revision, patience);
        Ok(waits.then_some(Outcome::Held))
    }

    /// A value of the source is visible: what comes next is compared with it.
    pub(super) fn accept(&self) {
        self.tell_guards(|guard, visible| guard.accepted(visible));
    }

    /// A value is visible, wherever it comes from.
    pub(super) fn show(&self) {
        self.tell_guards(|guard, visible| guard.shown(visible));
    }

    /// Tells all guards of the visible value. It is visible whatever the user's code says to it.
    fn tell_guards(&self, tell: impl Fn(&dyn Doubts<V>, &V)) {
        let Some(visible) = self.board.publisher.current() else {
            return;
        };
        for guard in &self.doubts {
            let _ = contained(Stage::Validate, || tell(&**guard, &visible));
        }
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Holds a value back that is empty, or much smaller than the visible one, until it is confirmed.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Routes;
    /// # #[async_trait] impl Reload<Vec<String>> for Routes {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, Vec<String>> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<Vec<String>>, Vec<String>> { Ok(Some(vec![])) }
    /// # }
    /// use hot_reload::ShrinkGuard;
    ///
    /// let builder = ReloaderService::builder(Routes)
    ///     .shrink_guard(ShrinkGuard::by(|routes: &Vec<String>| routes.len()));
    /// # drop(builder);
    /// ```
    pub fn shrink_guard(mut self, guard: ShrinkGuard<V>) -> Self {
        self.doubts.push(Box::new(guard));
        self
    }

    /// Holds a value back whose version is lower than that of one before, until it is confirmed.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(PartialEq)] struct Config { version: u64 }
    /// # #[derive(Clone)] struct Replicas;
    /// # #[async_trait] impl Reload<Config> for Replicas {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, Config> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<Config>, Config> { Ok(None) }
    /// # }
    /// use hot_reload::Fence;
    ///
    /// let builder = ReloaderService::builder(Replicas)
    ///     .fence(Fence::by(|config: &Config| config.version));
    /// # drop(builder);
    /// ```
    pub fn fence<K, I>(mut self, fence: Fence<V, K, I>) -> Self
    where
        K: Ord + Display + Send + Sync + 'static,
        I: PartialEq + Send + Sync + 'static,
    {
        self.doubts.push(Box::new(fence));
        self
    }
}
