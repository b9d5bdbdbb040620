//! Settings that change while the service runs, and the random delay after a hint.

use std::time::Duration;

use super::super::super::settings::Settings;
use super::super::{Actions, Input, Regime, Verdict};
use super::{HEARTBEAT, INTERVAL, Run, seconds};
use crate::backoff::Jitter;
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

fn hybrid() -> Settings {
    Settings::hybrid(INTERVAL, WatchProfile::local())
}

fn disabled(settings: Settings) -> Settings {
    Settings {
        enabled: false,
        ..settings
    }
}

impl Run {
    fn configure(&mut self, settings: Settings) -> Actions {
        self.machine.configure(self.now, settings.into())
    }
}

#[test]
fn disabled_service_loads_its_first_value_and_rests() {
    let mut run = Run::new(disabled(hybrid()));
    let actions = run.input(Input::Started);
    assert!(!actions.open && actions.load.is_some());
    run.ends(Verdict::Failed(Regime::Passing));
    assert!(run.tick().load.is_some(), "there is no value yet");
    run.ends(Verdict::Published);
    assert_eq!(run.machine.next_tick(), None);
    assert_eq!(run.machine.watch(), WatchState::Off);
}

#[test]
fn disabled_service_loads_on_request_and_does_not_retry() {
    let mut run = Run::settling(hybrid());
    let actions = run.after(seconds(70)).configure(disabled(hybrid()));
    assert!(actions.close && actions.load.is_none());
    for verdict in [
        Verdict::Failed(Regime::Passing),
        Verdict::Failed(Regime::Refused),
        Verdict::Rejected,
        Verdict::Held(Some(1)),
        Verdict::Missing,
        Verdict::Unchanged,
    ] {
        let request = Input::Requested(Trigger::Manual);
        assert_eq!(run.loads(request), Some(Trigger::Manual));
        run.ends(verdict);
        assert_eq!(run.machine.next_tick(), None, "{verdict:?}");
    }
}

#[test]
fn p12_disabled_service_confirms_a_removal() {
    let mut run = Run::settling(hybrid());
    let _ = run.configure(disabled(hybrid()));
    assert!(run.loads(Input::Requested(Trigger::Manual)).is_some());
    run.ends(Verdict::Absent);
    let load = run.tick().load;
    assert!(load.is_some_and(|load| load.confirm));
    run.ends(Verdict::Missing);
    assert_eq!(run.machine.next_tick(), None);
}

#[test]
fn enabled_service_opens_its_watch_and_loads() {
    let mut run = Run::new(disabled(hybrid()));
    assert!(run.input(Input::Started).load.is_some());
    run.ends(Verdict::Published);
    run.after(seconds(3600));
    let actions = run.configure(hybrid());
    assert!(actions.open && actions.load.is_some());
    assert_eq!(run.machine.watch(), WatchState::Connecting);

    let mut run = Run::new(disabled(Settings::polling(INTERVAL)));
    assert!(run.input(Input::Started).load.is_some());
    run.ends(Verdict::Published);
    let load = run.after(seconds(1)).configure(Settings::polling(INTERVAL));
    assert!(load.load.is_some());
}

#[test]
fn p03_hint_before_the_watch_closes_still_causes_a_load() {
    let profile = WatchProfile::local().with_debounce(seconds(1));
    let mut run = Run::settling(Settings::hybrid(INTERVAL, profile));
    assert_eq!(run.loads(Input::Hint), None);
    let polling = Settings {
        debounce: seconds(1),
        ..Settings::polling(INTERVAL)
    };
    assert!(run.configure(polling).close);
    let hinted = run.now;
    assert_eq!(
        run.tick().load.map(|load| load.trigger),
        Some(Trigger::Watch)
    );
    assert!(run.now < hinted + INTERVAL);
}

