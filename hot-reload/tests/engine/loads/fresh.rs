//! P4, P8, P10: the bound of staleness.

use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, EventKind, Events, WatchState};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Builder, Control, Error, Outcome};
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep, sleep_until};

use crate::log::log;
use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds, settle};

const BOUND: Duration = Duration::from_secs(60);
/// More than a timer may be late, and less than anybody sees.
const INSTANT: Duration = Duration::from_millis(2);

fn builder(script: &Script) -> Builder<Script, String, String> {
    script.builder().interval(seconds(10))
}

/// The moment of a good load: now.
async fn checked(control: &Control<String>) -> Instant {
    let outcome = control.reload().await.outcome;
    assert!(outcome.is_current(), "{outcome:?}");
    Instant::now()
}

/// The events about staleness since the last call.
fn reports(events: &mut Events) -> Vec<(Duration, Option<Error>)> {
    let mut reports = Vec::new();
    // Otherwise the runtime would have the test pause after so many.
    while let Some(Some(event)) = unconstrained(events.next()).now_or_never() {
        match event.kind {
            EventKind::Stale { age, error } => reports.push((age, error)),
            EventKind::Lagged(count) => panic!("{count} were left out"),
            _ => {}
        }
    }
    reports
}

#[tokio::test(start_paused = true)]
async fn value_becomes_stale_when_the_last_good_load_reaches_the_bound() {
    for bad in [
        Failing(ErrorKind::Unavailable),
        Failing(ErrorKind::Denied),
        Bad("typo"),
        Panicking,
        Missing,
        Hanging,
    ] {
        let script = Script::new(Good("first"));
        let (live, control) = builder(&script)
            .hybrid()
            .max_staleness(BOUND)
            .start()
            .await
            .unwrap();
        let mut events = control.events();
        let checked = checked(&control).await;
        script.set(bad.clone());
        sleep_until(checked + BOUND - INSTANT).await;
        let status = control.status();
        assert_eq!(status.data, DataState::Fresh, "{bad:?}");
        assert!(matches!(bad, Missing) || status.last_error.is_some());
        assert!(reports(&mut events).is_empty());
        sleep_until(checked + BOUND + INSTANT).await;
        assert_eq!(control.status().data, DataState::Stale, "{bad:?}");
        let reports = reports(&mut events);
        assert_eq!(reports.len(), 1);
        assert!(reports[0].0 >= BOUND && reports[0].0 <= BOUND + INSTANT);
        let texts =
            [&reports[0].1, &status.last_error].map(|error| error.as_ref().map(Error::message));
        assert_eq!(texts[0], texts[1]);
        assert_eq!(*live.load(), "first", "it stays visible");
    }
}

#[tokio::test(start_paused = true)]
async fn p08_value_becomes_stale_while_a_load_hangs() {
    let script = Script::new(Good("first"));
    let (_live, control) = builder(&script)
        .load_deadline(seconds(3600))
        .max_staleness(BOUND)
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    let checked = checked(&control).await;
    script.set(Hanging);
    sleep_until(checked + BOUND - INSTANT).await;
    assert_eq!(control.status().data, DataState::Fresh);
    sleep_until(checked + BOUND + INSTANT).await;
    assert_eq!(control.status().data, DataState::Stale);
    let reports = reports(&mut events);
    assert!(matches!(&reports[..], [(_, None)]), "{reports:?}");
}

