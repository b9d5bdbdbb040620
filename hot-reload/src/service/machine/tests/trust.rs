//! Tests of P4 and P15: when a watch is trusted, and how often the source is loaded under it.

use std::time::Duration;

use super::super::super::settings::Settings;
use super::super::{Input, Regime, Verdict};
use super::{HEARTBEAT, INTERVAL, Run, seconds};
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

#[test]
fn p04_polling_loads_in_every_interval() {
    let mut run = Run::new(Settings::polling(INTERVAL));
    assert_eq!(run.loads(Input::Started), Some(Trigger::Startup));
    run.ends(Verdict::Published);
    assert_eq!(run.idle_until(seconds(3600)), 360);
}

#[test]
fn p04_trusted_watch_stretches_the_period_to_the_heartbeat() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
    assert_eq!(run.idle_until(seconds(59)), 5, "polled while it settles");
    run.idle_until(seconds(60));
    assert_eq!(run.machine.watch(), WatchState::Trusted);
    let loads = run.idle_until(seconds(60) + 10 * HEARTBEAT);
    assert_eq!(loads, 10);
}

#[test]
fn p15_trusted_watch_without_a_heartbeat_makes_nothing_due() {
    let mut run = Run::settling(Settings::realtime(INTERVAL, WatchProfile::local()));
    run.idle_until(seconds(60));
    assert_eq!(run.machine.watch(), WatchState::Trusted);
    assert_eq!(run.machine.next_tick(), None);
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
}

#[test]
fn p04_change_found_only_by_the_heartbeat_is_a_miss() {
    let mut run = Run::trusted();
    assert_eq!(
        run.tick().load.map(|load| load.trigger),
        Some(Trigger::Resync)
    );
    run.ends(Verdict::Published);
    let found = run.now;
    assert!(run.tick().missed);
    assert_eq!(run.now, found + WatchProfile::local().grace);
    assert_eq!(run.machine.watch(), WatchState::Untrusted);
    let now = run.now;
    assert_eq!(run.idle_until(now + seconds(60)), 6, "polled again");
}

#[test]
fn p04_source_with_an_unwatched_part_is_polled_without_misses() {
    for settings in [Settings::realtime, Settings::hybrid] {
        let mut run = Run::new(settings(INTERVAL, WatchProfile::local()));
        assert!(run.input(Input::Started).open);
        assert_eq!(run.loads(Input::OpenedInPart), Some(Trigger::Startup));
        run.ends(Verdict::Published);
        run.idle_until(seconds(60));
        assert_eq!(run.machine.watch(), WatchState::Trusted);
        assert_eq!(run.idle_until(seconds(120)), 6, "polled at the interval");
        assert!(run.tick().load.is_some());
        run.ends(Verdict::Published);
        let now = run.now;
        assert_eq!(run.idle_until(now + seconds(60)), 6);
        assert_eq!(run.machine.watch(), WatchState::Trusted, "no miss");

        // The next watch covers all.
        let _ = run.input(Input::Lost(Regime::Passing));
        run.ends(Verdict::Unchanged);
        assert!(run.tick().open);
        assert!(run.loads(Input::Opened).is_some());
        run.ends(Verdict::Unchanged);
        let now = run.now;
        run.idle_until(now + seconds(60));
        assert_eq!(run.machine.watch(), WatchState::Trusted);
        assert!(run.idle_until(now + seconds(120)) <= 1, "not polled");
    }
}

#[test]
fn p04_hint_within_the_grace_is_no_miss() {
    let mut run = Run::trusted();
    assert!(run.tick().load.is_some());
    run.ends(Verdict::Published);
    run.after(WatchProfile::local().grace / 2);
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Unchanged);
    let now = run.now;
    run.idle_until(now + seconds(30));
    assert_eq!(run.machine.watch(), WatchState::Trusted);
}

#[test]
fn p04_hint_while_the_heartbeat_loads_is_no_miss() {
    let mut run = Run::trusted();
    assert!(run.tick().load.is_some());
    assert_eq!(run.loads(Input::Hint), None, "one at a time");
    assert_eq!(
        run.loads(Input::Loaded(Verdict::Published)),
        Some(Trigger::Watch)
    );
    run.ends(Verdict::Unchanged);
    let now = run.now;
    run.idle_until(now + seconds(30));
    assert_eq!(run.machine.watch(), WatchState::Trusted);
}

