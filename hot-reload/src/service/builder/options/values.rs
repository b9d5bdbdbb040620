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
    /// Sets the value that is visible after the source was removed.
    pub fn on_removal(self, policy: RemovalPolicy<V>) -> Self
    where
        V: Clone,
    {
        Self {
            removal: policy.into(),
            ..self
        }
    }

    /// Sets whether content that becomes empty or blank is loaded and published like any other. Default: `false`;
    /// [`Loaded::Emptied`](crate::Loaded::Emptied) describes that case.
    pub fn empty_is_content(self, is_content: bool) -> Self {
        Self {
            empty_is_content: is_content,
            ..self
        }
    }

    /// Keeps this number of replaced values, for [`Control::rollback`](crate::Control::rollback) and
    /// [`Control::history`](crate::Control::history). Default: none.
    ///
    /// A value that a rollback replaces counts, too: to go back three single steps, keep five values. Each kept value takes its
    /// full memory. A rollback publishes a copy of the kept value. If a copy is expensive, put the parts of the value into
    /// `Arc`s.
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

    /// Watches each new value in use for some time. If it fails, the last proven value is published again.
    ///
    /// A value on probation is saved as the [last good](crate::policy::LastGood) one only after it has passed. A second call
    /// replaces the first.
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
    /// Keeps each replaced value for at least this time, for work that uses parts of it and outlives its readers.
    ///
    /// Without it, a value is freed as soon as nobody reads it. A [`Snapshot`](crate::Snapshot) keeps its value for as long as
    /// it lives, whatever the grace. All values that were replaced within the grace are in memory at once. A stop does not wait
    /// for the grace.
    pub fn retire_after(mut self, grace: Duration) -> Self {
        self.retirement.grace = grace.min(LONGEST);
        self
    }

    /// Calls a function right before a replaced value is freed: nobody reads the value any more, and its
    /// [grace](Self::retire_after) is over. Several functions are called in the order in which they were added.
    ///
    /// The function runs on a thread on which it may block, never on a reader's thread. It is called for one value at a time;
    /// other replaced values wait meanwhile. A panic is logged, and the value is still freed.
    ///
    /// It is called once for each value that the service frees. A stop frees the replaced values that nobody holds, and waits
    /// for these calls. The function is not called for the last visible value, or for values that somebody holds at the
    /// [stop](crate::Control::stop): their holders free them. If the runtime is shut down before the service, values may be
    /// freed without a call.
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
