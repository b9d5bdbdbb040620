//! Tests of the causes of a load, and of the actions after its outcome.

use std::time::Duration;

use super::super::super::settings::{REFUSED_CAP, REFUSED_FLOOR, Settings, since_grid_point};
use super::super::{Input, LoadFrom, Regime, Verdict};
use super::{INTERVAL, Run, seconds};
use crate::backoff::Jitter;
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

#[test]
fn p09_causes_during_a_load_lead_to_one_more() {
    let mut run = Run::trusted();
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    for _ in 0..1000 {
        assert_eq!(
            run.after(Duration::from_micros(10)).loads(Input::Hint),
            None
        );
    }
    assert_eq!(run.loads(Input::Requested(Trigger::Http)), None);
    assert_eq!(
        run.loads(Input::Loaded(Verdict::Published)),
        Some(Trigger::Http)
    );
    run.ends(Verdict::Unchanged);
}

#[test]
fn hints_are_gathered_until_they_pause_or_reach_the_ceiling() {
    let profile = WatchProfile::unknown();
    let mut run = Run::settling(Settings::hybrid(INTERVAL, profile));
    let first = run.after(seconds(5)).now;
    assert_eq!(run.loads(Input::Hint), None);
    assert_eq!(
        run.tick().load.map(|load| load.trigger),
        Some(Trigger::Watch)
    );
    assert_eq!(run.now, first + profile.debounce);
    run.ends(Verdict::Published);

    let first = run.after(seconds(1)).now;
    let mut loaded = None;
    while loaded.is_none() {
        loaded = run.loads(Input::Hint);
        run.now += profile.debounce / 5;
        assert!(run.now < first + 2 * profile.debounce * 4, "starved");
    }
    assert!(run.now >= first + profile.debounce * 4);
}

#[test]
fn hints_of_an_unknown_source_are_limited_to_one_load_a_second() {
    let profile = WatchProfile {
        debounce: Duration::ZERO,
        ..WatchProfile::unknown()
    };
    let mut run = Run::settling(Settings::hybrid(INTERVAL, profile));
    let begin = run.after(seconds(1)).now;
    let mut loads = Vec::new();
    while run.now < begin + seconds(5) {
        if run.loads(Input::Hint).is_some() {
            loads.push((run.now - begin).as_secs());
            let _ = run.input(Input::Loaded(Verdict::Unchanged));
        }
        run.now += Duration::from_millis(100);
    }
    assert_eq!(loads, [0, 0, 1, 2, 3, 4]);
}

#[test]
fn p12_removal_is_confirmed_by_a_second_load() {
    let mut run = Run::trusted();
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Absent);
    let gone = run.now;
    let load = run.tick().load.expect("the confirming load");
    assert_eq!(
        (run.now, load.trigger, load.confirm),
        (gone + seconds(1), Trigger::Retry, true)
    );
}

#[test]
fn p12_content_that_returns_before_the_second_load_is_no_removal() {
    let mut run = Run::trusted();
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Absent);
    let load = run.after(seconds(1) / 2).input(Input::Hint).load;
    assert!(!load.expect("a load").confirm);
    run.ends(Verdict::Published);
    let now = run.now;
    assert_eq!(run.idle_until(now + seconds(5)), 0);
}

#[test]
fn p12_loads_in_between_do_not_postpone_the_confirmation() {
    let mut run = Run::trusted();
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Absent);
    let gone = run.now;
    while run.now < gone + seconds(1) - Duration::from_millis(100) {
        run.after(Duration::from_millis(100));
        assert!(!run.input(Input::Hint).load.expect("a load").confirm);
        run.ends(Verdict::Absent);
    }
    assert!(run.tick().load.expect("a load").confirm);
    assert_eq!(run.now, gone + seconds(1));
}

#[test]
fn failed_load_is_retried_from_250_ms_up_to_the_interval() {
    let mut run = Run::new(Settings::polling(INTERVAL));
    assert_eq!(run.loads(Input::Started), Some(Trigger::Startup));
    let mut gaps = Vec::new();
    for _ in 0..6 {
        let before = run.now;
        run.ends(Verdict::Failed(Regime::Passing));
        assert_eq!(
            run.tick().load.map(|load| load.trigger),
            Some(Trigger::Retry)
        );
        gaps.push((run.now - before).as_millis());
    }
    assert_eq!(gaps, [250, 500, 1000, 2000, 4000, 8000]);
    for _ in 0..2 {
        let before = run.now;
        run.ends(Verdict::Failed(Regime::Passing));
        assert!(run.tick().load.is_some());
        let gap = run.now - before;
        assert!(gap <= INTERVAL, "{gap:?}");
    }
}