#[test]
fn p04_three_announced_changes_earn_the_trust_back() {
    let mut run = Run::trusted();
    let _ = run.tick();
    run.ends(Verdict::Published);
    assert!(run.tick().missed);
    for state in [
        WatchState::Untrusted,
        WatchState::Untrusted,
        WatchState::Trusted,
    ] {
        assert_eq!(
            run.after(seconds(1)).loads(Input::Hint),
            Some(Trigger::Watch)
        );
        run.ends(Verdict::Published);
        assert_eq!(run.machine.watch(), state);
    }
}

#[test]
fn change_found_by_a_requested_load_is_no_miss() {
    let mut run = Run::trusted();
    assert_eq!(
        run.loads(Input::Requested(Trigger::Manual)),
        Some(Trigger::Manual)
    );
    run.ends(Verdict::Published);
    let now = run.now;
    run.idle_until(now + seconds(30));
    assert_eq!(run.machine.watch(), WatchState::Trusted);
}

#[test]
fn p04_change_found_while_the_watch_opens_is_no_miss() {
    let mut run = Run::trusted();
    let _ = run.input(Input::Lost(Regime::Passing));
    run.ends(Verdict::Unchanged);
    assert!(run.tick().open);
    let mut load = None;
    while load.is_none() {
        load = run.tick().load;
    }
    assert_eq!(load.map(|load| load.trigger), Some(Trigger::Interval));
    assert_eq!(run.loads(Input::Opened), None, "one at a time");
    assert_eq!(
        run.loads(Input::Loaded(Verdict::Published)),
        Some(Trigger::Resync)
    );
    run.ends(Verdict::Unchanged);
    run.after(WatchProfile::local().grace);
    assert!(!run.input(Input::Tick).missed);
    assert_eq!(run.machine.watch(), WatchState::Settling);
}

#[test]
fn p04_shorter_pause_wanted_by_the_source_lasts_while_wanted() {
    let mut run = Run::trusted();
    run.machine.want(Some(seconds(1)));
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Unchanged);
    let now = run.now;
    assert_eq!(run.idle_until(now + seconds(60)), 60);
    // The load that is due already is taken, and from then on it is the heartbeat's turn again.
    run.machine.want(None);
    assert!(run.tick().load.is_some());
    run.ends(Verdict::Unchanged);
    let now = run.now;
    assert_eq!(run.idle_until(now + 10 * HEARTBEAT), 10);
}

#[test]
fn p04_pause_wanted_by_the_source_holds_in_every_watch_state() {
    let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert_eq!(run.loads(Input::Opened), Some(Trigger::Startup));
    run.machine.want(Some(seconds(1)));
    run.ends(Verdict::Published);
    assert_eq!(run.idle_until(seconds(50)), 50);
    assert_eq!(run.machine.watch(), WatchState::Settling);

    // Longer than the heartbeat, shorter than a second, and while the watch is parked.
    for (wanted, lost, loads) in [
        (10 * HEARTBEAT, false, 10),
        (Duration::ZERO, false, 10 * HEARTBEAT.as_secs()),
        (seconds(1), true, (10 * HEARTBEAT).as_secs()),
    ] {
        let mut run = Run::trusted();
        run.machine.want(Some(wanted));
        match lost {
            true => assert!(run.loads(Input::Lost(Regime::Refused)).is_some()),
            false => assert!(run.loads(Input::Hint).is_some()),
        }
        run.ends(Verdict::Unchanged);
        let mut seen = 0;
        let end = run.now + 10 * HEARTBEAT;
        while run.machine.next_tick().is_some_and(|tick| tick <= end) {
            let actions = run.tick();
            if actions.open {
                let _ = run.input(Input::Lost(Regime::Refused));
            }
            if actions.load.is_some() {
                seen += 1;
                run.ends(Verdict::Unchanged);
            }
        }
        assert_eq!(seen, loads, "{wanted:?}");
    }
}

#[test]
fn p15_source_gives_no_heartbeat_to_a_service_without_one() {
    let mut run = Run::settling(Settings::realtime(INTERVAL, WatchProfile::local()));
    run.machine.want(Some(seconds(1)));
    assert_eq!(run.loads(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Unchanged);
    run.idle_until(seconds(61));
    assert_eq!(run.machine.next_tick(), None);
}
