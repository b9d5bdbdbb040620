//! What operators are told: the status, the events and the log, P6, P11, P12.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::{
    Builder, Control, Coordinator, DataState, Degradation, ErrorKind, EventKind, Events, LinkState,
    Live, Outcome, Probation, ReloaderConfig, ReloaderService, RemovalPolicy, Requester, Snapshot,
    SourceStatus,
};
use tokio::task::unconstrained;
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Bad, Failing, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p11_the_log_says_a_thing_once() {
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
    assert_eq!(log.count("good again"), 1);
    script.set_opening(Some(Failing(ErrorKind::Unavailable)));
    script.cut();
    sleep(seconds(3600)).await;
    assert_eq!(
        log.count("no watch, polling until there is one"),
        2,
        "closed, and not to be had"
    );
    script.set_opening(None);
    sleep(seconds(60)).await;
    assert_eq!(log.count("the watch stands again"), 1);
    control.stop().await;
    assert_eq!(log.count("stopped"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_log_does_not_speak_of_a_good_value_where_there_is_none() {
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
async fn p11_content_that_stays_rejected_is_announced_once() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    script.set(Bad("typo"));
    sleep(seconds(3600)).await;
    let mut rejections = 0;
    while let Some(Some(event)) = events.next().now_or_never() {
        rejections += u32::from(matches!(
            event.kind,
            EventKind::Load {
                outcome: Outcome::Rejected { .. },
                ..
            }
        ));
    }
    assert_eq!(rejections, 1);
}

#[tokio::test(start_paused = true)]
async fn p12_the_default_of_a_removal_is_told_as_what_it_is() {
    let script = Script::new(Missing);
    let (live, control) = script
        .builder()
        .hybrid()
        .on_removal(RemovalPolicy::Default("default".to_owned()))
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
async fn p12_a_removal_forgets_what_was_rejected() {
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
async fn the_link_is_off_when_nothing_runs() {
    let script = Script::new(Good("first"));
    let config = ReloaderConfig::realtime();
    let made = ReloaderService::<Script, String, String>::new(&script, config).await;
    let service = Arc::new(made.unwrap().0);
    let control = service.control();
    let inside = Arc::clone(&service);
    let running = tokio::spawn(async move { inside.start_with_realtime().await.unwrap() });
    sleep(seconds(100)).await;
    assert_eq!(control.status().link, LinkState::Trusted);
    running.abort();
    settle().await;
    assert_eq!(control.status().link, LinkState::Off, "the run was dropped");
    assert_eq!(control.status().counters.watch_losses, 0);
    control.stop().await;
    let opens = script.opens();
    service.start_with_realtime().await.unwrap();
    assert_eq!(
        (control.status().link, script.opens()),
        (LinkState::Off, opens)
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_served_by_the_next_run_or_told_of_the_end() {
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
async fn a_slow_reader_of_events_is_told_how_many_it_missed() {
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
async fn callers_that_have_left_are_forgotten() {
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
    status.counters.push(("reads", by.len() as u64));
    status.degraded.extend_from_slice(by);
    Some(status)
}

#[tokio::test(start_paused = true)]
async fn what_a_source_says_of_itself_is_in_the_status_and_logged_when_it_comes_and_goes() {
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
        (log.count("it squints"), log.count("no longer so: it limps")),
        (1, 1)
    );
    script.state().status = degraded(&[]);
    sleep(seconds(3600)).await;
    assert_eq!((log.count("WARN"), log.count("no longer so")), (2, 2));
    assert!(control.status().source_status.unwrap().degraded.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_how_it_is_when_its_watch_changes_too() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .realtime()
        .interval(seconds(3600))
        .start()
        .await
        .unwrap();
    // The first period is of any length, and ends with this look.
    assert!(control.barrier().await.is_current());
    let loads = script.loads();
    script.state().status = degraded(&[Degradation::new("one", "it limps", "")]);
    sleep(seconds(70)).await;
    assert_eq!(control.status().link, LinkState::Trusted);
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
async fn p07_a_source_that_panics_when_asked_how_it_is_is_loaded_all_the_same() {
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
async fn whoever_is_woken_or_answered_finds_all_of_it_in_the_status() {
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

/// A service that refuses everything but "first", always with the same error text.
async fn picky(script: &Script, builder: Builder<Script, String, String>) -> Service {
    let validate = |text: &String| match &**text {
        "first" => Ok(()),
        _ => Err("a value is wrong"),
    };
    let started = builder.validate(validate).start().await.unwrap();
    let events = started.1.events();
    // The watch is opened, and the first period is over.
    sleep(seconds(70)).await;
    assert_eq!(script.state().decoded_bad, 0);
    (started.0, started.1, events)
}

type Service = (Live<String>, Control<String>, Events);

/// The number of rejection events since the last call.
async fn next(events: &mut Events) -> EventKind {
    events.next().await.expect("an event").kind
}

fn rejections(events: &mut Events) -> usize {
    let mut rejections = 0;
    // Avoids the runtime's cooperative budget, which would pause the test after many events.
    while let Some(Some(event)) = unconstrained(events.next()).now_or_never() {
        rejections += usize::from(matches!(
            event.kind,
            EventKind::Load {
                outcome: Outcome::Rejected { .. },
                ..
            }
        ));
    }
    rejections
}

#[tokio::test(start_paused = true)]
async fn p11_other_bad_content_with_the_same_error_is_reported_anew() {
    for revisions in [true, false] {
        let log = log();
        let script = Script::new(Good("first")).with(|state| state.revisions = revisions);
        let builder = script.builder().hybrid();
        let (live, control, mut events) = picky(&script, builder).await;
        for (count, text) in ["second", "third", "fourth"].into_iter().enumerate() {
            script.set(Good(text));
            // Longer than retries and heartbeats, and shorter than the five minutes of a validator's refusal.
            sleep(seconds(200)).await;
            assert_eq!(
                log.count("ERROR"),
                count + 1,
                "{text}, revisions: {revisions}"
            );
            assert_eq!(rejections(&mut events), 1, "{text}, revisions: {revisions}");
        }
        assert_eq!(
            log.count("rejected, the last good value stays: a value is wrong"),
            3
        );
        assert_eq!(*live.load(), "first");
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p11_group_announces_other_bad_content_of_a_member_with_the_same_error() {
    let [one, two] =
        ["one", "two"].map(|_| Script::new(Good("first")).with(|state| state.revisions = true));
    let mut group = Coordinator::new();
    for (name, script) in [("one", &one), ("two", &two)] {
        let validate = |text: &String| match &**text {
            "first" => Ok(()),
            _ => Err("a value is wrong"),
        };
        let _ = group.member(name, script.builder().hybrid().validate(validate));
    }
    let (_live, control) = group.into_builder().named("all").start().await.unwrap();
    let mut events = control.events();
    sleep(seconds(70)).await;
    let edits = [
        (&one, "second"),
        (&one, "third"),
        (&two, "second"),
        (&one, "fourth"),
        (&two, "third"),
    ];
    for (count, (script, text)) in edits.into_iter().enumerate() {
        script.set(Good(text));
        sleep(seconds(200)).await;
        assert_eq!(rejections(&mut events), 1, "{count}");
    }
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p11_manual_reload_of_rejected_content_is_logged_each_time() {
    let log = log();
    let script = Script::new(Good("first"));
    let (_live, control, mut events) = picky(&script, script.builder().hybrid()).await;
    script.set(Good("second"));
    settle().await;
    for trigger in [Requester::Manual, Requester::Signal, Requester::Http] {
        assert!(!control.reload_for(trigger).await.is_current());
    }
    assert_eq!((log.count("ERROR"), rejections(&mut events)), (4, 4));
    assert!(!control.barrier().await.is_current());
    assert_eq!((log.count("ERROR"), rejections(&mut events)), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn many_bad_edits_are_logged_as_a_few_lines_and_summaries() {
    const EDITS: usize = 2_000;
    let log = log();
    let script = Script::new(Good("first"));
    let (live, control, mut events) = picky(&script, script.builder().hybrid()).await;
    let mut announced = 0;
    for edit in 0..EDITS {
        let text: &'static str = match edit + 1 {
            EDITS => "the newest",
            edit if edit % 3 == 0 => "first",
            edit => ["one", "other"][edit % 2],
        };
        script.set(match text {
            "first" => Good("first"),
            text => Bad(text),
        });
        sleep(Duration::from_millis(2)).await;
        announced += rejections(&mut events);
    }
    assert_eq!(log.count("ERROR"), 5, "in four seconds");
    sleep(seconds(10)).await;
    assert_eq!(log.count("ERROR"), 6);
    let bad = EDITS - EDITS / 3;
    assert_eq!(announced, bad, "every one is an event");
    let summary = format!(
        "{} further bad edits rejected in the last 10 s, the last good value stays; the newest: \
         cannot read \"the newest\"",
        bad - 5
    );
    assert_eq!(log.count(&summary), 1);
    // No further line follows.
    sleep(seconds(200)).await;
    assert_eq!(log.count("ERROR"), 6);
    assert_eq!(*live.load(), "first");

    // The last summary is logged when the service ends.
    for edit in ["a", "b", "c", "d", "e", "f", "g"] {
        script.set(Bad(edit));
        sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(log.count("ERROR"), 11);
    control.stop().await;
    assert_eq!(log.count("2 further bad edits rejected in the last 1 s"), 1);
    assert_eq!(log.count("the newest: cannot read \"g\""), 1);
}

#[tokio::test(start_paused = true)]
async fn many_failures_are_logged_as_a_few_lines_and_a_count() {
    let log = log();
    let script = Script::new(Good("first"));
    let (live, _control) = script.builder().hybrid().start().await.unwrap();
    for _ in 0..500 {
        script.set(Failing(ErrorKind::Unavailable));
        sleep(Duration::from_millis(2)).await;
        script.set(Good("first"));
        sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(log.count("the source could not be loaded"), 5);
    sleep(seconds(10)).await;
    let summary = "495 further loads failed in the last 10 s, the source is good again; \
                   the newest: the source is away";
    assert_eq!((log.count(summary), log.count("further")), (1, 1));
    assert_eq!(*live.load(), "first");
}
