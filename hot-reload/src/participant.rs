//! [`Participant`]: a component that takes part in the swap of a value.

use std::error::Error as StdError;

use async_trait::async_trait;

/// A component that has to be ready for a value before it becomes visible: a pool of connections, a listener, a store of
/// certificates.
///
/// When a value has been loaded and validated, all participants of the service prepare for it, at the same time. If all
/// are ready, the value becomes visible and all commit; if one refuses, or does not answer in time, it is as if the value
/// had never been: all that were ready abort, and the last good value stays. Who refused, and why, stands in the
/// [`Receipt`](crate::Receipt) and in the error of the outcome, which is [`Rejected`](crate::Outcome::Rejected) at stage
/// [`Prepare`](crate::Stage::Prepare).
///
/// # Contract
///
/// 1. `prepare` opens whatever the value takes, and changes nothing that is in use. It may be called for values that never
///    become visible, and again for a value that it has refused.
/// 2. What it opened is in what it returns, and goes when that is dropped. A service that ends in between only drops it.
/// 3. After `prepare` has answered, one of `commit` and `abort` is called at most once, and never both.
/// 4. `commit` cannot refuse. It puts what was prepared in the place of what was in use. The value is visible already, but
///    nobody has been told; so it should be quick. Participants commit one after the other, in the order in which they were
///    named. One that panics or misses its deadline leaves the value visible; it is logged, and stands in the
///    [`Vote`](crate::Vote).
/// 5. Each call has a deadline ([`prepare_deadline`](crate::Builder::prepare_deadline)), and a panic in it is contained. A
///    call that misses its deadline is dropped, and what it had in hand with it.
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
    /// What was opened for a value that is not visible yet.
    type Prepared: Send + 'static;

    /// Gets ready for a value.
    ///
    /// # Errors
    ///
    /// Why the value cannot be used. It is not tried again until it has changed, somebody asks for it, or five minutes have
    /// passed; of a source without revisions, which cannot tell whether it has changed, it is prepared for at each look.
    async fn prepare(
        &self,
        candidate: &V,
    ) -> Result<Self::Prepared, Box<dyn StdError + Send + Sync>>;

    /// The value is visible.
    async fn commit(&self, prepared: Self::Prepared);

    /// The value will not become visible.
    async fn abort(&self, prepared: Self::Prepared) {
        drop(prepared);
    }
}
