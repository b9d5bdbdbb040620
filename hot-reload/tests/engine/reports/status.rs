//! Output to operators: the status, the events and the log, P6, P11, P12.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, EventKind, Events, WatchState};
use hot_reload::policy::{Probation, RemovalPolicy};
use hot_reload::status::{Degradation, SourceStatus};
use hot_reload::{Outcome, ReloaderConfig, ReloaderService, Snapshot};
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Bad, Failing, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p11_state_is_logged_once() {
    let log = log();
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .hybrid()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    script.set(Bad("typo"));
    sleep(seconds(3600)).await;
    assert_eq!(log.count("ERROR"), 1);
    assert_eq!(
        log.count("rejected, the last good value stays: cannot read"),
        1
    );
    script.set(Failing(ErrorKind::Unavailable));
    sleep(seconds(3600)).await;
    assert_eq!(log.count("could not be loaded"), 1);
    script.set(Good("first"));
    sleep(seconds(60)).await;
    assert_eq!(log.count("source recovered"), 1);
    script.set_opening(Some(Failing(ErrorKind::Unavailable)));
    script.lose_watch();
    sleep(seconds(3600)).await;
    assert_eq!(
        log.count("watch lost, polling until it is re-established"),
        2,
        "closed, and not to be had"
    );
    script.set_opening(None);
    sleep(seconds(60)).await;
    assert_eq!(log.count("watch re-established"), 1);
    control.stop().await;
    assert_eq!(log.count("stopped"), 1);
}

