//! The invariants of a service at rest, and the longest time until rest.

use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, HoldReason};
use hot_reload::{Generation, Outcome, Status};

use super::record::Value;
use super::reference::{Reference, demand};
use super::schedule::{Mode, Round, Setup, What};
use crate::script::{Content, Failing, Hanging, Missing};

/// The observed state of a service at rest.
pub(super) struct Observed {
    pub(super) visible: Option<Value>,
    pub(super) status: Status,
    pub(super) history: Vec<Value>,
    /// The prepared values that were neither committed nor aborted.
    pub(super) open: usize,
    pub(super) most_running: u32,
    /// How many hold the source.
    pub(super) holders: usize,
}

pub(super) fn check(reference: &Reference, observed: &Observed) -> Result<(), String> {
    let status = &observed.status;
    demand(
        observed.visible.as_ref() == reference.visible(),
        "a value became visible without a commit of the participant",
    )?;
    demand(
        reference.history == observed.history,
        "another history is kept",
    )?;
    demand(observed.most_running <= 1, "two loads at once")?;
    let generation = status.generation.map(Generation::get);
    let visible = reference.visible().cloned();
    let expected = visible.as_ref().map(|visible| visible.generation);
    if reference.stopped {
        demand(status.stopped, "it does not say that it has stopped")?;
        demand(
            observed.open == 0,
            "something prepared is left after the stop",
        )?;
        return demand(
            observed.holders == 0,
            "somebody holds the source after the stop",
        );
    }
    demand(generation == expected, "the status has another generation")?;
    let published = status.counters.published;
    demand(
        published == expected.unwrap_or(0),
        "it has counted otherwise",
    )?;
    let hold = status.hold.as_ref().map(|hold| hold.reason);
    let is_paused = hold == Some(HoldReason::Paused);
    demand(is_paused == reference.paused, "paused or not")?;
    if !reference.promised {
        // There may have been no load.
        return Ok(());
    }
    demand(
        reference.loaded,
        "no load has seen the content of the source",
    )?;
    let missing = reference.held == Missing;
    let value = reference.value_of(&reference.held);
    let is_visible = value.is_some() && value == visible.as_ref().map(|visible| &*visible.text);
    let outcome = status.last_attempt.as_ref().map(|attempt| &attempt.outcome);
    let (well, held) = (status.last_error.is_none(), status.hold.is_some());
    let right = match is_visible {
        // A default is no value of the source.
        true => well && (missing || status.data == DataState::Fresh),
        false if !well => status.data != DataState::Fresh,
        false if missing => held || matches!(outcome, Some(Outcome::Missing)),
        false => held && status.data != DataState::Stale,
    };
    let said = || {
        format!(
            "the source holds {:?}, and the status does not fit: {status:?}",
            reference.held
        )
    };
    right.then_some(()).ok_or_else(said)
}

/// The longest that it may take until everything is at rest: a bound made of the constants of the service.
pub(super) fn patience(setup: &Setup, round: &Round, reference: &Reference) -> Duration {
    if reference.stopping {
        return STOP;
    }
    let whats = || round.0.iter().map(|step| &step.what);
    let set = |wanted: &dyn Fn(&Content) -> bool| {
        whats().any(|what| match what {
            What::Set(content) | What::SetMuted(content) => wanted(content),
            _ => false,
        })
    };
    let muted = whats().any(|what| matches!(what, What::SetMuted(_)));
    let refuses = whats().any(|what| matches!(what, What::Refuse(_))) || reference.refuses;
    let hangs = reference.held == Hanging || set(&|content| *content == Hanging);
    let denied = |content: &Content| *content == Failing(ErrorKind::Denied);
    // A running load that fails, the next one, and a period between them.
    let mut patience = PERIOD * 2 + REMOVAL_CONFIRM + SMALL * (4 + whats().count() as u32);
    if hangs {
        let asked = whats().filter(|what| matches!(what, What::Ask(_)));
        patience += LOAD_DEADLINE * (3 + asked.count() as u32);
    }
    if muted && setup.mode == Mode::Hybrid {
        patience += HEARTBEAT;
    }
    if refuses {
        patience += QUARANTINE + PERIOD;
    }
    if reference.is_denied() || set(&denied) {
        patience += REFUSED;
    }
    patience
}

/// The period of polling, and the longest wait between two attempts at a failing source.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);
/// The same with jitter.
const PERIOD: Duration = Duration::from_secs(11);
const HEARTBEAT: Duration = Duration::from_secs(72);
const REMOVAL_CONFIRM: Duration = Duration::from_secs(1);
const LOAD_DEADLINE: Duration = Duration::from_secs(10);
const QUARANTINE: Duration = Duration::from_secs(5 * 60);
const REFUSED: Duration = Duration::from_secs(60 * 60);
/// A load that does not hang.
const SMALL: Duration = Duration::from_millis(250);
/// A stop waits for nothing.
const STOP: Duration = Duration::from_secs(1);
