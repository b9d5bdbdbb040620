//! Tests of the entries of the flight recorder, and of their number.

use super::*;

fn recorded(attempts: impl IntoIterator<Item = Attempt>) -> Vec<Attempt> {
    let mut timeline = Timeline::new(ENTRIES);
    for attempt in attempts {
        drop(timeline.load_ended(attempt));
    }
    attempts_of(&timeline)
}

fn attempts_of(timeline: &Timeline) -> Vec<Attempt> {
    let attempts = timeline.entries().filter_map(|entry| match &entry.kind {
        EntryKind::Load(attempt) => Some((**attempt).clone()),
        _ => None,
    });
    attempts.collect()
}

#[test]
fn loads_with_the_same_result_share_an_entry() {
    let manual = attempt(3, Trigger::Manual, Outcome::Unchanged, "a");
    let attempts = recorded([unchanged(1), unchanged(2), manual, unchanged(4)]);
    let [one] = &*attempts else {
        panic!("{attempts:?}");
    };
    assert_eq!((one.times, one.since_start), (4, seconds(4)));
    assert_eq!(one.first, SystemTime::UNIX_EPOCH + SECOND);
    assert_eq!(one.at, SystemTime::UNIX_EPOCH + seconds(4));
    assert_eq!(one.trigger, Trigger::Interval);
    let causes: Vec<_> = one.causes().collect();
    assert_eq!(causes, [Trigger::Manual, Trigger::Interval]);
}

#[test]
fn loads_with_another_result_have_entries_of_their_own() {
    let different = [
        unchanged(1),
        attempt(2, Trigger::Interval, Outcome::Unchanged, "b"),
        attempt(3, Trigger::Interval, Outcome::Unchanged, ""),
        rejected(4, Stage::Validate, "too small"),
        rejected(5, Stage::Prepare, "too small"),
        rejected(6, Stage::Prepare, "too large"),
        attempt(7, Trigger::Retry, Outcome::Missing, "b"),
    ];
    assert_eq!(recorded(different).len(), 7);
    let published = Outcome::Published {
        generation: Generation::FIRST,
    };
    let published = |seconds| attempt(seconds, Trigger::Watch, published.clone(), "a");
    assert_eq!(recorded([published(1), published(2)]).len(), 2);
    assert_eq!(
        recorded([unchanged(1), published(2), unchanged(3)]).len(),
        3
    );
    let mut default = attempt(2, Trigger::Retry, Outcome::Missing, "");
    default.is_fallback = true;
    let missing = |seconds| attempt(seconds, Trigger::Retry, Outcome::Missing, "");
    let attempts = recorded([missing(1), default, missing(3)]);
    let is_fallback: Vec<_> = attempts.iter().map(|attempt| attempt.is_fallback).collect();
    assert_eq!(is_fallback, [false, true], "the flag survives repetitions");
}

#[test]
fn p17_full_timeline_keeps_the_newest_and_counts_evictions() {
    let mut timeline = Timeline::new(3);
    for seconds in 1..=10 {
        let error = format!("reason {seconds}");
        drop(timeline.load_ended(rejected(seconds, Stage::Validate, &error)));
    }
    let attempts = attempts_of(&timeline);
    let kept: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.since_start.as_secs())
        .collect();
    assert_eq!(kept, [8, 9, 10]);
    assert_eq!(timeline.evictions(), 7);

    let mut none = Timeline::new(0);
    drop(none.load_ended(unchanged(1)));
    drop(none.missed(seconds(2)));
    assert_eq!(none.entries().count(), 0);
}

#[test]
fn failed_attempts_to_open_a_watch_share_an_entry() {
    let mut timeline = Timeline::new(ENTRIES);
    let refused = Error::new(ErrorKind::Unavailable, "connection refused");
    let closed = Error::new(ErrorKind::Unavailable, "closed");
    let (trusted, connecting) = (WatchState::Trusted, WatchState::Connecting);
    drop(timeline.watch_changed(SECOND, trusted, WatchState::Down, Some(&closed)));
    for attempt in 2..100 {
        let now = seconds(attempt);
        drop(timeline.watch_changed(now, WatchState::Down, connecting, None));
        drop(timeline.watch_changed(now, connecting, WatchState::Down, Some(&refused)));
        drop(timeline.load_ended(unchanged(now.as_secs())));
    }
    let losses: Vec<_> = losses_of(&timeline);
    assert_eq!(
        losses,
        [
            ("closed".to_owned(), 1),
            ("connection refused".to_owned(), 98)
        ]
    );
    assert_eq!(timeline.entries().count(), 3);

    drop(timeline.watch_changed(seconds(200), connecting, WatchState::Settling, None));
    drop(timeline.watch_changed(
        seconds(201),
        WatchState::Settling,
        WatchState::Down,
        Some(&refused),
    ));
    assert_eq!(losses_of(&timeline).len(), 3, "it stood in between");
}

fn losses_of(timeline: &Timeline) -> Vec<(String, u32)> {
    let losses = timeline.entries().filter_map(|entry| match &entry.kind {
        EntryKind::Lost(lost) => {
            let Lost { why, times, .. } = &**lost;
            Some((why.as_ref()?.to_string(), *times))
        }
        _ => None,
    });
    losses.collect()
}
