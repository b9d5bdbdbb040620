//! Property test of P4: no pause between two loads exceeds its bound, whatever the outcome and the state of the watch.

use std::time::Duration;

use super::super::super::settings::Settings;
use super::super::{Input, LoadFrom, Regime, Verdict};
use super::{Run, seconds};
use crate::backoff::Jitter;
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

/// Every outcome of a load, as an input of the machine.
const OUTCOMES: [Verdict; 10] = [
    Verdict::Published,
    Verdict::Unchanged,
    Verdict::Rejected,
    Verdict::Failed(Regime::Passing),
    Verdict::Failed(Regime::Refused),
    Verdict::Absent,
    Verdict::Missing,
    Verdict::Held(None),
    Verdict::Held(Some(1)),
    Verdict::Held(Some(u32::MAX)),
];

const STATES: [WatchState; 6] = [
    WatchState::Connecting,
    WatchState::Settling,
    WatchState::Trusted,
    WatchState::Untrusted,
    WatchState::Down,
    WatchState::Parked,
];

/// Interval and heartbeat in seconds: each one shorter, both equal, and far apart.
const PERIODS: [(u64, u64); 7] = [
    (10, 60),
    (60, 10),
    (10, 10),
    (1, 3600),
    (3600, 1),
    (3600, 86_400),
    (86_400, 3600),
];

fn hybrid(interval: u64, heartbeat: u64) -> Settings {
    let profile = WatchProfile {
        heartbeat: seconds(heartbeat),
        ..WatchProfile::local()
    };
    Settings::hybrid(seconds(interval), profile)
}

/// Brings the watch of a new service into this state. No load runs afterwards.
fn reach(run: &mut Run, state: WatchState) {
    assert!(run.input(Input::Started).open);
    if state == WatchState::Connecting {
        // The patience for the watch is over before it opens.
        while run.tick().load.is_none() {}
        run.ends(Verdict::Published);
        return;
    }
    assert_eq!(run.loads(Input::Opened), Some(Trigger::Startup));
    run.ends(Verdict::Published);
    let regime = match state {
        WatchState::Down => Some(Regime::Passing),
        WatchState::Parked => Some(Regime::Refused),
        _ => None,
    };
    if let Some(regime) = regime {
        assert!(run.loads(Input::Lost(regime)).is_some());
        run.ends(Verdict::Unchanged);
    }
    if matches!(state, WatchState::Trusted | WatchState::Untrusted) {
        run.idle_until(run.now + seconds(61));
    }
    if state == WatchState::Untrusted {
        // A heartbeat finds a change, and no hint follows.
        while run.tick().load.is_none() {}
        run.ends(Verdict::Published);
        while !run.tick().missed {}
        if run.machine.causes().weightiest().is_some() {
            run.ends(Verdict::Unchanged);
        }
    }
}

/// Ends the current load with this outcome. Returns whether the watch was trusted, and the time until the next load.
fn pause(run: &mut Run, outcome: Verdict) -> (bool, Duration) {
    let ended = run.now;
    let mut load = run.input(Input::Loaded(outcome)).load;
    let mut trusted = false;
    while load.is_none() {
        trusted |= run.machine.watch() == WatchState::Trusted;
        let actions = run.tick();
        trusted |= run.machine.watch() == WatchState::Trusted;
        load = actions.load;
        if actions.open {
            // The server of the watch stays unreachable.
            let lost = run.input(Input::Lost(Regime::Passing));
            load = load.or(lost.load);
        }
    }
    (trusted, run.now - ended)
}

#[test]
fn p04_hybrid_bounds_pauses_in_every_state_after_every_outcome() {
    for (interval, heartbeat) in PERIODS {
        for state in STATES {
            for outcome in OUTCOMES {
                for seed in 0..20_u64 {
                    let case = format!("{interval} s, {heartbeat} s, {state}, {outcome:?}, {seed}");
                    let jitter = match seed {
                        0 => Jitter::none(),
                        seed => Jitter::from_seed(seed * 104_729),
                    };
                    let mut run = Run::with_jitter(hybrid(interval, heartbeat), jitter);
                    reach(&mut run, state);
                    assert_eq!(run.machine.watch(), state, "{case}");
                    let trigger = Input::Requested(Trigger::Http);
                    assert!(run.input(trigger).load.is_some(), "{case}");
                    // The same outcome repeats: retries grow rarer, but stay within the bound.
                    for _ in 0..12 {
                        let (trusted, pause) = pause(&mut run, outcome);
                        let bound = match trusted {
                            true => heartbeat,
                            false => heartbeat.min(interval),
                        };
                        assert!(pause <= seconds(bound), "{case}: {pause:?}, {trusted}");
                    }
                }
            }
        }
    }
}

#[test]
fn p04_polling_bounds_pauses_after_all_outcomes_but_a_refusal() {
    for seed in 1..=200_u64 {
        for outcome in OUTCOMES {
            let jitter = Jitter::from_seed(seed * 7919);
            let mut run = Run::with_jitter(Settings::polling(seconds(10)), jitter);
            assert!(run.input(Input::Started).load.is_some());
            for _ in 0..12 {
                let (_, pause) = pause(&mut run, outcome);
                let bound = match outcome {
                    Verdict::Failed(Regime::Refused) => seconds(3600),
                    _ => seconds(10),
                };
                assert!(pause <= bound, "{outcome:?}, {seed}: {pause:?}");
            }
        }
    }
}

#[test]
fn p04_change_of_trust_keeps_counting_the_period_from_the_last_load() {
    let mut run = Run::settling(hybrid(3600, 100));
    // The watch becomes trusted between two loads.
    let loaded = run.now;
    assert!(run.tick().load.is_none());
    assert_eq!(run.machine.watch(), WatchState::Trusted);
    assert!(run.tick().load.is_some());
    assert_eq!(run.now - loaded, seconds(100));

    // The watch loses trust after the shorter period is over.
    let mut run = Run::settling(Settings::hybrid(
        seconds(1),
        WatchProfile {
            grace: seconds(30),
            ..WatchProfile::local()
        },
    ));
    run.idle_until(seconds(61));
    while run.tick().load.is_none() {}
    run.ends(Verdict::Published);
    let actions = run.tick();
    assert!(actions.missed && actions.load.is_some());
}

#[test]
fn p04_pushed_values_do_not_postpone_the_periodic_load() {
    let mut run = Run::trusted();
    let loaded = run.now;
    let mut loads = 0;
    while run.now < loaded + 10 * super::HEARTBEAT {
        let mut load = run.after(seconds(1)).input(Input::Pushed).load;
        while let Some(next) = load {
            loads += u32::from(next.from == LoadFrom::Source);
            load = run.input(Input::Loaded(Verdict::Published)).load;
        }
    }
    assert_eq!(loads, 10);
}

#[test]
fn p04_pause_wanted_by_the_source_takes_effect_at_once() {
    let mut run = Run::trusted();
    run.after(seconds(5)).machine.want(Some(seconds(1)));
    let before = run.now;
    assert!(run.tick().load.is_some());
    assert!(run.now <= before, "the load is due already");
}

#[test]
fn failure_after_a_rejection_is_retried_soon() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Hint).is_some());
    run.ends(Verdict::Rejected);
    assert!(run.loads(Input::Hint).is_some());
    let failed = run.now;
    run.ends(Verdict::Failed(Regime::Passing));
    assert!(run.tick().load.is_some());
    assert_eq!(run.now - failed, Duration::from_millis(250));
}
