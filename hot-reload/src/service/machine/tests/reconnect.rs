//! Tests of P3 and P20: a watch is opened before a load, and a lost watch is opened again.

use super::super::super::settings::Settings;
use super::super::{Input, Regime, Verdict};
use super::{INTERVAL, Run, seconds};
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

#[test]
fn p03_watch_is_opened_before_the_first_load() {
    let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let actions = run.input(Input::Started);
    assert!(actions.open && actions.load.is_none());
    assert_eq!(run.loads(Input::Opened), Some(Trigger::Startup));
}

#[test]
fn p03_watch_that_opens_late_is_followed_by_another_load() {
    let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert_eq!(
        run.tick().load.map(|load| load.trigger),
        Some(Trigger::Startup)
    );
    assert_eq!(run.now, seconds(1));
    assert_eq!(run.loads(Input::Opened), None, "one at a time");
    assert_eq!(
        run.loads(Input::Loaded(Verdict::Published)),
        Some(Trigger::Resync)
    );
}

#[test]
fn p03_reopened_watch_is_followed_by_a_load() {
    let mut run = Run::trusted();
    assert_eq!(
        run.loads(Input::Lost(Regime::Passing)),
        Some(Trigger::Resync)
    );
    run.ends(Verdict::Unchanged);
    assert!(run.tick().open);
    assert_eq!(run.loads(Input::Opened), Some(Trigger::Resync));
}

#[test]
fn load_begun_before_the_watch_opened_proves_nothing() {
    let mut run = Run::new(Settings::realtime(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert!(run.tick().load.is_some());
    assert_eq!(run.loads(Input::Opened), None);
    assert_eq!(
        run.loads(Input::Loaded(Verdict::Published)),
        Some(Trigger::Resync)
    );
    run.after(seconds(120));
    let _ = run.input(Input::Tick);
    assert_eq!(
        run.machine.watch(),
        WatchState::Settling,
        "the load after it still runs"
    );
    run.ends(Verdict::Unchanged);
    assert_eq!(run.machine.watch(), WatchState::Trusted);
}

#[test]
fn watch_that_cannot_be_opened_does_not_delay_the_first_load() {
    let mut run = Run::new(Settings::realtime(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert_eq!(
        run.loads(Input::Lost(Regime::Passing)),
        Some(Trigger::Startup)
    );
    assert_eq!(run.machine.watch(), WatchState::Down);
}

#[test]
fn p20_lost_watch_is_reopened_ever_later_and_polling_goes_on() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
    assert_eq!(
        run.loads(Input::Lost(Regime::Passing)),
        Some(Trigger::Resync)
    );
    run.ends(Verdict::Unchanged);
    let (mut opened, mut polls, mut tries) = (run.now, 0, Vec::new());
    while run.now < seconds(600) {
        let actions = run.tick();
        if actions.open {
            tries.push((run.now - opened).as_secs());
            opened = run.now;
            let _ = run.input(Input::Lost(Regime::Passing));
        }
        if actions.load.is_some() {
            polls += 1;
            run.ends(Verdict::Unchanged);
        }
    }
    assert_eq!(tries[..6], [1, 2, 4, 8, 16, 30]);
    assert!(tries[6..].iter().all(|gap| *gap == 30), "{tries:?}");
    assert!(polls >= 590 / 10 - 2, "{polls} polls in ten minutes");
}

#[test]
fn p20_backoff_is_reset_after_a_minute_of_health() {
    for (health, expected) in [(seconds(59), 16), (seconds(60), 1)] {
        let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
        let _ = run.input(Input::Started);
        let _ = run.input(Input::Lost(Regime::Passing));
        run.ends(Verdict::Published);
        for _ in 0..3 {
            while !run.tick().open {
                run.ends(Verdict::Unchanged);
            }
            let _ = run.input(Input::Lost(Regime::Passing));
        }
        while !run.tick().open {
            run.ends(Verdict::Unchanged);
        }
        assert_eq!(run.loads(Input::Opened), Some(Trigger::Resync));
        run.ends(Verdict::Unchanged);
        let opened = run.now;
        run.idle_until(opened + health);
        let lost = run.now;
        let _ = run.input(Input::Lost(Regime::Passing));
        let _ = run.input(Input::Loaded(Verdict::Unchanged));
        while !run.tick().open {
            run.ends(Verdict::Unchanged);
        }
        assert_eq!((run.now - lost).as_secs(), expected);
    }
}

#[test]
fn early_close_of_a_watch_that_delivered_is_forgiven_twice() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let mut gaps = Vec::new();
    for _ in 0..4 {
        let _ = run.input(Input::Hint);
        let _ = run.input(Input::Loaded(Verdict::Published));
        let lost = run.now;
        let _ = run.input(Input::Lost(Regime::Passing));
        let _ = run.input(Input::Loaded(Verdict::Unchanged));
        while run.machine.watch() != WatchState::Connecting {
            let _ = run.tick();
        }
        gaps.push((run.now - lost).as_secs());
        let _ = run.input(Input::Opened);
        let _ = run.input(Input::Loaded(Verdict::Unchanged));
    }
    assert_eq!(gaps, [0, 0, 1, 2]);
}

#[test]
fn reload_reopens_a_parked_watch_at_once() {
    let mut run = Run::trusted();
    let _ = run.input(Input::Lost(Regime::Refused));
    assert_eq!(run.machine.watch(), WatchState::Parked);
    run.ends(Verdict::Unchanged);
    let actions = run
        .after(seconds(3))
        .input(Input::Requested(Trigger::Manual));
    assert!(actions.open && actions.load.is_some());
}
