//! Outages: while no load is good, the log and the events repeat that ever more rarely.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, EventKind, WatchState};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Builder, Control};
use tokio::time::{Instant, sleep};

use crate::log::log;
use crate::script::{Bad, Content, Failing, Good, Missing, Script, seconds, settle};

/// The moments of the reports, in seconds, and their numbers of loads.
type Reports = Arc<Mutex<Vec<(u64, u64)>>>;

fn observed(script: &Script) -> (Builder<Script, String, String>, Reports) {
    let reports = Reports::default();
    let seen = Arc::clone(&reports);
    let begun = Instant::now();
    let builder = script.builder().hybrid().on_event(move |event| {
        if let EventKind::Outage { age, loads, .. } = event.kind {
            assert!(age <= begun.elapsed());
            seen.lock().unwrap().push((age.as_secs(), loads));
        }
    });
    (builder, reports)
}

fn ages(reports: &Reports) -> Vec<u64> {
    let reports = reports.lock().unwrap();
    reports.iter().map(|(age, _)| *age).collect()
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn outage_is_reported_ever_more_rarely_and_its_end_once() {
    for bad in [Failing(ErrorKind::Unavailable), Bad("typo"), Missing] {
        let log = log();
        let script = Script::new(Good("one"));
        let (builder, reports) = observed(&script);
        let (_live, control) = builder.start().await.unwrap();
        script.set(bad.clone());
        sleep(2 * HOUR + seconds(60)).await;
        assert_eq!(ages(&reports), [60, 600, 3600, 7200], "{bad:?}");
        let loads: Vec<_> = reports
            .lock()
            .unwrap()
            .iter()
            .map(|(_, loads)| *loads)
            .collect();
        assert!(loads.is_sorted() && loads[0] > 1, "{loads:?}");
        assert_eq!(
            log.count("10 min without a good load ("),
            1,
            "{}",
            log.text()
        );
        assert_eq!(log.count(" without a good load ("), 4);
        script.set(Good("one"));
        drop(control.barrier().await);
        let counted = control.status().counters;
        assert_eq!(
            log.count("source recovered after 2 h without a good load ("),
            1
        );
        assert_eq!(log.count("source recovered"), 1, "it is not said twice");
        assert_eq!(
            counted.errors.iter().map(|(_, count)| count).sum::<u64>(),
            counted.failed + counted.rejected
        );
        sleep(2 * HOUR).await;
        assert_eq!(ages(&reports).len(), 4, "nothing after the end");
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_less_than_a_minute_are_no_outage() {
    let log = log();
    let script = Script::new(Good("one"));
    let (builder, reports) = observed(&script);
    let (_live, control) = builder.start().await.unwrap();
    for _ in 0..5 {
        script.set(Failing(ErrorKind::Unavailable));
        sleep(seconds(55)).await;
        script.set(Good("one"));
        drop(control.barrier().await);
    }
    assert_eq!(
        (ages(&reports).len(), log.count(" without a good load (")),
        (0, 0)
    );
    assert_eq!(log.count("source recovered; its content"), 5);
}

async fn outages_of(
    content: Content,
    change: impl FnOnce(Builder<Script, String, String>) -> Builder<Script, String, String>,
    then: impl FnOnce(&Control<String>),
) -> usize {
    let script = Script::new(Good("one"));
    let (builder, reports) = observed(&script);
    let (_live, control) = change(builder).start().await.unwrap();
    script.set(content);
    settle().await;
    then(&control);
    sleep(2 * HOUR).await;
    ages(&reports).len()
}

#[tokio::test(start_paused = true)]
async fn default_of_a_removal_and_a_disabled_service_are_no_outage() {
    let policy = RemovalPolicy::Replace("default".to_owned());
    let removed = outages_of(Missing, |builder| builder.on_removal(policy), |_| ()).await;
    assert_eq!(removed, 0);
    let failing = || Failing(ErrorKind::Unavailable);
    assert_eq!(
        outages_of(failing(), |builder| builder, Control::disable).await,
        0
    );
    assert!(outages_of(failing(), |builder| builder, |_| ()).await > 0);
}

#[tokio::test(start_paused = true)]
async fn status_says_since_when_data_and_watch_are_as_they_are() {
    let script = Script::new(Good("one"));
    let (_live, control) = script.service().await;
    let first = control.status();
    assert_eq!(
        (first.data, first.watch),
        (DataState::Fresh, WatchState::Settling)
    );
    assert!(first.data_since.is_some() && first.watch_since.is_some());
    sleep(seconds(120)).await;
    let later = control.status();
    assert_eq!(later.watch, WatchState::Trusted);
    assert_eq!(later.data_since, first.data_since, "it is still so");
    assert!(later.watch_since > first.watch_since);
    script.set(Bad("typo"));
    settle().await;
    let stale = control.status();
    assert_eq!(stale.data, DataState::Stale);
    assert!(stale.data_since > first.data_since);
    assert_eq!(stale.watch_since, later.watch_since);
    assert_eq!(stale.counters.errors.get(ErrorKind::Decode), 1);
    assert_eq!(stale.counters.errors.to_string(), "decode 1");
}