#[tokio::test(start_paused = true)]
async fn log_names_no_good_value_if_there_is_none() {
    let log = log();
    let (_live, _control) =
        ReloaderService::builder(Script::new(Bad("typo"))).start_in_background();
    sleep(seconds(60)).await;
    assert_eq!(
        (log.count("there is no value yet"), log.count("last good")),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn p12_removal_default_is_reported_as_a_default() {
    let script = Script::new(Missing);
    let (live, control) = script
        .builder()
        .hybrid()
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .start()
        .await
        .unwrap();
    let status = control.status();
    assert_eq!(*live.load(), "default");
    assert_eq!(
        (status.data, status.counters.published),
        (DataState::Restored, 1)
    );
    assert!(status.last_published.is_some());
    script.set(Good("first"));
    settle().await;
    let status = control.status();
    assert_eq!(
        (status.data, status.counters.published),
        (DataState::Fresh, 2)
    );
    script.set(Good("default"));
    settle().await;
    script.set(Missing);
    sleep(seconds(5)).await;
    assert_eq!(live.get().generation().get(), 3, "it was visible already");
}

#[tokio::test(start_paused = true)]
async fn p12_removal_forgets_the_rejected_content() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.builder().start().await.unwrap();
    script.set(Bad("typo"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Rejected { .. }
    ));
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    script.set(Good("first"));
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    assert_eq!(control.status().data, DataState::Fresh);
}

#[tokio::test(start_paused = true)]
async fn watch_is_off_when_no_run_is_active() {
    let script = Script::new(Good("first"));
    let config = ReloaderConfig::realtime();
    let made = ReloaderService::<Script, String, String>::new(&script, config).await;
    let service = Arc::new(made.unwrap().0);
    let control = service.control();
    let inside = Arc::clone(&service);
    let running = tokio::spawn(async move { inside.start_with_realtime().await.unwrap() });
    sleep(seconds(100)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    running.abort();
    settle().await;
    assert_eq!(
        control.status().watch,
        WatchState::Off,
        "the run was dropped"
    );
    assert_eq!(control.status().counters.watch_losses, 0);
    control.stop().await;
    let opens = script.opens();
    service.start_with_realtime().await.unwrap();
    assert_eq!(
        (control.status().watch, script.opens()),
        (WatchState::Off, opens)
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_caller_is_served_by_the_next_run_or_the_end() {
    let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(2));
    let config = ReloaderConfig::polling(10);
    let made = ReloaderService::<Script, String, String>::new(&script, config).await;
    let (service, _receiver) = made.unwrap();
    let control = service.control();
    let asking = control.clone();
    let asked = tokio::spawn(async move { asking.reload().await });
    tokio::select! {
        ended = service.start() => panic!("{ended:?}"),
        () = sleep(seconds(1)) => {}
    }
    tokio::select! {
        ended = service.start() => panic!("{ended:?}"),
        outcome = asked => assert!(outcome.unwrap().is_current()),
    }
    let asking = control.clone();
    let asked = tokio::spawn(async move { asking.reload().await });
    settle().await;
    control.stop().await;
    let outcome = asked.await.unwrap();
    assert!(
        matches!(outcome.outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Stopped)
    );
}

#[tokio::test(start_paused = true)]
async fn slow_reader_of_events_gets_the_number_of_missed_ones() {
    let script = Script::new(Good("first"));
    let (_live, control) = ReloaderService::builder(script).start().await.unwrap();
    let mut events = control.events();
    for _ in 0..300 {
        assert!(control.reload().await.is_current());
    }
    assert!(matches!(next(&mut events).await, EventKind::Lagged(44)));
    assert!(matches!(next(&mut events).await, EventKind::Load { .. }));
}

#[tokio::test(start_paused = true)]
async fn cancelled_callers_are_removed() {
    let script = Script::new(Good("first"));
    let config = ReloaderConfig::polling(10);
    let made = ReloaderService::<Script, String, String>::new(&script, config).await;
    let (service, _receiver) = made.unwrap();
    let control = service.control();
    for _ in 0..100_000 {
        assert!(control.reload().now_or_never().is_none());
    }
    let shown = format!("{control:?}");
    assert!(shown.len() < 10_000, "{} bytes", shown.len());
}

fn degraded(by: &[Degradation]) -> Option<SourceStatus> {
    let mut status = SourceStatus::default();
    status.counters.push(("reads".into(), by.len() as u64));
    status.degraded.extend_from_slice(by);
    Some(status)
}

#[tokio::test(start_paused = true)]
async fn source_status_is_copied_and_logged_when_it_changes() {
    let log = log();
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    assert!(control.status().source_status.is_none());

    let one = Degradation::new("one", "it limps", "lend it a stick");
    let other = Degradation::new("other", "it squints", "lend it glasses");
    let nature = Degradation::new("nature", "it is slow", "have patience").inherent();
    script.state().status = degraded(&[one.clone(), nature.clone()]);
    assert!(control.reload().await.is_current());
    let said = control.status().source_status.unwrap();
    assert!(said.is_degraded_by("one") && !said.is_degraded_by("other"));
    assert_eq!(
        (said.counter("reads"), said.counter("writes")),
        (Some(2), None)
    );
    assert_eq!(said.degraded[0].to_string(), "it limps; lend it a stick");
    sleep(seconds(3600)).await;
    assert_eq!(log.count("WARN"), 1);
    assert_eq!(log.count("degraded: it limps; lend it a stick"), 1);
    assert_eq!(log.count("it is slow"), 0, "nothing to be done about it");

    script.state().status = degraded(&[one, other.clone(), nature.clone()]);
    sleep(seconds(3600)).await;
    assert_eq!(log.count("WARN"), 2, "the one before lasts");
    script.state().status = degraded(&[other, nature]);
    sleep(seconds(3600)).await;
    assert_eq!(
        (log.count("it squints"), log.count("resolved: it limps")),
        (1, 1)
    );
    script.state().status = degraded(&[]);
    sleep(seconds(3600)).await;
    assert_eq!((log.count("WARN"), log.count("resolved")), (2, 2));
    assert!(control.status().source_status.unwrap().degraded.is_empty());
}

#[tokio::test(start_paused = true)]
async fn degradation_reaches_observers_when_its_load_is_known() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.builder().start().await.unwrap();
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    control.on_event({
        let (control, seen) = (control.clone(), Arc::clone(&seen));
        move |event| {
            let what = match &event.kind {
                EventKind::Degraded(why) => format!("degraded: {}", why.message),
                EventKind::Resolved(why) => format!("resolved: {}", why.message),
                _ => return,
            };
            let known = control.status().generation.unwrap().get();
            seen.lock().unwrap().push((what, known));
        }
    });
    for (text, message) in [("second", "it limps"), ("third", "it falls")] {
        script.state().status = degraded(&[Degradation::new("one", message, "")]);
        script.set(Good(text));
        assert_eq!(control.reload().await.outcome.as_str(), "published");
    }
    let expected = [
        ("degraded: it limps", 2),
        // The end of the old one comes first, because a reader keeps the last one of a reason.
        ("resolved: it limps", 3),
        ("degraded: it falls", 3),
    ];
    let expected = expected.map(|(what, known)| (what.to_owned(), known));
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn source_status_is_read_when_the_watch_changes() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .realtime()
        .interval(seconds(3600))
        .start()
        .await
        .unwrap();
    // The first period has a random length, and ends with this load.
    assert!(control.barrier().await.is_current());
    let loads = script.loads();
    script.state().status = degraded(&[Degradation::new("one", "it limps", "")]);
    sleep(seconds(70)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    assert_eq!(script.loads(), loads, "nobody has looked");
    assert!(
        control
            .status()
            .source_status
            .unwrap()
            .is_degraded_by("one")
    );
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_source_status_does_not_prevent_loading() {
    let log = log();
    let script = Script::new(Good("first")).with(|state| state.speechless = true);
    let (live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    script.set(Good("second"));
    sleep(seconds(3600)).await;
    assert_eq!(*live.load(), "second");
    let said = control.status().source_status.unwrap();
    assert!(said.is_degraded_by("panicked"));
    assert_eq!(log.count("the source has a bug"), 1);
}

/// Each subscriber asks for the status as soon as it is woken.
#[tokio::test(start_paused = true)]
async fn status_is_complete_before_subscribers_and_callers_wake() {
    let script = Script::new(Good("one"));
    let window = seconds(60);
    let proof = Probation::new(window, |_: Snapshot<String>| {
        std::future::pending::<Result<(), String>>()
    });
    let builder = script.builder().hybrid().probation(proof);
    let (live, control) = builder.start().await.unwrap();
    let begun = control.explain().to_string();
    assert!(begun.contains("published as generation 1"), "{begun}");
    let (changes, asks) = (live.subscribe(), control.clone());
    let watching = tokio::spawn(async move {
        let mut changes = changes;
        let mut woken = 0;
        while let Some(now) = changes.changed().await {
            let status = asks.status();
            let number = Some(now.generation());
            assert_eq!((status.generation, status.on_probation), (number, number));
            let text = asks.explain().to_string();
            assert!(
                text.contains(&format!("as generation {}", now.generation())),
                "{text}"
            );
            woken += 1;
        }
        woken
    });
    for (text, number) in [("two", 2), ("three", 3), ("four", 4)] {
        script.set(Good(text));
        assert!(control.reload().await.is_current());
        let status = control.status();
        assert_eq!(status.generation.unwrap().get(), number);
        assert_eq!(
            status.on_probation, status.generation,
            "when it is answered"
        );
        settle().await;
    }
    control.stop().await;
    assert_eq!(watching.await.unwrap(), 3);
}

async fn next(events: &mut Events) -> EventKind {
    events.next().await.expect("an event").kind
}
