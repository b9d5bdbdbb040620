//! [`Settings`]: the options of a run, from environment variables.

use std::fs;
use std::time::Duration;

use crate::schedule::{Round, rounds};

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `HOT_RELOAD_SEED`: that of the first lane, the others count up from it.
    pub(crate) seed: u64,
    /// `HOT_RELOAD_ROUNDS`: in each lane.
    pub(crate) rounds: usize,
    /// `HOT_RELOAD_REPLAY`: these instead of random ones, so often. A file, or the rounds themselves.
    pub(crate) replay: Option<Vec<Round>>,
    /// `HOT_RELOAD_SHRINK=0` leaves a failing schedule as it is.
    pub(crate) shrink: bool,
    /// `HOT_RELOAD_PATIENCE`: how many seconds the test waits for a change.
    pub(crate) patience: Duration,
    /// `HOT_RELOAD_HOURS`: for how long the soak test goes on.
    pub(crate) hours: Option<f64>,
}

impl Settings {
    /// With so many rounds in each lane, unless it says otherwise.
    pub(crate) fn with_rounds(usual: usize) -> Self {
        let replay = text("REPLAY").map(|text| {
            let text = fs::read_to_string(&text).unwrap_or(text);
            rounds(&text).expect("HOT_RELOAD_REPLAY")
        });
        Self {
            seed: number("SEED").map_or(1, |seed| seed as u64),
            rounds: number("ROUNDS").map_or(usual, |rounds| rounds as usize),
            replay,
            shrink: number("SHRINK") != Some(0.0),
            patience: Duration::from_secs_f64(number("PATIENCE").unwrap_or(10.0)),
            hours: number("HOURS"),
        }
    }
}

fn text(name: &str) -> Option<String> {
    std::env::var(format!("HOT_RELOAD_{name}")).ok()
}

fn number(name: &str) -> Option<f64> {
    let text = text(name)?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("HOT_RELOAD_{name} is no number: {text}")))
}
