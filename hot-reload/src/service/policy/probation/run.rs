//! [`ProbationRun`]: the value on probation, and the proven one, while a service runs.

use std::future::pending;
use std::time::{Duration, SystemTime};

use super::{EndsBy, Probation, Proving};
use crate::clock::time_of_day;
use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Stage};
use crate::panics::discard;
use crate::service::shared::request::RollbackTo;
use crate::snapshot::{EngineShare, Generation, Snapshot};

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
    /// Until when it must be confirmed.
    confirm_by: Option<SystemTime>,
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
            confirm_by: match self.probation.ends_by {
                EndsBy::Time => None,
                EndsBy::Confirmation => time_of_day().checked_add(self.probation.window),
            },
        });
        false
    }

    /// Until when the visible value must be confirmed.
    pub(crate) fn confirm_by(&self) -> Option<SystemTime> {
        self.running.as_ref()?.confirm_by
    }

    /// The value that must be confirmed, the time for that, and the generation that returns otherwise.
    pub(crate) fn unconfirmed(&self) -> Option<(Generation, Duration, Generation)> {
        let (running, proven) = (self.running.as_ref()?, self.proven.as_ref()?);
        running.confirm_by?;
        let [generation, before] = [&running.value, proven].map(|it| it.snapshot().generation());
        Some((generation, self.probation.window, before))
    }

    /// Ends the probation of this generation: its value is proven.
    ///
    /// # Errors
    ///
    /// It is not on probation.
    pub(crate) fn confirm(&mut self, generation: Generation) -> Result<Proof<V>, Error> {
        let is_it = |running: &mut Running<V>| running.value.snapshot().generation() == generation;
        let Some(running) = self.running.take_if(is_it) else {
            return Err(not_on_probation(generation, self.on_probation()));
        };
        let value = running.value.snapshot().clone();
        let loaded = running.loaded;
        let before = self.proven.replace(EngineShare::of(&value));
        discard((running, before));
        Ok(Proof::Proven(value, loaded))
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

/// The error of a confirmation of another generation than the one on probation.
pub(crate) fn not_on_probation(generation: Generation, on_probation: Option<Generation>) -> Error {
    let text = match on_probation {
        Some(other) if other == generation => {
            format!("generation {generation} has failed its probation already")
        }
        Some(other) => {
            format!("generation {generation} is not on probation; generation {other} is")
        }
        None => format!("generation {generation} is not on probation; none is"),
    };
    Error::new(ErrorKind::Conflict, text)
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
