//! Content that the watch delivers: when it is used, and when the source is loaded instead.

use std::time::Duration;

use super::super::super::settings::Settings;
use super::super::{Actions, Input, Load, LoadFrom, Regime, Verdict};
use super::{INTERVAL, Run, seconds};
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

impl Run {
    fn loads_from(&mut self, input: Input) -> Option<LoadFrom> {
        from(self.input(input))
    }
}

fn from(actions: Actions) -> Option<LoadFrom> {
    actions.load.map(|load| load.from)
}

#[test]
fn content_is_used_in_place_of_a_load() {
    let mut run = Run::trusted();
    let actions = run.input(Input::Content);
    let used = Load {
        trigger: Trigger::Watch,
        confirm: false,
        from: LoadFrom::Watch,
    };
    assert_eq!(actions.load, Some(used));
    assert!(!run.machine.has_content(), "it is taken");
    run.ends(Verdict::Published);
}

#[test]
fn content_waits_for_debounce_and_limit_as_a_hint_does() {
    let profile = WatchProfile::unknown();
    let mut run = Run::settling(Settings::hybrid(INTERVAL, profile));
    for number in 0..3 {
        let sent = run.after(seconds(0)).now;
        for _ in 0..3 {
            assert_eq!(run.loads_from(Input::Content), None);
        }
        assert_eq!(from(run.tick()), Some(LoadFrom::Watch));
        // Two at once, then one more each second.
        let waited = run.now - sent;
        match number {
            0 | 1 => assert_eq!(waited, profile.debounce),
            _ => assert!(waited > profile.debounce, "{waited:?}"),
        }
        run.ends(Verdict::Published);
    }
}

#[test]
fn p04_stream_of_content_does_not_postpone_the_periodic_load() {
    let mut run = Run::trusted();
    let begun = run.now;
    loop {
        run.after(seconds(1));
        match run.loads_from(Input::Content) {
            Some(LoadFrom::Watch) => run.ends(Verdict::Published),
            loaded => {
                assert_eq!(loaded, Some(LoadFrom::Source));
                break;
            }
        }
        assert!(run.now - begun <= super::HEARTBEAT);
    }
}

#[test]
fn hint_after_content_loads_the_source() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::unknown()));
    assert_eq!(run.loads_from(Input::Content), None);
    assert_eq!(run.loads_from(Input::Hint), None);
    assert!(!run.machine.has_content());
    assert_eq!(from(run.tick()), Some(LoadFrom::Source));
}

#[test]
fn content_after_a_hint_answers_it() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::unknown()));
    assert_eq!(run.loads_from(Input::Hint), None);
    assert_eq!(run.loads_from(Input::Content), None);
    assert_eq!(from(run.tick()), Some(LoadFrom::Watch));
}

#[test]
fn load_that_begins_later_replaces_content() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::unknown()));
    assert_eq!(run.loads_from(Input::Content), None);
    let asked = Input::Requested(Trigger::Manual);
    assert_eq!(run.loads_from(asked), Some(LoadFrom::Source));
    assert!(run.machine.has_content(), "in case the load fails");
    let _ = run.input(Input::Loaded(Verdict::Published));
    assert!(!run.machine.has_content());
}

#[test]
fn load_that_fails_does_not_replace_content() {
    for verdict in [
        Verdict::Failed(Regime::Passing),
        Verdict::Failed(Regime::Refused),
    ] {
        let mut run = Run::trusted();
        assert!(run.input(Input::Requested(Trigger::Manual)).load.is_some());
        assert_eq!(run.loads_from(Input::Content), None);
        let used = run.loads_from(Input::Loaded(verdict));
        assert_eq!(used, Some(LoadFrom::Watch), "beside a load");

        let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::unknown()));
        assert_eq!(run.loads_from(Input::Content), None);
        let source = run.loads_from(Input::Requested(Trigger::Manual));
        assert_eq!(source, Some(LoadFrom::Source));
        // The load takes the hint of the content as one of its causes.
        run.after(seconds(5));
        let failed = run.loads_from(Input::Loaded(verdict));
        assert_eq!(failed.or_else(|| from(run.tick())), Some(LoadFrom::Watch));
    }
}

#[test]
fn content_beside_a_load_is_used_if_the_load_finds_nothing_new() {
    let mut run = Run::trusted();
    assert!(run.input(Input::Requested(Trigger::Manual)).load.is_some());
    assert_eq!(run.loads_from(Input::Content), None);
    let used = run.loads_from(Input::Loaded(Verdict::Unchanged));
    assert_eq!(used, Some(LoadFrom::Watch));
}

