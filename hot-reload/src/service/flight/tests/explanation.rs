//! The text that a person reads.

use super::*;
use crate::event::{DataState, HoldReason};
use crate::status::{Degradation, SourceStatus};

#[test]
fn explanation_has_this_text() {
    let closed = Error::new(ErrorKind::Unavailable, "the watch was closed");
    let mut timeline = Timeline::new(8);
    for seconds in 0..3 {
        let published = Outcome::Published {
            generation: Generation::FIRST,
        };
        let mut attempt = attempt(seconds, Trigger::Startup, published, "abc");
        attempt.votes.push(Vote {
            participant: "pool".to_owned(),
            refusal: None,
            elapsed: SECOND,
            failure: Some(Error::new(ErrorKind::Timeout, "did not finish")),
        });
        drop(timeline.load_ended(attempt));
    }
    drop(timeline.watch_changed(seconds(60), WatchState::Settling, WatchState::Trusted, None));
    for seconds in [70, 100, 4_000] {
        drop(timeline.load_ended(unchanged(seconds)));
    }
    drop(timeline.watch_changed(
        seconds(4_000),
        WatchState::Trusted,
        WatchState::Down,
        Some(&closed),
    ));
    drop(timeline.missed(seconds(4_100)));
    drop(timeline.absent(seconds(4_101)));
    let mut missing = attempt(4_102, Trigger::Retry, Outcome::Missing, "");
    missing.is_fallback = true;
    drop(timeline.load_ended(missing));
    let typo = Error::new(ErrorKind::Decode, "expected u16");
    let refused = Outcome::Rejected {
        stage: Stage::Decode,
        error: typo.clone(),
    };
    let mut twice = attempt(4_200, Trigger::Manual, refused.clone(), "bad");
    twice.causes = twice.causes.and(Causes::of(Trigger::Watch));
    drop(timeline.load_ended(twice));
    let (last, _) = timeline.load_ended(attempt(7_260, Trigger::Retry, refused, "bad"));

    let mut status = Status::new("Config".to_owned(), Some("app.toml".to_owned()));
    status.generation = Some(Generation::FIRST);
    status.data = DataState::Stale;
    status.watch = WatchState::Down;
    status.watch_error = Some(closed);
    status.last_error = Some(typo);
    assert_eq!(last.times, 2);
    status.last_attempt = Some(last);
    assert_eq!(
        status.to_string(),
        "Config (app.toml): generation 1, data stale, watch down (the watch was closed); rejected at stage decode: expected u16"
    );
    let explanation = Explanation {
        status,
        now: seconds(7_302),
        at: SystemTime::UNIX_EPOCH + seconds(10_000),
        last_good: Some(seconds(4_000)),
        timeline,
    };
    let expected = "\
Config (app.toml): generation 1, data stale, watch down (the watch was closed), last verified 55 min ago; rejected at stage decode: expected u16
  2 earlier entries were dropped
     2 h ago  published as generation 1 (startup; revision 616263; validate 250 ms)
                pool: ready after 1s; then did not finish
     2 h ago  watch trusted
     2 h ago  unchanged (interval; revision 61; validate 250 ms), 3 times until 55 min ago
  55 min ago  watch down, was trusted: the watch was closed
  53 min ago  missed: the watch did not report this change
  53 min ago  no content; a second load confirms the removal
  53 min ago  missing (retry; validate 250 ms); generation 1 replaces the content
  51 min ago  rejected at stage decode (manual, watch, retry; revision 626164; validate 250 ms), 2 times until 42 s ago: expected u16";
    assert_eq!(explanation.to_string(), expected);
    assert_eq!(explanation.attempts().count(), 4);
}

#[test]
fn explanation_of_a_new_service_is_one_line() {
    let flight = Flight::new(ENTRIES);
    let status = Status::new("Config".to_owned(), None);
    let explanation = flight.explain(status);
    assert_eq!(
        explanation.to_string(),
        "Config: no generation, data none, watch off, never verified"
    );
}

#[test]
fn status_is_one_line_with_all_that_a_person_should_know() {
    let mut status = Status::new("Config".to_owned(), None);
    assert_eq!(
        status.to_string(),
        "Config: no generation, data none, watch off"
    );
    let now = SystemTime::UNIX_EPOCH;
    status.hold = Some(Hold::new(HoldReason::Paused, now, "paused\nuntil `resume`"));
    status.needs_restart = vec!["listen".to_owned(), "workers".to_owned()];
    let slow = Degradation::new("slow", "it is slow", "").inherent();
    let limps = Degradation::new("limps", "it limps", "lend it a stick");
    let source = SourceStatus::default()
        .with_degradation(slow)
        .with_degradation(limps);
    status.source_status = Some(source);
    status.on_probation = Some(Generation::FIRST);
    status.stopped = true;
    let expected = "Config: stopped, no generation, data none, watch off; on probation; paused; until `resume`; \
                    needs a restart: listen, workers; the source is degraded: it limps; lend it a stick";
    assert_eq!(status.to_string(), expected);
}
