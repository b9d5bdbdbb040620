//! One example for each rule of the machine, with the production constants.

use std::time::Duration;

use super::super::settings::{REFUSED_CAP, REFUSED_FLOOR, Settings};
use super::{Actions, Input, Machine, Regime, Verdict};
use crate::backoff::Jitter;
use crate::event::{LinkState, Trigger};
use crate::watch::WatchProfile;

const INTERVAL: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = WatchProfile::local().heartbeat;

/// A machine and a clock.
struct Run {
    machine: Machine,
    now: Duration,
}

impl Run {
    fn new(settings: Settings) -> Self {
        Self::with_jitter(settings, Jitter::none())
    }

    fn with_jitter(settings: Settings, jitter: Jitter) -> Self {
        Self {
            machine: Machine::new(settings, jitter),
            now: Duration::ZERO,
        }
    }

    /// A hybrid service with a local source, whose watch is trusted.
    fn trusted() -> Self {
        let mut run = Self::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
        run.idle_until(Duration::from_secs(61));
        assert_eq!(run.machine.link(), LinkState::Trusted);
        run
    }

    /// The watch stands, and the first look has published.
    fn settling(settings: Settings) -> Self {
        let mut run = Self::new(settings);
        assert!(run.input(Input::Started).open);
        assert_eq!(run.looks(Input::Opened), Some(Trigger::Startup));
        run.ends(Verdict::Published);
        run
    }

    fn input(&mut self, input: Input) -> Actions {
        self.machine.handle(self.now, input)
    }

    fn looks(&mut self, input: Input) -> Option<Trigger> {
        self.input(input).look.map(|look| look.trigger)
    }

    /// The look ends; nothing is due at once.
    fn ends(&mut self, verdict: Verdict) {
        assert_eq!(self.looks(Input::Looked(verdict)), None);
    }

    /// Goes to the next moment at which the machine does something.
    fn tick(&mut self) -> Actions {
        self.now = self.machine.next_tick().expect("something is due");
        self.input(Input::Tick)
    }

    /// Lets time pass; every look finds nothing new.
    fn idle_until(&mut self, end: Duration) -> u32 {
        let mut looks = 0;
        while self.machine.next_tick().is_some_and(|tick| tick <= end) {
            if self.tick().look.is_some() {
                looks += 1;
                self.ends(Verdict::Unchanged);
            }
        }
        self.now = end;
        looks
    }

