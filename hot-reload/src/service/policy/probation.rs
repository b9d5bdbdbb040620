//! [`Probation`]: tests a new value in use. If the value fails, the service rolls back to the last proven one.

use std::fmt;
use std::fmt::Display;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Stage};
use crate::panics::discard;
use crate::service::boundary::within;
use crate::service::settings::{LONGEST, PROBATION_CHECK};
use crate::service::shared::request::RollbackTo;
use crate::snapshot::{EngineShare, Generation, Snapshot};

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

/// The proven values of one run, and the one on probation.
pub(crate) struct ProbationRun<'p, V> {
    probation: &'p Probation<V>,
    /// The newest proven value.
    proven: Option<EngineShare<V>>,
    /// The visible value, while it is on probation.
    running: Option<Running<V>>,
    /// The failed value, until another value is visible.
    failed: Option<Failed>,
}

#[derive(Clone, Copy)]
struct Failed {
    generation: Generation,
    loaded: bool,
}

struct Running<V> {
    value: EngineShare<V>,
    /// Whether it came from the source.
    loaded: bool,
    end: Proving,
}

/// The result of a probation.
pub(crate) enum Proof<V> {
    /// The value is proven. The flag says whether it came from the source.
    Proven(Snapshot<V>, bool),
    /// The value has failed with this error, and `to` must replace it.
    Failed { to: RollbackTo<V>, error: Error },
}

impl<'p, V> ProbationRun<'p, V> {
    pub(crate) fn new(probation: &'p Probation<V>) -> Self {
        Self {
            probation,
            proven: None,
            running: None,
            failed: None,
        }
    }

    /// Notes that this value is visible now. `loaded` says whether it came from the source. Returns whether it is proven
    /// already.
    pub(crate) fn visible(&mut self, value: &Snapshot<V>, loaded: bool) -> bool {
        let known = self.running.as_ref().map(|running| &running.value);
        let known = known.or(self.proven.as_ref());
        if known.is_some_and(|known| known.snapshot().generation() == value.generation()) {
            return self.running.is_none();
        }
        let ended = self.running.take();
        discard(ended);
        let failed = self.failed.take();
        // Its rollback was refused, so it begins another probation.
        let failed = failed.filter(|failed| failed.generation == value.generation());
        if self.proven.is_none() || value.origin().is_some() {
            self.proven = Some(EngineShare::of(value));
            return true;
        }
        self.running = Some(Running {
            value: EngineShare::of(value),
            loaded: loaded || failed.is_some_and(|failed| failed.loaded),
            end: (self.probation.begin)(value.clone()),
        });
        false
    }

    /// The generation of the visible value, if it is not proven.
    pub(crate) fn on_probation(&self) -> Option<Generation> {
        let running = self.running.as_ref();
        let running = running.map(|running| running.value.snapshot().generation());
        let failed = self.failed.map(|failed| failed.generation);
        running.or(failed)
    }

    /// Ends all probations at the end of the run, and drops the kept values.
    pub(crate) fn end(&mut self) {
        let ended = (self.running.take(), self.proven.take());
        discard(ended);
    }

    /// Waits for the end of the probation that is running. Cancel safe.
    pub(crate) async fn ended(&mut self) -> Proof<V> {
        let (Some(running), Some(proven)) = (&mut self.running, &self.proven) else {
            return pending().await;
        };
        let end = (&mut running.end).await;
        let value = running.value.snapshot().clone();
        let loaded = running.loaded;
        let proof = match end {
            Err(error) => {
                let generation = value.generation();
                self.failed = Some(Failed { generation, loaded });
                Proof::Failed {
                    to: RollbackTo::Proven {
                        proven: EngineShare::of(proven.snapshot()),
                        failed: generation,
                        failure: Outcome::Rejected {
                            stage: Stage::Commit,
                            error: error.clone(),
                        },
                    },
                    error,
                }
            }
            Ok(()) => {
                self.proven = Some(EngineShare::of(&value));
                Proof::Proven(value, loaded)
            }
        };
        let ended = self.running.take();
        discard(ended);
        proof
    }
}

/// Waits for the end of the probation that is running. Pending without a probation. Cancel safe.
pub(crate) async fn probation_ended<V>(
    probation: &mut Option<Box<ProbationRun<'_, V>>>,
) -> Proof<V> {
    match probation {
        Some(probation) => probation.ended().await,
        None => pending().await,
    }
}