#[test]
fn content_beside_a_load_that_finds_news_leads_to_one_more_load() {
    for verdict in [
        Verdict::Published,
        Verdict::Rejected,
        Verdict::Held(None),
        Verdict::Missing,
    ] {
        let mut run = Run::trusted();
        assert!(run.input(Input::Requested(Trigger::Manual)).load.is_some());
        assert_eq!(run.loads_from(Input::Content), None);
        let next = run.loads_from(Input::Loaded(verdict));
        assert_eq!(next, Some(LoadFrom::Source), "{verdict:?}");
        assert!(!run.machine.has_content());
        let _ = run.input(Input::Loaded(Verdict::Unchanged));
        assert_eq!(run.machine.next_load().map(|at| at > run.now), Some(true));
    }
}

#[test]
fn p03_content_before_the_watch_opened_again_is_followed_by_a_load() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::unknown()));
    assert_eq!(run.loads_from(Input::Content), None);
    let resync = run.loads_from(Input::Lost(Regime::Passing));
    assert_eq!(resync, Some(LoadFrom::Source));
}

#[test]
fn p20_silent_watch_is_closed_loaded_and_opened_again() {
    let mut run = Run::settling(Settings::hybrid(seconds(300), idle()));
    let opened = run.now;
    // Hints, content and signs of life restart the timeout.
    for input in [Input::Hint, Input::Content, Input::Alive] {
        run.now = run.now.max(opened) + seconds(29);
        let actions = run.input(input);
        assert!(!actions.close, "{input:?}");
        if actions.load.is_some() {
            run.ends(Verdict::Unchanged);
        }
    }
    let last = run.now;
    while run
        .machine
        .next_tick()
        .is_some_and(|tick| tick < last + seconds(30))
    {
        if run.tick().load.is_some() {
            run.ends(Verdict::Unchanged);
        }
    }
    let actions = run.tick();
    assert_eq!(run.now, last + seconds(30));
    assert!(actions.close && !actions.open);
    assert_eq!(actions.load.map(|load| load.trigger), Some(Trigger::Resync));
    assert_eq!(run.machine.watch(), WatchState::Down);
    run.ends(Verdict::Unchanged);
    assert!(run.tick().open);
}

#[test]
fn p20_watch_that_stays_silent_is_opened_with_growing_pauses() {
    let mut run = Run::settling(Settings::hybrid(seconds(300), idle()));
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let closed = loop {
            let actions = run.tick();
            if actions.load.is_some() {
                let _ = run.input(Input::Loaded(Verdict::Unchanged));
            }
            if actions.close {
                break run.now;
            }
        };
        loop {
            let actions = run.tick();
            if actions.load.is_some() {
                let _ = run.input(Input::Loaded(Verdict::Unchanged));
            }
            if actions.open {
                break;
            }
        }
        pauses.push(run.now - closed);
        if run.input(Input::Opened).load.is_some() {
            let _ = run.input(Input::Loaded(Verdict::Unchanged));
        }
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert_eq!(pauses.last(), Some(&seconds(30)), "{pauses:?}");
}

#[test]
fn p15_watch_without_idle_timeout_has_no_further_tick() {
    let run = Run::trusted();
    let quiet = run.machine.next_tick();
    let mut run = Run::trusted();
    let _ = run.input(Input::Alive);
    assert_eq!(run.machine.next_tick(), quiet);
}

#[test]
fn idle_timeout_is_at_least_a_second() {
    let profile = WatchProfile {
        idle: Some(Duration::ZERO),
        ..WatchProfile::network()
    };
    let settings = Settings::hybrid(INTERVAL, profile);
    assert_eq!(settings.idle, Some(seconds(1)));
}

#[test]
fn source_without_a_watch_is_polled() {
    let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    assert!(run.input(Input::Started).open);
    assert_eq!(run.loads(Input::NoWatch), Some(Trigger::Startup));
    assert_eq!(run.machine.watch(), WatchState::Off);
    run.ends(Verdict::Published);
    for _ in 0..10 {
        let begun = run.now;
        let actions = run.tick();
        assert!(!actions.open, "there is nothing to open");
        assert_eq!(
            actions.load.map(|load| load.trigger),
            Some(Trigger::Interval)
        );
        assert!(run.now - begun <= INTERVAL);
        run.ends(Verdict::Unchanged);
    }
}

/// The profile of a connection whose watch must give a sign of life every 30 s.
fn idle() -> WatchProfile {
    WatchProfile {
        idle: Some(seconds(30)),
        ..WatchProfile::network()
    }
}

#[test]
fn content_beside_a_plan_is_used_after_it() {
    let mut run = Run::trusted();
    assert_eq!(run.loads_from(Input::Plan), Some(LoadFrom::Plan));
    assert_eq!(run.loads_from(Input::Content), None);
    let used = run.loads_from(Input::Loaded(Verdict::Aside));
    assert_eq!(used, Some(LoadFrom::Watch));
    run.ends(Verdict::Published);
}