#[test]
fn p20_refused_source_is_retried_ever_more_rarely_without_end() {
    for seed in 1..=1000 {
        let settings = Settings::polling(INTERVAL);
        let mut run = Run::with_jitter(settings, Jitter::from_seed(seed * 104_729));
        let _ = run.input(Input::Started);
        for attempt in 0..12 {
            let before = run.now;
            run.ends(Verdict::Failed(Regime::Refused));
            assert!(run.tick().load.is_some());
            let whole = (REFUSED_FLOOR * 2_u32.pow(attempt)).min(REFUSED_CAP);
            let gap = run.now - before;
            assert!(
                gap <= whole && gap >= whole / 2,
                "seed {seed}: {gap:?} of {whole:?}"
            );
        }
    }
}

#[test]
fn two_good_loads_in_a_row_end_the_rare_retries() {
    let mut run = Run::new(Settings::polling(INTERVAL));
    let _ = run.input(Input::Started);
    let refuse = |run: &mut Run| {
        let before = run.now;
        run.ends(Verdict::Failed(Regime::Refused));
        assert!(run.tick().load.is_some());
        run.now - before
    };
    assert_eq!(refuse(&mut run), REFUSED_FLOOR);
    assert_eq!(refuse(&mut run), REFUSED_FLOOR * 2);
    run.ends(Verdict::Unchanged);
    assert!(run.tick().load.is_some());
    assert_eq!(refuse(&mut run), REFUSED_FLOOR * 4, "once is not enough");
    for _ in 0..2 {
        run.ends(Verdict::Unchanged);
        assert!(run.tick().load.is_some());
    }
    assert_eq!(refuse(&mut run), REFUSED_FLOOR);
}

#[test]
fn polls_of_services_that_start_together_are_spread() {
    let mut first_polls: Vec<_> = (1..=200)
        .map(|seed| {
            let settings = Settings::polling(INTERVAL);
            let mut run = Run::with_jitter(settings, Jitter::from_seed(seed * 7919));
            let _ = run.input(Input::Started);
            run.ends(Verdict::Published);
            let _ = run.tick();
            run.now
        })
        .collect();
    first_polls.sort_unstable();
    assert!(first_polls[20] < seconds(3) && first_polls[180] > seconds(7));
    assert!(first_polls[199] <= INTERVAL);
}

#[test]
fn p15_periodic_loads_begin_on_the_grid_within_the_jitter_of_the_period() {
    for seed in 1..=200_u64 {
        for interval in [seconds(1), INTERVAL] {
            let jitter = Jitter::from_seed(seed * 7919);
            let mut run = Run::with_jitter(Settings::polling(interval), jitter);
            run.now = Duration::from_micros(7_919 * seed);
            let mut shortest = Duration::ZERO;
            assert!(run.input(Input::Started).load.is_some());
            for load in 0..20 {
                run.after(Duration::from_micros(3_571 * load));
                let ended = run.now;
                run.ends(Verdict::Unchanged);
                assert!(run.tick().load.is_some());
                let (pause, case) = (run.now - ended, format!("seed {seed}: {:?}", run.now));
                assert_eq!(since_grid_point(run.now), Duration::ZERO, "{case}");
                assert!(pause > shortest && pause <= interval, "{case}: {pause:?}");
                shortest = interval * 9 / 10;
            }
        }
    }
}

#[test]
fn p15_loads_that_a_source_wants_begin_on_the_grid() {
    let mut run = Run::trusted();
    run.machine.want(Some(seconds(1)));
    assert!(
        run.after(Duration::from_millis(1_234))
            .loads(Input::Tick)
            .is_some()
    );
    run.ends(Verdict::Unchanged);
    for _ in 0..3 {
        let loaded = run.now;
        assert!(run.tick().load.is_some());
        assert_eq!(since_grid_point(run.now), Duration::ZERO);
        assert!(run.now - loaded <= seconds(1));
        run.after(Duration::from_millis(17));
        run.ends(Verdict::Unchanged);
    }
}

#[test]
fn rejected_content_is_loaded_each_interval_and_its_fix_no_miss() {
    let mut run = Run::trusted();
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    for _ in 0..3 {
        let before = run.now;
        run.ends(Verdict::Rejected);
        let load = run.tick().load.expect("a load");
        assert_eq!((load.trigger, run.now), (Trigger::Retry, before + INTERVAL));
    }
    run.ends(Verdict::Published);
    let now = run.now;
    assert_eq!(
        run.idle_until(now + seconds(50)),
        0,
        "back to the heartbeat"
    );
    assert_eq!(run.machine.watch(), WatchState::Trusted);
}

