//! [`Participant`]: a component that prepares for a value before it is published.

use std::error::Error as StdError;

use async_trait::async_trait;

/// A component that must be ready for a value before it becomes visible: a connection pool, a listener, a certificate store.
///
/// When a value has been loaded and validated, all participants of the service prepare for it, at the same time. If all are ready,
/// the value becomes visible and all commit. If one refuses or misses the deadline, all others abort, and the last good value
/// stays. The outcome is then [`Rejected`](crate::Outcome::Rejected) at stage [`Prepare`](crate::event::Stage::Prepare). Its error
/// and the [`Receipt`](crate::Receipt) name the participant and its reason.
///
/// # Contract
///
/// 1. `prepare` opens the resources that the value needs, and changes nothing that is in use. It may be called for values that
///    never become visible, and again for a value that it has refused.
/// 2. `prepare` returns everything that it opened. Dropping that releases it. A service that ends in between only drops it.
/// 3. After `prepare`, either `commit` or `abort` is called, at most once.
/// 4. `commit` cannot refuse. It puts the prepared resources in place of those in use. It should be quick: the value is visible,
///    but subscribers are notified only afterwards. Participants commit one after the other, in the order in which they were added.
///    If one panics or misses its deadline, the value stays visible; the log and the [`Vote`](crate::status::Vote) report it.
/// 5. Each call has a deadline ([`prepare_deadline`](crate::Builder::prepare_deadline)), and its panics are caught. A call that
///    misses its deadline is dropped, with everything that it holds.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use hot_reload::{Participant, async_trait};
///
/// # #[derive(Clone)] struct Pool; impl Pool {
/// #     async fn connect(url: &str) -> Result<Self, std::io::Error> { let _ = url; Ok(Self) } }
/// struct Config {
///     database: String,
/// }
///
/// /// The pool that is in use.
/// #[derive(Clone)]
/// struct Database(Arc<Mutex<Pool>>);
///
/// #[async_trait]
/// impl Participant<Config> for Database {
///     type Prepared = Pool;
///
///     async fn prepare(
///         &self,
///         candidate: &Config,
///     ) -> Result<Pool, Box<dyn std::error::Error + Send + Sync>> {
///         Ok(Pool::connect(&candidate.database).await?)
///     }
///
///     async fn commit(&self, pool: Pool) {
///         *self.0.lock().unwrap() = pool;
///     }
/// }
/// ```
#[async_trait]
pub trait Participant<V>: Send + Sync {
    /// The resources that were opened for a candidate.
    type Prepared: Send + 'static;

    /// Prepares for a candidate.
    ///
    /// # Errors
    ///
    /// If the candidate cannot be used. The service tries it again when the content changes, when a person requests a reload, and
    /// after five minutes. A source without revisions cannot report whether its content has changed, so each load tries it again.
    async fn prepare(
        &self,
        candidate: &V,
    ) -> Result<Self::Prepared, Box<dyn StdError + Send + Sync>>;

    /// Prepares for a candidate, given the value that it would replace. Provided: calls [`prepare`](Self::prepare).
    ///
    /// The service calls only this method. `visible` is the value that readers see; it is `None` before the first value. Implement it
    /// where the difference matters: to open only what has changed, or to empty the affected part of a cache. For such a
    /// cache see `docs::patterns`.
    ///
    /// For a participant of a [group's](crate::Coordinator) member, both are values of the member.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    async fn prepare_from(
        &self,
        visible: Option<&V>,
        candidate: &V,
    ) -> Result<Self::Prepared, Box<dyn StdError + Send + Sync>>
    where
        V: Sync,
    {
        let _ = visible;
        self.prepare(candidate).await
    }

    /// The value is visible: uses the prepared resources from now on.
    async fn commit(&self, prepared: Self::Prepared);

    /// The candidate does not become visible: releases the prepared resources. Provided: drops them.
    async fn abort(&self, prepared: Self::Prepared) {
        drop(prepared);
    }
}