    fn after(&mut self, pause: Duration) -> &mut Self {
        self.now += pause;
        self
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn p04_polling_looks_in_every_interval() {
    let mut run = Run::new(Settings::polling(INTERVAL));
    assert_eq!(run.looks(Input::Started), Some(Trigger::Startup));
    run.ends(Verdict::Published);
    assert_eq!(run.idle_until(seconds(3600)), 360);
}

#[test]
fn p03_the_watch_is_opened_before_the_first_look() {
    let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let actions = run.input(Input::Started);
    assert!(actions.open && actions.look.is_none());
    assert_eq!(run.looks(Input::Opened), Some(Trigger::Startup));
}

#[test]
fn p03_a_watch_that_opens_late_is_followed_by_another_look() {
    let mut run = Run::new(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert_eq!(
        run.tick().look.map(|look| look.trigger),
        Some(Trigger::Startup)
    );
    assert_eq!(run.now, seconds(1));
    assert_eq!(run.looks(Input::Opened), None, "one at a time");
    assert_eq!(
        run.looks(Input::Looked(Verdict::Published)),
        Some(Trigger::Resync)
    );
}

#[test]
fn p03_a_watch_that_is_opened_again_is_followed_by_a_look() {
    let mut run = Run::trusted();
    assert_eq!(
        run.looks(Input::Lost(Regime::Passing)),
        Some(Trigger::Resync)
    );
    run.ends(Verdict::Unchanged);
    assert!(run.tick().open);
    assert_eq!(run.looks(Input::Opened), Some(Trigger::Resync));
}

#[test]
fn a_look_that_began_before_the_watch_stood_does_not_prove_it() {
    let mut run = Run::new(Settings::realtime(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert!(run.tick().look.is_some());
    assert_eq!(run.looks(Input::Opened), None);
    assert_eq!(
        run.looks(Input::Looked(Verdict::Published)),
        Some(Trigger::Resync)
    );
    run.after(seconds(120));
    let _ = run.input(Input::Tick);
    assert_eq!(
        run.machine.link(),
        LinkState::Settling,
        "the look after it still runs"
    );
    run.ends(Verdict::Unchanged);
    assert_eq!(run.machine.link(), LinkState::Trusted);
}

#[test]
fn a_watch_that_cannot_be_opened_does_not_delay_the_first_look() {
    let mut run = Run::new(Settings::realtime(INTERVAL, WatchProfile::local()));
    let _ = run.input(Input::Started);
    assert_eq!(
        run.looks(Input::Lost(Regime::Passing)),
        Some(Trigger::Startup)
    );
    assert_eq!(run.machine.link(), LinkState::Down);
}

#[test]
fn p04_a_trusted_watch_stretches_the_period_to_the_heartbeat() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
    assert_eq!(run.idle_until(seconds(59)), 5, "polled while it settles");
    run.idle_until(seconds(60));
    assert_eq!(run.machine.link(), LinkState::Trusted);
    let looks = run.idle_until(seconds(60) + 10 * HEARTBEAT);
    assert_eq!(looks, 10);
}

#[test]
fn p15_under_a_trusted_watch_without_a_heartbeat_nothing_is_ever_due() {
    let mut run = Run::settling(Settings::realtime(INTERVAL, WatchProfile::local()));
    run.idle_until(seconds(60));
    assert_eq!(run.machine.link(), LinkState::Trusted);
    assert_eq!(run.machine.next_tick(), None);
    assert_eq!(run.looks(Input::Hint), Some(Trigger::Watch));
}

#[test]
fn p04_a_change_that_only_the_heartbeat_finds_is_a_miss_and_costs_trust() {
    let mut run = Run::trusted();
    assert_eq!(
        run.tick().look.map(|look| look.trigger),
        Some(Trigger::Resync)
    );
    run.ends(Verdict::Published);
    let found = run.now;
    assert!(run.tick().missed);
    assert_eq!(run.now, found + WatchProfile::local().grace);
    assert_eq!(run.machine.link(), LinkState::Untrusted);
    let now = run.now;
    assert_eq!(run.idle_until(now + seconds(60)), 6, "polled again");
}

#[test]
fn p04_a_hint_within_the_grace_is_no_miss() {
    let mut run = Run::trusted();
    assert!(run.tick().look.is_some());
    run.ends(Verdict::Published);
    run.after(WatchProfile::local().grace / 2);
    assert_eq!(run.looks(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Unchanged);
    let now = run.now;
    run.idle_until(now + seconds(30));
    assert_eq!(run.machine.link(), LinkState::Trusted);
}

#[test]
fn p04_a_hint_while_the_heartbeat_looks_is_no_miss() {
    let mut run = Run::trusted();
    assert!(run.tick().look.is_some());
    assert_eq!(run.looks(Input::Hint), None, "one at a time");
    assert_eq!(
        run.looks(Input::Looked(Verdict::Published)),
        Some(Trigger::Watch)
    );
    run.ends(Verdict::Unchanged);
    let now = run.now;
    run.idle_until(now + seconds(30));
    assert_eq!(run.machine.link(), LinkState::Trusted);
}

#[test]
fn p04_three_announced_changes_earn_the_trust_back() {
    let mut run = Run::trusted();
    let _ = run.tick();
    run.ends(Verdict::Published);
    assert!(run.tick().missed);
    for state in [
        LinkState::Untrusted,
        LinkState::Untrusted,
        LinkState::Trusted,
    ] {
        assert_eq!(
            run.after(seconds(1)).looks(Input::Hint),
            Some(Trigger::Watch)
        );
        run.ends(Verdict::Published);
        assert_eq!(run.machine.link(), state);
    }
}

#[test]
fn a_look_that_was_asked_for_and_finds_a_change_is_no_miss() {
    let mut run = Run::trusted();
    assert_eq!(
        run.looks(Input::Asked(Trigger::Manual)),
        Some(Trigger::Manual)
    );
    run.ends(Verdict::Published);
    let now = run.now;
    run.idle_until(now + seconds(30));
    assert_eq!(run.machine.link(), LinkState::Trusted);
}

#[test]
fn p09_causes_during_a_look_lead_to_one_more() {
    let mut run = Run::trusted();
    assert_eq!(run.looks(Input::Hint), Some(Trigger::Watch));
    for _ in 0..1000 {
        assert_eq!(
            run.after(Duration::from_micros(10)).looks(Input::Hint),
            None
        );
    }
    assert_eq!(run.looks(Input::Asked(Trigger::Http)), None);
    assert_eq!(
        run.looks(Input::Looked(Verdict::Published)),
        Some(Trigger::Http)
    );
    run.ends(Verdict::Unchanged);
}

#[test]
fn hints_are_gathered_until_they_rest_and_no_longer_than_the_ceiling() {
    let profile = WatchProfile::unknown();
    let mut run = Run::settling(Settings::hybrid(INTERVAL, profile));
    let first = run.after(seconds(5)).now;
    assert_eq!(run.looks(Input::Hint), None);
    assert_eq!(
        run.tick().look.map(|look| look.trigger),
        Some(Trigger::Watch)
    );
    assert_eq!(run.now, first + profile.quiet);
    run.ends(Verdict::Published);

    let first = run.after(seconds(1)).now;
    let mut looked = None;
    while looked.is_none() {
        looked = run.looks(Input::Hint);
        run.now += profile.quiet / 5;
        assert!(run.now < first + 2 * profile.quiet * 4, "starved");
    }
    assert!(run.now >= first + profile.quiet * 4);
}

#[test]
fn hints_of_an_unknown_source_cause_two_looks_at_once_and_then_one_a_second() {
    let profile = WatchProfile {
        quiet: Duration::ZERO,
        ..WatchProfile::unknown()
    };
    let mut run = Run::settling(Settings::hybrid(INTERVAL, profile));
    let begin = run.after(seconds(1)).now;
    let mut looks = Vec::new();
    while run.now < begin + seconds(5) {
        if run.looks(Input::Hint).is_some() {
            looks.push((run.now - begin).as_secs());
            let _ = run.input(Input::Looked(Verdict::Unchanged));
        }
        run.now += Duration::from_millis(100);
    }
    assert_eq!(looks, [0, 0, 1, 2, 3, 4]);
}

#[test]
fn p12_a_removal_is_confirmed_by_a_second_look() {
    let mut run = Run::trusted();
    assert_eq!(run.looks(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Absent);
    let gone = run.now;
    let look = run.tick().look.expect("the confirming look");
    assert_eq!(
        (run.now, look.trigger, look.confirm),
        (gone + seconds(1), Trigger::Retry, true)
    );
}

#[test]
fn p12_what_comes_back_in_between_was_never_removed() {
    let mut run = Run::trusted();
    assert_eq!(run.looks(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Absent);
    let look = run.after(seconds(1) / 2).input(Input::Hint).look;
    assert!(!look.expect("a look").confirm);
    run.ends(Verdict::Published);
    let now = run.now;
    assert_eq!(run.idle_until(now + seconds(5)), 0);
}

#[test]
fn p12_looks_in_between_do_not_put_the_confirmation_off() {
    let mut run = Run::trusted();
    assert_eq!(run.looks(Input::Hint), Some(Trigger::Watch));
    run.ends(Verdict::Absent);
    let gone = run.now;
    while run.now < gone + seconds(1) - Duration::from_millis(100) {
        run.after(Duration::from_millis(100));
        assert!(!run.input(Input::Hint).look.expect("a look").confirm);
        run.ends(Verdict::Absent);
    }
    assert!(run.tick().look.expect("a look").confirm);
    assert_eq!(run.now, gone + seconds(1));
}

#[test]
fn a_failed_look_is_taken_again_from_a_quarter_second_up_to_the_interval() {
    let mut run = Run::new(Settings::polling(INTERVAL));
    assert_eq!(run.looks(Input::Started), Some(Trigger::Startup));
    let mut gaps = Vec::new();
    for _ in 0..8 {
        let before = run.now;
        run.ends(Verdict::Failed(Regime::Passing));
        assert_eq!(
            run.tick().look.map(|look| look.trigger),
            Some(Trigger::Retry)
        );
        gaps.push((run.now - before).as_millis());
    }
    assert_eq!(gaps, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
}

#[test]
fn p20_a_source_that_refuses_is_asked_ever_more_rarely_and_never_given_up() {
    for seed in 1..=1000 {
        let settings = Settings::polling(INTERVAL);
        let mut run = Run::with_jitter(settings, Jitter::from_seed(seed * 104_729));
        let _ = run.input(Input::Started);
        for attempt in 0..12 {
            let before = run.now;
            run.ends(Verdict::Failed(Regime::Refused));
            assert!(run.tick().look.is_some());
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
fn two_good_looks_in_a_row_end_the_rare_asking() {
    let mut run = Run::new(Settings::polling(INTERVAL));
    let _ = run.input(Input::Started);
    let refuse = |run: &mut Run| {
        let before = run.now;
        run.ends(Verdict::Failed(Regime::Refused));
        assert!(run.tick().look.is_some());
        run.now - before
    };
    assert_eq!(refuse(&mut run), REFUSED_FLOOR);
    assert_eq!(refuse(&mut run), REFUSED_FLOOR * 2);
    run.ends(Verdict::Unchanged);
    assert!(run.tick().look.is_some());
    assert_eq!(refuse(&mut run), REFUSED_FLOOR * 4, "once is not enough");
    for _ in 0..2 {
        run.ends(Verdict::Unchanged);
        assert!(run.tick().look.is_some());
    }
    assert_eq!(refuse(&mut run), REFUSED_FLOOR);
}

#[test]
fn p20_a_lost_watch_is_opened_again_ever_later_while_polling_keeps_its_period() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
    assert_eq!(
        run.looks(Input::Lost(Regime::Passing)),
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
        if actions.look.is_some() {
            polls += 1;
            run.ends(Verdict::Unchanged);
        }
    }
    assert_eq!(tries[..6], [1, 2, 4, 8, 16, 30]);
    assert!(tries[6..].iter().all(|gap| *gap == 30), "{tries:?}");
    assert!(polls >= 590 / 10 - 2, "{polls} polls in ten minutes");
}

#[test]
fn p20_the_back_off_is_forgotten_after_a_minute_of_health_and_not_before() {
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
        assert_eq!(run.looks(Input::Opened), Some(Trigger::Resync));
        run.ends(Verdict::Unchanged);
        let opened = run.now;
        run.idle_until(opened + health);
        let lost = run.now;
        let _ = run.input(Input::Lost(Regime::Passing));
        let _ = run.input(Input::Looked(Verdict::Unchanged));
        while !run.tick().open {
            run.ends(Verdict::Unchanged);
        }
        assert_eq!((run.now - lost).as_secs(), expected);
    }
}

#[test]
fn a_watch_that_closes_after_it_delivered_is_forgiven_twice() {
    let mut run = Run::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
    let mut gaps = Vec::new();
    for _ in 0..4 {
        let _ = run.input(Input::Hint);
        let _ = run.input(Input::Looked(Verdict::Published));
        let lost = run.now;
        let _ = run.input(Input::Lost(Regime::Passing));
        let _ = run.input(Input::Looked(Verdict::Unchanged));
        while run.machine.link() != LinkState::Connecting {
            let _ = run.tick();
        }
        gaps.push((run.now - lost).as_secs());
        let _ = run.input(Input::Opened);
        let _ = run.input(Input::Looked(Verdict::Unchanged));
    }
    assert_eq!(gaps, [0, 0, 1, 2]);
}

#[test]
fn a_parked_watch_is_tried_at_once_when_somebody_asks() {
    let mut run = Run::trusted();
    let _ = run.input(Input::Lost(Regime::Refused));
    assert_eq!(run.machine.link(), LinkState::Parked);
    run.ends(Verdict::Unchanged);
    let actions = run.after(seconds(3)).input(Input::Asked(Trigger::Manual));
    assert!(actions.open && actions.look.is_some());
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