#[test]
fn p09_pushed_values_and_requested_loads_take_turns() {
    let mut run = Run::trusted();
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    let _ = run.input(Input::Requested(Trigger::Manual));
    let mut supplies = Vec::new();
    for _ in 0..4 {
        let _ = run.input(Input::Pushed);
        let load = run.input(Input::Loaded(Verdict::Published)).load;
        supplies.push(load.expect("something is due").from);
    }
    assert_eq!(
        supplies,
        [
            LoadFrom::Watch,
            LoadFrom::Source,
            LoadFrom::Watch,
            LoadFrom::Watch
        ]
    );
}

#[test]
fn hold_of_months_does_not_end_at_once() {
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    assert_eq!(
        Verdict::held(Some(days(7))),
        Verdict::Held(Some(604_800_000))
    );
    for long in [days(50), Duration::MAX] {
        assert_eq!(Verdict::held(Some(long)), Verdict::Held(Some(u32::MAX)));
    }
    assert_eq!(
        Verdict::held(Some(Duration::ZERO)),
        Verdict::Held(Some(250))
    );
    assert_eq!(Verdict::held(None), Verdict::Held(None));
}

#[test]
fn rollback_begins_at_once_and_keeps_the_schedule() {
    let mut run = Run::trusted();
    run.after(seconds(5));
    let due = run.machine.next_tick();
    let load = run.input(Input::Rollback).load.expect("at once");
    assert_eq!(
        (load.trigger, load.from),
        (Trigger::Rollback, LoadFrom::History)
    );
    run.after(seconds(1)).ends(Verdict::Aside);
    assert_eq!(run.machine.next_tick(), due);
}

#[test]
fn rollback_while_the_source_fails_keeps_the_retry() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Hint).is_some());
    run.ends(Verdict::Failed(Regime::Passing));
    let due = run.machine.next_tick();
    assert!(run.loads(Input::Rollback).is_some());
    run.ends(Verdict::Aside);
    assert_eq!(run.machine.next_tick(), due);
}

#[test]
fn p09_cause_during_a_rollback_leads_to_a_load() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Rollback).is_some());
    assert_eq!(run.loads(Input::Hint), None);
    assert_eq!(run.loads(Input::Rollback), None);
    let mut loads = Vec::new();
    let mut verdict = Verdict::Aside;
    while let Some(load) = run.input(Input::Loaded(verdict)).load {
        verdict = match load.from {
            LoadFrom::History => Verdict::Aside,
            _ => Verdict::Published,
        };
        loads.push(load.trigger);
    }
    assert_eq!(loads, [Trigger::Watch, Trigger::Rollback]);
}

#[test]
fn held_value_is_loaded_each_interval_under_a_trusted_watch() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Hint).is_some());
    let held = run.now;
    run.ends(Verdict::Held(None));
    assert_eq!(
        run.tick().load.map(|load| load.trigger),
        Some(Trigger::Retry)
    );
    assert_eq!(run.now, held + INTERVAL);
}

#[test]
fn hold_with_a_time_is_loaded_when_the_time_is_over() {
    for (millis, pauses) in [(2_000, &[2_000][..]), (25_000, &[10_000, 10_000, 5_000])] {
        let mut run = Run::trusted();
        assert!(run.loads(Input::Hint).is_some());
        let until = run.now + Duration::from_millis(millis);
        for pause in pauses {
            let left = (until - run.now).as_millis() as u32;
            let before = run.now;
            run.ends(Verdict::Held(Some(left)));
            assert!(run.tick().load.is_some());
            assert_eq!(run.now - before, Duration::from_millis(*pause));
        }
        assert_eq!(run.now, until);
    }
}

#[test]
fn plan_begins_at_once_and_keeps_the_schedule() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Hint).is_some());
    run.ends(Verdict::Failed(Regime::Passing));
    let due = run.machine.next_tick();
    let load = run.input(Input::Plan).load.expect("at once");
    assert_eq!((load.from, load.confirm), (LoadFrom::Plan, false));
    run.ends(Verdict::Aside);
    assert_eq!(run.machine.next_tick(), due);
}

#[test]
fn p09_cause_during_a_plan_leads_to_a_load_and_plans_take_turns() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Plan).is_some());
    assert_eq!(run.loads(Input::Hint), None);
    assert_eq!(run.loads(Input::Plan), None);
    let load = run.input(Input::Loaded(Verdict::Aside)).load;
    assert_eq!(load.map(|load| load.from), Some(LoadFrom::Source));
    let load = run.input(Input::Loaded(Verdict::Published)).load;
    assert_eq!(load.map(|load| load.from), Some(LoadFrom::Plan));
}

#[test]
fn applied_plan_that_is_held_is_loaded_again() {
    let mut run = Run::trusted();
    assert!(run.loads(Input::Plan).is_some());
    let held = run.now;
    run.ends(Verdict::Held(None));
    assert_eq!(run.machine.next_tick(), Some(held + INTERVAL));
}
