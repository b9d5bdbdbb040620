//! [`Retirement`]: how long a replaced value is kept, and who is told when it is freed.

use std::borrow::Cow;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tracing::error;

use super::builder::Builder;
use super::settings::LONGEST;
use crate::live::Replaced;
use crate::panics::{discard, panic_text};
use crate::reload::Reload;
use crate::snapshot::Generation;

/// A value that is about to be freed: what [`Builder::on_retire`] is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retired {
    /// Its number.
    pub generation: Generation,
    /// How long ago another value took its place.
    pub replaced_for: Duration,
}

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Keeps each replaced value for at least so long: for what was made from it and outlives its readers, such as work that
    /// was handed on.
    ///
    /// Without it a value is freed as soon as nobody reads it. Who holds a [`Snapshot`](crate::Snapshot) keeps it for as
    /// long as that is there, whatever the grace. All values of that time are in memory at once. A stop does not wait for it.
    pub fn retire_after(mut self, grace: Duration) -> Self {
        self.retirement.grace = grace.min(LONGEST);
        self
    }

    /// Calls a function right before a replaced value is freed: nobody reads it any more, its
    /// [grace](Self::retire_after) is over, and nothing else will be done with it. Several are called in the order in which
    /// they were named.
    ///
    /// It is called on a thread on which it may block, never on a reader's, for one value after the other. While it runs, what
    /// else was replaced waits. A panic is logged, and the value is freed all the same.
    ///
    /// It is called once for each value that the service frees, and not for others: not for the one that is visible at the
    /// end, and not for those that somebody holds when the service [stops](crate::Control::stop), which are their holders'
    /// own from then on. Those that nobody holds are freed by the stop, which waits for these calls. If the runtime
    /// is shut down under the service, the values go with it, and maybe without a word.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # struct Pool; impl Pool { fn close(&self) {} }
    /// # struct Pools;
    /// # #[async_trait] impl Reload<Pool> for Pools {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, Pool> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<Pool>, Pool> { Ok(Some(Pool)) }
    /// # }
    /// let builder = ReloaderService::builder_by_revision(Pools).on_retire(|pool, retired| {
    ///     pool.close();
    ///     println!("pool {} is gone, {:?} after it was replaced", retired.generation, retired.replaced_for);
    /// });
    /// # drop(builder);
    /// ```
    pub fn on_retire(mut self, hook: impl Fn(&V, &Retired) + Send + Sync + 'static) -> Self {
        self.retirement.hooks.push(Box::new(hook));
        self
    }
}

type Hook<V> = Box<dyn Fn(&V, &Retired) + Send + Sync>;

/// See the [module documentation](self).
pub(super) struct Retirement<V> {
    /// How long a value is kept at least after it was replaced.
    pub(super) grace: Duration,
    hooks: Vec<Hook<V>>,
}

impl<V> Retirement<V> {
    /// At once, and nobody is told.
    pub(super) fn at_once() -> Self {
        Self {
            grace: Duration::ZERO,
            hooks: Vec::new(),
        }
    }

    /// Whether somebody is told, which may take long.
    pub(super) fn takes_long(&self) -> bool {
        !self.hooks.is_empty()
    }

    /// Frees values. That is code of the user's, too.
    pub(super) fn free(&self, values: Vec<Replaced<V>>) {
        for replaced in values {
            // At the end of a service, others may still hold some values. Those are not freed here.
            let is_freed = replaced.is_unshared();
            let Replaced { snapshot, since } = replaced;
            let retired = Retired {
                generation: snapshot.generation(),
                replaced_for: since.elapsed(),
            };
            for hook in self.hooks.iter().filter(|_| is_freed) {
                let call = || hook(snapshot.value(), &retired);
                if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
                    let (generation, text) = (retired.generation.get(), panic_text(&*panic));
                    error!(target: "hot_reload", generation, "a hook for retired values panicked: {text}");
                    discard(panic);
                }
            }
            // Each by itself: a panic of one keeps none of the others.
            discard(snapshot);
        }
    }
}