#[tokio::test(start_paused = true)]
async fn stale_and_fresh_again_are_reported_once() {
    let log = log();
    let script = Script::new(Good("first"));
    let (_live, control) = builder(&script)
        .hybrid()
        .max_staleness(BOUND)
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    for round in 1..=3 {
        script.set(Failing(ErrorKind::Unavailable));
        sleep(seconds(1200)).await;
        assert_eq!(reports(&mut events).len(), 1);
        assert_eq!(log.count("stale, no good load for 60"), round);
        // The outage is reported again after a minute and after ten.
        let reasons = log.count("the source is away");
        assert_eq!(reasons, 5 * round - 1, "why is said, too");
        assert_eq!(log.count("fresh again"), round - 1);
        script.set(Good(if round == 2 { "second" } else { "first" }));
        let checked = checked(&control).await;
        assert_eq!(control.status().data, DataState::Fresh);
        settle().await;
        assert_eq!(log.count("fresh again, after no good load for 1200"), round);
        // The bound begins again.
        script.set(Failing(ErrorKind::Unavailable));
        sleep_until(checked + BOUND - INSTANT).await;
        assert_eq!(control.status().data, DataState::Fresh);
        script.set(Good("third"));
        settle().await;
    }
    assert!(reports(&mut events).is_empty());
    assert_eq!(
        (log.count("stale, no good load"), log.count("fresh again")),
        (3, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn p04_bound_gives_a_trusted_watch_a_heartbeat() {
    let script = Script::new(Good("first"));
    let (_live, control) = builder(&script)
        .realtime()
        .interval(seconds(3600))
        .max_staleness(BOUND)
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    sleep(seconds(200)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    let (before, bounds) = (script.loads(), 1_000);
    for _ in 0..bounds {
        sleep(BOUND).await;
        assert_eq!(control.status().data, DataState::Fresh);
        assert!(reports(&mut events).is_empty());
    }
    let loads = script.loads() - before;
    assert!((2_900..=3_200).contains(&loads), "{loads} in {bounds}");
    // An open watch does not keep the value of a hanging source fresh.
    script.state().set_silently(Failing(ErrorKind::Unavailable));
    sleep(BOUND + BOUND).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    assert_eq!(reports(&mut events).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn p10_unchanged_load_counts_as_good() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .interval(seconds(3600))
        .max_staleness(BOUND)
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    let published = control.status().last_published;
    for _ in 0..24 {
        sleep(seconds(3600)).await;
        assert_eq!(control.status().data, DataState::Fresh);
        assert!(reports(&mut events).is_empty());
    }
    assert_eq!(control.status().last_published, published);
}

#[tokio::test(start_paused = true)]
async fn load_that_finds_a_held_value_counts_as_good() {
    let script = Script::new(Good("first"));
    let (live, control) = builder(&script).max_staleness(BOUND).start().await.unwrap();
    let mut events = control.events();
    control.pause();
    script.set(Good("second"));
    sleep(seconds(1200)).await;
    assert_eq!(
        (live.load().as_str(), control.status().data),
        ("first", DataState::Fresh)
    );
    assert!(reports(&mut events).is_empty());
    script.set(Failing(ErrorKind::Unavailable));
    sleep(BOUND + seconds(1)).await;
    assert_eq!(
        (control.status().data, reports(&mut events).len()),
        (DataState::Stale, 1)
    );
    script.set(Good("second"));
    sleep(seconds(12)).await;
    assert_eq!(
        (live.load().as_str(), control.status().data),
        ("first", DataState::Fresh)
    );
}

#[tokio::test(start_paused = true)]
async fn restored_value_is_never_stale() {
    let script = Script::new(Missing);
    let (_live, control) = builder(&script)
        .hybrid()
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .max_staleness(BOUND)
        .start_in_background();
    let mut events = control.events();
    assert_eq!(control.status().data, DataState::None);
    sleep(seconds(1200)).await;
    assert_eq!(control.status().data, DataState::Restored);
    assert!(reports(&mut events).is_empty());
    let checked = {
        script.set(Good("first"));
        checked(&control).await
    };
    script.set(Failing(ErrorKind::Unavailable));
    sleep_until(checked + BOUND + INSTANT).await;
    assert_eq!(control.status().data, DataState::Stale);
    script.set(Missing);
    sleep(seconds(1200)).await;
    assert_eq!(control.status().data, DataState::Restored);
    assert_eq!(reports(&mut events).len(), 1);

    let away = Script::new(Failing(ErrorKind::Unavailable));
    let (_live, control) = builder(&away).max_staleness(BOUND).start_in_background();
    let mut events = control.events();
    sleep(seconds(1200)).await;
    assert_eq!(control.status().data, DataState::None);
    assert!(reports(&mut events).is_empty());
}

#[tokio::test(start_paused = true)]
async fn any_duration_is_accepted_as_a_bound() {
    for (given, trips) in [
        (Duration::ZERO, 1),
        (Duration::from_nanos(1), 1),
        (Duration::MAX, 0),
    ] {
        let script = Script::new(Good("first"));
        let (_live, control) = builder(&script)
            .hybrid()
            .max_staleness(given)
            .start()
            .await
            .unwrap();
        let mut events = control.events();
        sleep(seconds(100)).await;
        assert!(reports(&mut events).is_empty(), "{given:?}");
        let loads = script.loads();
        assert!(loads <= 2 * 100, "{loads}");
        script.set(Failing(ErrorKind::Unavailable));
        sleep(seconds(100)).await;
        assert_eq!(reports(&mut events).len(), trips);
    }
}

#[tokio::test(start_paused = true)]
async fn status_has_the_bound_and_keeps_the_error_of_a_rejection() {
    let script = Script::new(Good("first"));
    let (_live, control) = builder(&script).max_staleness(BOUND).start().await.unwrap();
    assert_eq!(control.status().max_staleness, Some(BOUND));
    script.set(Bad("typo"));
    let outcome = control.reload().await.outcome;
    assert!(matches!(outcome, Outcome::Rejected { .. }));
    let status = control.status();
    assert_eq!(status.data, DataState::Fresh);
    assert!(status.last_error.is_some());
    let (_live, control) = builder(&Script::new(Good("first"))).start().await.unwrap();
    assert_eq!(control.status().max_staleness, None);
}
