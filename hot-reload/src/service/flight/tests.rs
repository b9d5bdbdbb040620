//! What is kept, what is printed of it, and what a replay notices.

use std::time::{Duration, SystemTime};

use super::story::{Lost, Story, What};
use super::tape::Tape;
use super::*;
use crate::error::ErrorKind;
use crate::event::DataState;
use crate::service::machine::{Look, Machine, Regime, Verdict};
use crate::status::Attempt;
use crate::watch::WatchProfile;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const SECOND: Duration = seconds(1);

// ===== the story =====

fn cycle(at: u64, trigger: Trigger, outcome: Outcome, revision: &str) -> Box<Cycle> {
    let since_start = seconds(at);
    let at = SystemTime::UNIX_EPOCH + since_start;
    Box::new(Cycle {
        trigger,
        causes: Causes::of(trigger),
        outcome,
        revision: (!revision.is_empty()).then(|| Revision::new(revision)),
        generation: Some(Generation::FIRST),
        elapsed: SECOND,
        stages: vec![
            (Stage::Load, Duration::from_micros(999)),
            (Stage::Validate, Duration::from_millis(250)),
        ],
        votes: Vec::new(),
        since_start,
        at,
        times: 1,
        first: at,
        stands_in: false,
    })
}

fn unchanged(seconds: u64) -> Box<Cycle> {
    cycle(seconds, Trigger::Interval, Outcome::Unchanged, "a")
}

fn rejected(seconds: u64, stage: Stage, text: &str) -> Box<Cycle> {
    let error = Error::new(ErrorKind::Invalid, text);
    cycle(
        seconds,
        Trigger::Retry,
        Outcome::Rejected { stage, error },
        "b",
    )
}

fn told(cycles: impl IntoIterator<Item = Box<Cycle>>) -> Vec<Cycle> {
    let mut story = Story::new(ENTRIES);
    for cycle in cycles {
        drop(story.looked(cycle));
    }
    cycles_of(&story)
}

fn cycles_of(story: &Story) -> Vec<Cycle> {
    let cycles = story.entries().filter_map(|entry| match &entry.what {
        What::Look(cycle) => Some((**cycle).clone()),
        _ => None,
    });
    cycles.collect()
}

#[test]
fn looks_that_find_the_same_are_one_cycle() {
    let manual = cycle(3, Trigger::Manual, Outcome::Unchanged, "a");
    let cycles = told([unchanged(1), unchanged(2), manual, unchanged(4)]);
    let [one] = &*cycles else {
        panic!("{cycles:?}");
    };
    assert_eq!((one.times, one.since_start), (4, seconds(4)));
    assert_eq!(one.first, SystemTime::UNIX_EPOCH + SECOND);
    assert_eq!(one.at, SystemTime::UNIX_EPOCH + seconds(4));
    assert_eq!(one.trigger, Trigger::Interval);
    let causes: Vec<_> = one.causes().collect();
    assert_eq!(causes, [Trigger::Manual, Trigger::Interval]);
}

#[test]
fn looks_that_find_something_else_are_cycles_of_their_own() {
    let different = [
        unchanged(1),
        cycle(2, Trigger::Interval, Outcome::Unchanged, "b"),
        cycle(3, Trigger::Interval, Outcome::Unchanged, ""),
        rejected(4, Stage::Validate, "too small"),
        rejected(5, Stage::Prepare, "too small"),
        rejected(6, Stage::Prepare, "too large"),
        cycle(7, Trigger::Retry, Outcome::Missing, "b"),
    ];
    assert_eq!(told(different).len(), 7);
    let published = Outcome::Published {
        generation: Generation::FIRST,
    };
    let published = |seconds| cycle(seconds, Trigger::Watch, published.clone(), "a");
    assert_eq!(told([published(1), published(2)]).len(), 2);
    assert_eq!(told([unchanged(1), published(2), unchanged(3)]).len(), 3);
    let mut default = cycle(2, Trigger::Retry, Outcome::Missing, "");
    default.stands_in = true;
    let missing = |seconds| cycle(seconds, Trigger::Retry, Outcome::Missing, "");
    let cycles = told([missing(1), default, missing(3)]);
    let stands_in: Vec<_> = cycles.iter().map(|cycle| cycle.stands_in).collect();
    assert_eq!(stands_in, [false, true], "and it is not forgotten");
}

