//! The walks: every sequence of inputs under each strategy.

use std::time::Duration;

use super::super::super::settings::{INTERVAL_FLOOR, Settings};
use super::super::Input;
use super::{DEPTH, Ghost, INSTANT, INTERVAL};
use crate::watch::WatchProfile;

/// A step of a walk.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Input(Input),
    /// The other settings replace the present ones.
    Configure,
}

pub(super) fn walk(ghost: &Ghost, path: &mut Vec<Step>, states: &mut u64) {
    *states += 1;
    // One input more makes the walk several times longer.
    let more = ghost.delivers
        || ghost.has_unwatched
        || ghost.machine.idle().is_some()
        || ghost.other.is_some();
    let more = usize::from(more) + usize::from(ghost.planning);
    if path.len() == DEPTH - more {
        return;
    }
    let inputs = ghost.inputs().into_iter();
    let inputs = inputs.map(|(now, input)| (now, Step::Input(input)));
    let configure = ghost
        .other
        .is_some()
        .then_some((ghost.now + INSTANT, Step::Configure));
    for (now, step) in inputs.chain(configure) {
        let mut next = ghost.clone();
        next.now = now;
        path.push(step);
        let result = match step {
            Step::Input(input) => next.step(input),
            Step::Configure => next.configure(),
        };
        if let Err(broken) = result {
            panic!("{broken}\nafter {path:?}\nin {:?}", next.machine);
        }
        walk(&next, path, states);
        path.pop();
    }
}

fn walk_all(settings: Settings) -> u64 {
    let mut states = 0;
    walk(&Ghost::new(settings), &mut Vec::new(), &mut states);
    states
}

#[test]
fn every_sequence_of_inputs_under_polling() {
    assert!(walk_all(Settings::polling(INTERVAL)) > 2_000);
}

#[test]
fn every_sequence_of_inputs_under_realtime() {
    let states = walk_all(Settings::realtime(INTERVAL, WatchProfile::local()));
    assert!(states > 100_000, "{states}");
}

#[test]
fn every_sequence_of_inputs_under_hybrid() {
    let states = walk_all(Settings::hybrid(INTERVAL, WatchProfile::local()));
    assert!(states > 100_000, "{states}");
}

#[test]
fn p04_all_input_sequences_under_hybrid_with_a_short_heartbeat() {
    for heartbeat in [Duration::ZERO, INTERVAL / 2] {
        let profile = WatchProfile {
            heartbeat,
            ..WatchProfile::local()
        };
        let states = walk_all(Settings::hybrid(INTERVAL, profile));
        assert!(states > 100_000, "{states}");
    }
}

#[test]
fn all_input_sequences_under_hybrid_with_debounce_and_a_limit() {
    let states = walk_all(Settings::hybrid(INTERVAL, WatchProfile::unknown()));
    assert!(states > 100_000, "{states}");
}

#[test]
fn all_input_sequences_under_hybrid_with_a_wanted_pause() {
    let mut ghost = Ghost::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    ghost.machine.want(Some(Duration::ZERO));
    ghost.heartbeat = Some(INTERVAL_FLOOR);
    let mut states = 0;
    walk(&ghost, &mut Vec::new(), &mut states);
    assert!(states > 100_000, "{states}");
}

#[test]
fn p03_all_input_sequences_with_content() {
    for profile in [WatchProfile::local(), WatchProfile::unknown()] {
        let mut ghost = Ghost::new(Settings::hybrid(INTERVAL, profile));
        ghost.delivers = true;
        let mut states = 0;
        walk(&ghost, &mut Vec::new(), &mut states);
        assert!(states > 20_000, "{states}");
    }
}

#[test]
fn p04_all_input_sequences_with_an_unwatched_part() {
    for settings in [Settings::realtime, Settings::hybrid] {
        let mut ghost = Ghost::new(settings(INTERVAL, WatchProfile::local()));
        ghost.has_unwatched = true;
        let mut states = 0;
        walk(&ghost, &mut Vec::new(), &mut states);
        assert!(states > 20_000, "{states}");
    }
}

#[test]
fn p09_all_input_sequences_with_plans() {
    let disabled = Settings {
        enabled: false,
        ..Settings::hybrid(INTERVAL, WatchProfile::local())
    };
    for (delivers, other) in [(false, None), (true, None), (false, Some(disabled))] {
        let mut ghost = Ghost::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
        ghost.planning = true;
        ghost.delivers = delivers;
        ghost.other = other;
        let mut states = 0;
        walk(&ghost, &mut Vec::new(), &mut states);
        assert!(states > 20_000, "{states}");
    }
}

#[test]
fn p20_all_input_sequences_with_an_idle_timeout() {
    let profile = WatchProfile {
        idle: Some(Duration::from_secs(30)),
        ..WatchProfile::local()
    };
    let states = walk_all(Settings::hybrid(INTERVAL, profile));
    assert!(states > 20_000, "{states}");
}