#[test]
fn disabled_service_drops_hints_that_wait() {
    let settings = Settings {
        jitter: seconds(3600),
        ..hybrid()
    };
    // Also hints that stayed after a change to polling.
    for between in [None, Some(Settings::polling(INTERVAL))] {
        let mut run = Run::settling(settings.clone());
        let debounced = Settings {
            debounce: seconds(5),
            ..settings.clone()
        };
        let _ = run.configure(debounced.clone());
        assert_eq!(run.loads(Input::Hint), None);
        if let Some(settings) = between {
            let debounced = Settings {
                debounce: seconds(5),
                ..settings
            };
            assert_eq!(run.configure(debounced).load, None);
        }
        let _ = run.configure(disabled(debounced.clone()));
        assert_eq!(run.machine.next_tick(), None);
        // Enabling loads what the hints were about.
        assert!(run.configure(debounced).open);
        assert_eq!(run.loads(Input::Opened), Some(Trigger::Resync));
    }
}

#[test]
fn p04_changed_periods_count_from_the_last_load() {
    let mut run = Run::trusted();
    let loaded = run.now;
    let shorter = WatchProfile::local().with_heartbeat(HEARTBEAT / 2);
    let actions = run
        .after(seconds(5))
        .configure(Settings::hybrid(INTERVAL, shorter));
    assert_eq!(actions, Actions::default());
    assert!(run.tick().load.is_some());
    assert!(run.now <= loaded + HEARTBEAT / 2);
    run.ends(Verdict::Unchanged);

    // The shorter period is over already.
    let actions = run
        .after(seconds(20))
        .configure(Settings::polling(INTERVAL));
    assert!(actions.close && actions.load.is_some());
}

#[test]
fn p20_shorter_interval_caps_the_retries() {
    // Without a heartbeat and with a trusted watch, only the retry is due.
    let realtime = |interval| Settings::realtime(interval, WatchProfile::local());
    let mut run = Run::settling(realtime(seconds(3600)));
    run.idle_until(seconds(61));
    assert_eq!(run.machine.watch(), WatchState::Trusted);
    let request = Input::Requested(Trigger::Manual);
    assert!(run.loads(request).is_some());
    for _ in 0..12 {
        run.ends(Verdict::Failed(Regime::Passing));
        assert!(run.tick().load.is_some());
    }
    let _ = run.configure(realtime(INTERVAL));
    run.ends(Verdict::Failed(Regime::Passing));
    let retry = run.machine.retry.next().expect("a retry");
    assert!(retry - run.now <= INTERVAL, "{retry:?}");
}

#[test]
fn hints_wait_once_for_a_random_delay_up_to_the_jitter() {
    let most = seconds(5);
    let mut delays = Vec::new();
    for seed in 1..=200_u64 {
        let settings = Settings {
            jitter: most,
            ..Settings::realtime(seconds(3600), WatchProfile::local())
        };
        let mut run = Run::with_jitter(settings, Jitter::from_seed(seed * 104_729));
        assert!(run.input(Input::Started).open);
        assert!(run.loads(Input::Opened).is_some());
        run.ends(Verdict::Published);
        let hinted = run.now;
        assert_eq!(run.loads(Input::Hint), None);
        // A second hint does not draw again.
        let due = run.machine.next_load();
        run.now += Duration::from_nanos(1);
        assert_eq!(run.loads(Input::Hint), None);
        assert_eq!(run.machine.next_load(), due);
        assert_eq!(
            run.tick().load.map(|load| load.trigger),
            Some(Trigger::Watch)
        );
        delays.push(run.now - hinted);
    }
    assert!(
        delays
            .iter()
            .all(|delay| *delay <= most + Duration::from_nanos(1))
    );
    let spread = delays.iter().max().zip(delays.iter().min());
    assert!(
        spread.is_some_and(|(max, min)| *max - *min > most / 2),
        "{delays:?}"
    );
}

#[test]
fn request_does_not_wait_for_the_jitter() {
    let mut run = Run::settling(Settings {
        jitter: seconds(5),
        ..hybrid()
    });
    let request = Input::Requested(Trigger::Manual);
    assert_eq!(run.loads(request), Some(Trigger::Manual));
}