#[test]
fn p17_a_story_keeps_the_newest_and_counts_what_it_has_forgotten() {
    let mut story = Story::new(3);
    for seconds in 1..=10 {
        let error = format!("reason {seconds}");
        drop(story.looked(rejected(seconds, Stage::Validate, &error)));
    }
    let cycles = cycles_of(&story);
    let kept: Vec<_> = cycles
        .iter()
        .map(|cycle| cycle.since_start.as_secs())
        .collect();
    assert_eq!(kept, [8, 9, 10]);
    assert_eq!(story.forgotten(), 7);

    let mut none = Story::new(0);
    drop(none.looked(unchanged(1)));
    drop(none.missed(seconds(2)));
    assert_eq!(none.entries().count(), 0);
}

#[test]
fn attempts_to_open_a_watch_that_fail_alike_are_one_entry_with_looks_in_between() {
    let mut story = Story::new(ENTRIES);
    let refused = Error::new(ErrorKind::Unavailable, "connection refused");
    let closed = Error::new(ErrorKind::Unavailable, "closed");
    let (trusted, connecting) = (LinkState::Trusted, LinkState::Connecting);
    drop(story.link(SECOND, trusted, LinkState::Down, Some(&closed)));
    for attempt in 2..100 {
        let now = seconds(attempt);
        drop(story.link(now, LinkState::Down, connecting, None));
        drop(story.link(now, connecting, LinkState::Down, Some(&refused)));
        drop(story.looked(unchanged(now.as_secs())));
    }
    let losses: Vec<_> = losses_of(&story);
    assert_eq!(
        losses,
        [
            ("closed".to_owned(), 1),
            ("connection refused".to_owned(), 98)
        ]
    );
    assert_eq!(story.entries().count(), 3);

    drop(story.link(seconds(200), connecting, LinkState::Settling, None));
    drop(story.link(
        seconds(201),
        LinkState::Settling,
        LinkState::Down,
        Some(&refused),
    ));
    assert_eq!(losses_of(&story).len(), 3, "it stood in between");
}

fn losses_of(story: &Story) -> Vec<(String, u32)> {
    let losses = story.entries().filter_map(|entry| match &entry.what {
        What::Lost(lost) => {
            let Lost { why, times, .. } = &**lost;
            Some((why.as_ref()?.to_string(), *times))
        }
        _ => None,
    });
    losses.collect()
}

// ===== the explanation =====

#[test]
fn an_explanation_reads_like_this() {
    let closed = Error::new(ErrorKind::Unavailable, "the watch was closed");
    let mut story = Story::new(8);
    for seconds in 0..3 {
        let published = Outcome::Published {
            generation: Generation::FIRST,
        };
        let mut cycle = cycle(seconds, Trigger::Startup, published, "abc");
        cycle.votes.push(Vote {
            participant: "pool".to_owned(),
            refusal: None,
            elapsed: SECOND,
            failure: Some(Error::new(ErrorKind::Timeout, "did not come to an end")),
        });
        drop(story.looked(cycle));
    }
    drop(story.link(seconds(60), LinkState::Settling, LinkState::Trusted, None));
    for seconds in [70, 100, 4_000] {
        drop(story.looked(unchanged(seconds)));
    }
    drop(story.link(
        seconds(4_000),
        LinkState::Trusted,
        LinkState::Down,
        Some(&closed),
    ));
    drop(story.missed(seconds(4_100)));
    drop(story.absent(seconds(4_101)));
    let mut missing = cycle(4_102, Trigger::Retry, Outcome::Missing, "");
    missing.stands_in = true;
    drop(story.looked(missing));
    let typo = Error::new(ErrorKind::Decode, "expected u16");
    let refused = Outcome::Rejected {
        stage: Stage::Decode,
        error: typo.clone(),
    };
    let mut twice = cycle(4_200, Trigger::Manual, refused.clone(), "bad");
    twice.causes = twice.causes.and(Causes::of(Trigger::Watch));
    drop(story.looked(twice));
    drop(story.looked(cycle(7_260, Trigger::Retry, refused.clone(), "bad")));

    let mut status = Status::new("Config".to_owned(), Some("app.toml".to_owned()));
    status.generation = Some(Generation::FIRST);
    status.data = DataState::Stale;
    status.link = LinkState::Down;
    status.link_error = Some(closed);
    status.last_error = Some(typo);
    status.last_attempt = Some(Attempt {
        trigger: Trigger::Retry,
        outcome: refused,
        at: SystemTime::UNIX_EPOCH,
    });
    let explanation = Explanation {
        status,
        now: seconds(7_302),
        last_good: Some(seconds(4_000)),
        story,
        tape: None,
    };
    let expected = "\
Config (app.toml): generation 1, data stale, link down (the watch was closed), last good check 55 min ago; rejected at stage decode: expected u16
  2 earlier entries are not kept any more
     2 h ago  published as generation 1 (startup; revision 616263; validate 250 ms)
                pool: ready after 1s; then did not come to an end
     2 h ago  link trusted
     2 h ago  unchanged (interval; revision 61; validate 250 ms), 3 times until 55 min ago
  55 min ago  link down, was trusted: the watch was closed
  53 min ago  missed: the watch had not announced that change
  53 min ago  nothing is there; a second look is to say whether that is meant
  53 min ago  missing (retry; validate 250 ms); generation 1 stands in
  51 min ago  rejected at stage decode (manual, watch, retry; revision 626164; validate 250 ms), 2 times until 42 s ago: expected u16";
    assert_eq!(explanation.to_string(), expected);
    assert_eq!(explanation.cycles().count(), 4);
    assert_eq!(explanation.replay(), Ok(0));
}

