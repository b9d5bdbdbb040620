//! [`Probation`]: tests a new value in use. If the value fails, the service rolls back to the last proven one.

pub(crate) mod run;

use std::fmt;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, sleep_until};

use crate::error::{Error, ErrorKind};
use crate::event::Stage;
use crate::service::boundary::within;
use crate::service::settings::{LONGEST, PROBATION_CHECK};
use crate::snapshot::Snapshot;

/// Watches a new value in use for some time after it has become visible: from
/// [`Builder::probation`](crate::Builder::probation).
///
/// [Validators](crate::Builder::validate) and [participants](crate::Participant) check a value before it becomes visible. A
/// probation checks what only shows in use, such as the rate of errors or the length of a queue.
///
/// If the value fails, the last proven value is published again, as a new generation, and the content of the source is
/// rejected. It is not published again until it changes, or until [`reload`](crate::Control::reload) or
/// [`resume`](crate::Control::resume) is called. No timer ends this hold, because a value that fails in use must not return
/// every few minutes. [`Status::hold`](crate::Status) has the reason. A value that is published during a probation begins a
/// probation of its own. If it fails, the last proven value is published again.
///
/// If a [participant](crate::Participant) refuses the rollback, the failed value stays visible, and its probation begins again
/// with the next load of the source. The last proven value is kept in memory for as long as it may be needed.
///
/// The first value of a service has no probation, because no earlier value exists. Neither has the value of a rollback.
pub struct Probation<V> {
    window: Duration,
    begin: Box<dyn Fn(Snapshot<V>) -> Proving + Send + Sync>,
    ends_by: EndsBy,
}

/// What a value on probation needs to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndsBy {
    Time,
    Confirmation,
}

/// Resolves at the end of a probation: an error means that the value has failed.
type Proving = BoxFuture<'static, Result<(), Error>>;

impl<V: Send + Sync + 'static> Probation<V> {
    /// Runs a future for each new value. The value fails if the future returns an error within `window`, or panics. The value
    /// passes if the future returns `Ok`, or is still running at the end of `window`.
    ///
    /// The future is part of the service's task, so it must not block. It is dropped when the window ends, when another value
    /// becomes visible, or when the service stops.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hot_reload::Snapshot;
    /// use hot_reload::policy::Probation;
    ///
    /// # struct Config { upstream: String }
    /// # async fn is_well(upstream: &str) -> Result<(), std::io::Error> { let _ = upstream; Ok(()) }
    /// let probation = Probation::new(Duration::from_secs(60), |config: Snapshot<Config>| async move {
    ///     loop {
    ///         tokio::time::sleep(Duration::from_secs(5)).await;
    ///         is_well(&config.upstream).await?;
    ///     }
    ///     # #[allow(unreachable_code)] Ok::<(), std::io::Error>(())
    /// });
    /// # drop(probation);
    /// ```
    pub fn new<F, E>(
        window: Duration,
        check: impl Fn(Snapshot<V>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let window = window.min(LONGEST);
        let check = Arc::new(check);
        Self {
            window,
            begin: Box::new(move |value| {
                let check = Arc::clone(&check);
                Box::pin(async move { prove(window, value, &*check).await })
            }),
            ends_by: EndsBy::Time,
        }
    }

    /// The value fails at the end of `window`, unless somebody calls [`Control::confirm`](crate::Control::confirm) before.
    ///
    /// Use it for edits that can lock people out: of the network, of an account, of the admin endpoint. An
    /// operator who can still confirm is not locked out. The log has the time for each confirmation, and
    /// [`Status::confirm_by`](crate::Status::confirm_by) its deadline.
    ///
    /// A value that is published during the window needs a confirmation of its own, and a confirmation of the replaced one is
    /// refused. If nobody confirms it, the last confirmed value returns. A restart of the process ends the probation: the new
    /// process begins with the content of the source, and its first value needs no confirmation.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hot_reload::policy::Probation;
    ///
    /// # struct Config;
    /// let probation = Probation::<Config>::until_confirmed(Duration::from_secs(600));
    /// # drop(probation);
    /// ```
    pub fn until_confirmed(window: Duration) -> Self {
        let window = window.min(LONGEST);
        Self {
            window,
            begin: Box::new(move |value| {
                let generation = value.generation();
                Box::pin(async move {
                    sleep(window).await;
                    let text = format!(
                        "generation {generation} failed its probation: nobody has confirmed it within {window:?}"
                    );
                    Err(Error::new(ErrorKind::Invalid, text))
                })
            }),
            ends_by: EndsBy::Confirmation,
        }
    }

    /// Calls a function each second during `window`, and once more at its end. The value fails if the function returns an
    /// error, or panics.
    ///
    /// The function runs on the service's task, so it must not block.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::time::Duration;
    ///
    /// use hot_reload::policy::Probation;
    ///
    /// # struct Config;
    /// static ERRORS: AtomicU64 = AtomicU64::new(0);
    ///
    /// let probation = Probation::check(Duration::from_secs(60), |_: &Config| {
    ///     match ERRORS.load(Ordering::Relaxed) {
    ///         0..100 => Ok(()),
    ///         errors => Err(format!("{errors} errors")),
    ///     }
    /// });
    /// # drop(probation);
    /// ```
    pub fn check<E: Display>(
        window: Duration,
        check: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let check = Arc::new(check);
        let window = window.min(LONGEST);
        Self::new(window, move |snapshot: Snapshot<V>| {
            let check = Arc::clone(&check);
            async move {
                let mut next = Instant::now();
                let end = next + window;
                while next < end {
                    next = (next + PROBATION_CHECK).min(end);
                    sleep_until(next).await;
                    check(&snapshot).map_err(|error| error.to_string())?;
                }
                Ok::<(), String>(())
            }
        })
    }
}

async fn prove<V, F, E>(
    window: Duration,
    value: Snapshot<V>,
    check: impl Fn(Snapshot<V>) -> F,
) -> Result<(), Error>
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let generation = value.generation();
    // The error is converted to text inside the panic boundary, because its `Display` is the code of the user.
    let proof = || async { check(value).await.map_err(|why| why.to_string()) };
    let why = match within(Stage::Commit, window, "it went on", proof).await {
        Ok(Ok(())) => return Ok(()),
        Err(silent) if silent.kind() == ErrorKind::Timeout => return Ok(()),
        Ok(Err(why)) => why,
        Err(panic) => panic.to_string(),
    };
    let text = format!("generation {generation} failed its probation: {why}");
    Err(Error::new(ErrorKind::Invalid, text))
}

impl<V> fmt::Debug for Probation<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probation")
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
