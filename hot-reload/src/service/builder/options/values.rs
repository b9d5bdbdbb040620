//! Options about values other than the next one: removal, history, probation, retirement.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use crate::reload::Reload;
use crate::service::builder::Builder;
use crate::service::policy::probation::Probation;
use crate::service::policy::removal::RemovalPolicy;
use crate::service::policy::retire::Retired;
use crate::service::settings::LONGEST;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// What follows when the source holds nothing any more.
    pub fn on_removal(self, policy: RemovalPolicy<V>) -> Self
    where
        V: Clone,
    {
        Self {
            removal: policy.into(),
            ..self
        }
    }

    /// Whether content that becomes empty or blank is treated like any other, so that it is loaded and published. Default:
    /// `false`, and [`Loaded::Emptied`](crate::Loaded::Emptied) describes what happens.
    pub fn empty_is_content(self, is_content: bool) -> Self {
        Self {
            empty_is_content: is_content,
            ..self
        }
    }

    /// Keeps so many of the values that were replaced, for [`Control::rollback`](crate::Control::rollback) and
    /// [`Control::history`](crate::Control::history).
    ///
    /// What a rollback replaces counts, too; so who wants to go back three steps one by one keeps five. Each takes as much
    /// memory as it is large. A value that is brought back is a copy of the one that is kept; one that is
    /// expensive to copy has its parts in `Arc`s.
    pub fn history(self, values: usize) -> Self
    where
        V: Clone,
    {
        Self {
            history: values,
            copy: Some(V::clone),
            ..self
        }
    }

    /// Watches each value for some time after it has become visible, and brings the one before back if it fails.
    ///
    /// A value on probation is not saved as the [last good](crate::LastGood) one before it has proven itself. Called again, it
    /// takes the place of the probation before.
    pub fn probation(self, probation: Probation<V>) -> Self
    where
        V: Clone,
    {
        Self {
            probation: Some(probation),
            copy: Some(V::clone),
            ..self
        }
    }
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