#[test]
fn a_service_that_has_done_nothing_has_little_to_explain() {
    let flight = Flight::new(ENTRIES);
    let status = Status::new("Config".to_owned(), None);
    let explanation = flight.explain(status);
    assert_eq!(
        explanation.to_string(),
        "Config: no generation, data none, link off, no good check yet"
    );
}

// ===== the tape =====

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
    let (mut look, mut opening, mut open): (Option<Look>, bool, bool) = (None, false, false);
    for _ in 0..steps {
        let actions = machine.handle(now, input);
        tape.handled(now, input, actions, machine.link());
        if news {
            tape.news();
        }
        look = actions.look.or(look);
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
            3 => Input::Asked(Trigger::Manual),
            4.. if look.take().is_some() => {
                let verdicts = [Verdict::Published, Verdict::Unchanged, Verdict::Rejected];
                Input::Looked(verdicts[below(3) as usize % 3])
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
fn a_tape_can_be_replayed_however_much_has_fallen_out_of_it() {
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
fn a_tape_that_was_tampered_with_diverges() {
    let mut unnoticed = [0; 4];
    for seed in 1..=100 {
        let tape = recorded(seed, 300, 1000, true);
        for (kind, unnoticed) in unnoticed.iter_mut().enumerate() {
            let mut tape = tape.clone();
            let at = seed as usize % 48;
            match kind {
                0 => tape.forge_answer(at),
                1 => tape.stop_the_clock(at),
                2 => tape.leave_wishes_out(),
                _ => tape.forge_start(machine(seed + 1000)),
            }
            *unnoticed += u32::from(tape.replay().is_ok());
        }
    }
    let [answer, stopped, wishes, start] = unnoticed;
    assert_eq!(answer, 0, "each answer is compared");
    println!(
        "unnoticed of 100: {stopped} stopped clocks, {wishes} wishes left out, {start} other machines"
    );
    // Not everything matters in every run.
    assert!(stopped < 50 && wishes < 50 && start < 50, "{unnoticed:?}");
}

#[test]
fn a_divergence_says_what_and_when() {
    let mut tape = recorded(7, 40, 64, true);
    tape.forge_answer(0);
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
fn p17_a_tape_on_which_nothing_new_happens_is_short_until_something_does() {
    let mut tape = recorded(3, 100, 64, true);
    assert_eq!(tape.len(), 64);
    tape.news();
    let mut lengths = vec![tape.len()];
    for now in 0..64 {
        tape.handled(
            seconds(10_000 + now),
            Input::Hint,
            Actions::default(),
            LinkState::Off,
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
            LinkState::Off,
        );
        assert!(tape.len() <= 8);
    }
    tape.news();
    for now in 0..200 {
        tape.handled(
            seconds(30_000 + now),
            Input::Hint,
            Actions::default(),
            LinkState::Off,
        );
        lengths.push(tape.len());
    }
    assert_eq!(lengths.iter().max(), Some(&64));
    assert_eq!(lengths.last(), Some(&8));
}
