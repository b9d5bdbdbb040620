//! [`Probation`]: watches a new value in use. If it fails, the last proven value is restored.

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
use crate::service::shared::request::To;
use crate::snapshot::{Generation, Keepsake, Snapshot};

/// A time in which a new value has to prove itself after it has become visible: from
/// [`Builder::probation`](crate::Builder::probation).
///
/// What can be found out before, [validators](crate::Builder::validate) and [participants](crate::Participant) find out. This
/// is for what only shows in use: the rate of errors, the queue that does not get shorter.
///
/// If the value fails, the last that has not comes back, as a new generation, and the content of the source is rejected: it is
/// not published again before it has changed, or somebody calls [`reload`](crate::Control::reload) or
/// [`resume`](crate::Control::resume). No timer lifts that, for a value that fails in use shall not come back every few
/// minutes. [`Status::hold`](crate::Status) tells. A value that is published during the probation of another begins one of
/// its own, and if it fails, the last that has proven itself comes back.
///
/// If a [participant](crate::Participant) refuses the way back, the value stays, and its probation begins anew with the next
/// load of the source. The last value that has proven itself is kept in memory for as long as it may be needed.
///
/// The first value of a service has no probation, because there is none to go back to; nor has one that is brought back.
pub struct Probation<V> {
    window: Duration,
    begin: Box<dyn Fn(Snapshot<V>) -> Proving + Send + Sync>,
}

/// Whether a value has proven itself, when that is known.
type Proving = BoxFuture<'static, Result<(), Error>>;

impl<V: Send + Sync + 'static> Probation<V> {
    /// This future is run with each new value. If it ends with an error within `window`, or panics, the value has failed. If
    /// it ends without one, or not at all, the value has proven itself.
    ///
    /// It is part of the service's task, and dropped when the window ends, when another value becomes visible, or with the
    /// service. So it must not block.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hot_reload::{Probation, Snapshot};
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

    /// This is asked each second for as long as `window`, and once more at its end. If it says why not, or panics, the value
    /// has failed.
    ///
    /// It is called on the service's task, so it must not block.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::time::Duration;
    ///
    /// use hot_reload::Probation;
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
    // What it says is put into words inside, for these are the user's, too.
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
pub(crate) struct Trial<'p, V> {
    probation: &'p Probation<V>,
    /// The newest that has.
    proven: Option<Keepsake<V>>,
    /// The visible one, if it has not.
    running: Option<Running<V>>,
    /// The one that has failed, until another is visible in its place.
    failed: Option<Failed>,
}

#[derive(Clone, Copy)]
struct Failed {
    generation: Generation,
    loaded: bool,
}

struct Running<V> {
    value: Keepsake<V>,
    /// Whether the source held it.
    loaded: bool,
    end: Proving,
}

/// How a trial ended.
pub(crate) enum Proof<V> {
    /// It is proven, and whether the source held it.
    Proven(Snapshot<V>, bool),
    /// It has failed, and why; this shall be in its place.
    Failed { to: To<V>, error: Error },
}

impl<'p, V> Trial<'p, V> {
    pub(crate) fn new(probation: &'p Probation<V>) -> Self {
        Self {
            probation,
            proven: None,
            running: None,
            failed: None,
        }
    }

    /// This value is visible now, loaded or not. Returns whether it is proven already.
    pub(crate) fn visible(&mut self, value: &Snapshot<V>, loaded: bool) -> bool {
        let known = self.running.as_ref().map(|running| &running.value);
        let known = known.or(self.proven.as_ref());
        if known.is_some_and(|known| known.snapshot().generation() == value.generation()) {
            return self.running.is_none();
        }
        let ended = self.running.take();
        discard(ended);
        let failed = self.failed.take();
        // Its way back was refused: it is tried once more.
        let failed = failed.filter(|failed| failed.generation == value.generation());
        if self.proven.is_none() || value.origin().is_some() {
            self.proven = Some(Keepsake::of(value));
            return true;
        }
        self.running = Some(Running {
            value: Keepsake::of(value),
            loaded: loaded || failed.is_some_and(|failed| failed.loaded),
            end: (self.probation.begin)(value.clone()),
        });
        false
    }

    /// The number of the visible value, if it has not proven itself.
    pub(crate) fn on_probation(&self) -> Option<Generation> {
        let running = self.running.as_ref();
        let running = running.map(|running| running.value.snapshot().generation());
        let failed = self.failed.map(|failed| failed.generation);
        running.or(failed)
    }

    /// Ends the run of this service: no value is on probation or kept for a rollback any more.
    pub(crate) fn end(&mut self) {
        let ended = (self.running.take(), self.proven.take());
        discard(ended);
    }

    /// Waits for the end of the trial that is running. Cancel safe.
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
                    to: To::Proven {
                        proven: Keepsake::of(proven.snapshot()),
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
                self.proven = Some(Keepsake::of(&value));
                Proof::Proven(value, loaded)
            }
        };
        let ended = self.running.take();
        discard(ended);
        proof
    }
}

/// Waits for the end of the trial that is running. Pending without a probation. Cancel safe.
pub(crate) async fn trial_ended<V>(trial: &mut Option<Box<Trial<'_, V>>>) -> Proof<V> {
    match trial {
        Some(trial) => trial.ended().await,
        None => pending().await,
    }
}
