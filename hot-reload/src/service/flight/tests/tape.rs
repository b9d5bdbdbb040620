//! A recorded run of a machine can be replayed, and a forged recording is noticed.

use super::*;
use crate::service::machine::{Load, Machine, Regime, Verdict};
use crate::watch::WatchProfile;

fn machine(seed: u64) -> Machine {
    Machine::new(settings(), Jitter::from_seed(seed))
}

fn settings() -> Arc<Settings> {
    Settings::hybrid(seconds(10), WatchProfile::unknown()).into()
}

/// Tells a machine something at random for a while, as its driver would.
fn recorded(seed: u64, steps: usize, capacity: usize, news: bool) -> Tape {
    let mut machine = machine(seed);
    let mut tape = Tape::new(settings(), Jitter::from_seed(seed), capacity);
    let mut dice = Jitter::from_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut below = |bound: u64| dice.up_to(seconds(bound)).as_secs();
    let (mut now, mut input) = (Duration::ZERO, Input::Started);
    let (mut load, mut opening, mut open): (Option<Load>, bool, bool) = (None, false, false);
    for _ in 0..steps {
        let actions = machine.handle(now, input);
        tape.handled(now, input, actions, machine.watch());
        if news {
            tape.keep_longer();
        }
        load = actions.load.or(load);
        opening |= actions.open;
        if below(8) == 0 {
            let wanted = (below(2) == 0).then(|| seconds(below(20)));
            machine.want(wanted);
            tape.wanted(wanted);
        }
        let chance = below(10);
        input = match chance {
            _ if opening && below(2) == 0 => {
                (opening, open) = (false, true);
                Input::Opened
            }
            0 if open || opening => {
                (opening, open) = (false, false);
                Input::Lost(Regime::Passing)
            }
            1 | 2 if open => Input::Hint,
            3 => Input::Requested(Trigger::Manual),
            4.. if load.take().is_some() => {
                let verdicts = [Verdict::Published, Verdict::Unchanged, Verdict::Rejected];
                Input::Loaded(verdicts[below(3) as usize % 3])
            }
            _ => Input::Tick,
        };
        now = match (input, machine.next_tick()) {
            (Input::Tick, Some(tick)) => tick.max(now),
            _ => now + Duration::from_millis(below(500)),
        };
    }
    tape
}

#[test]
fn tape_is_replayed_after_any_number_of_evictions() {
    for seed in 1..200 {
        for steps in [1, 5, 63, 64, 65, 300] {
            for news in [true, false] {
                let tape = recorded(seed, steps, 64, news);
                let replayed = tape.replay();
                assert!(replayed.is_ok(), "seed {seed}, {steps} steps: {replayed:?}");
                let replayed = replayed.unwrap_or_default();
                let least = if news { steps.min(64) * 2 / 3 } else { 0 };
                assert!(
                    (least..=tape.len()).contains(&replayed),
                    "seed {seed}: {replayed} of {steps}"
                );
            }
        }
    }
}

#[test]
fn forged_answer_is_found_and_named() {
    let mut tape = recorded(7, 40, 64, true);
    tape.forge_answer();
    let Err(divergence) = tape.replay() else {
        panic!("it must diverge");
    };
    assert_eq!(divergence.followed, 0);
    assert!(
        divergence
            .to_string()
            .contains("Started at 0ns was answered by"),
        "{divergence}"
    );
}

#[test]
fn p17_tape_is_short_while_nothing_new_happens() {
    let mut tape = recorded(3, 100, 64, true);
    assert_eq!(tape.len(), 64);
    tape.keep_longer();
    let mut lengths = vec![tape.len()];
    for now in 0..64 {
        tape.handled(
            seconds(10_000 + now),
            Input::Hint,
            Actions::default(),
            WatchState::Off,
        );
        lengths.push(tape.len());
    }
    assert_eq!(
        lengths, [64; 65],
        "what led to the news stays as long as there is room"
    );
    for now in 0..200 {
        tape.handled(
            seconds(20_000 + now),
            Input::Hint,
            Actions::default(),
            WatchState::Off,
        );
        assert!(tape.len() <= 8);
    }
    tape.keep_longer();
    for now in 0..200 {
        tape.handled(
            seconds(30_000 + now),
            Input::Hint,
            Actions::default(),
            WatchState::Off,
        );
        lengths.push(tape.len());
    }
    assert_eq!(lengths.iter().max(), Some(&64));
    assert_eq!(lengths.last(), Some(&8));
}
