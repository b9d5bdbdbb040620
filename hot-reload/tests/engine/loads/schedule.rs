//! P4, P9: when the engine loads, and which callers get the receipt.

use std::collections::BTreeSet;
use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use hot_reload::admission::ShrinkGuard;
use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, Requester, Trigger, WatchState};
use hot_reload::status::SourceStatus;
use hot_reload::{Builder, Outcome, WatchEvent};
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p04_polling_sees_a_change_within_the_interval() {
    let script = Script::new(Good("first"));
    let (live, _control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    for text in ["second", "third", "fourth"] {
        script.set(Good(text));
        sleep(seconds(11)).await;
        assert_eq!(*live.load(), text);
    }
}

#[tokio::test(start_paused = true)]
async fn p04_heartbeat_finds_an_unreported_change_and_counts_the_miss() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let (live, control) = script.service().await;
    let mut events = control.events();
    sleep(seconds(120)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    script.set(Good("second"));
    sleep(seconds(60) * 12 / 10 + seconds(2)).await;
    assert_eq!(*live.load(), "second");
    let status = control.status();
    assert_eq!(
        (status.counters.missed_events, status.watch),
        (1, WatchState::Untrusted)
    );
    let mut missed = 0;
    while let Ok(event) = timeout(seconds(1), events.next()).await {
        missed += u32::from(event.is_some_and(|event| matches!(event.kind, EventKind::Missed)));
    }
    assert_eq!(missed, 1);

    // From now on it is polled, until the watch has proven itself.
    script.set(Good("third"));
    sleep(seconds(33)).await;
    assert_eq!(*live.load(), "third");
    script.state().muted = false;
    for text in ["a", "b", "c"] {
        sleep(seconds(1)).await;
        script.set(Good(text));
        settle().await;
        assert_eq!(*live.load(), text);
    }
    assert_eq!(control.status().watch, WatchState::Trusted);
}

#[tokio::test(start_paused = true)]
async fn p09_one_load_at_a_time_and_generations_go_up_by_one() {
    let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(1) / 20);
    let (live, control) = script.service().await;
    let mut events = control.events();
    let texts = ["a", "b", "c", "d"];
    for round in 0..200 {
        script.set(Good(texts[round % texts.len()]));
        let control = control.clone();
        tokio::spawn(async move { control.reload_for(Requester::Http).await });
        sleep(Duration::from_millis(round as u64 % 70)).await;
    }
    sleep(seconds(1)).await;
    assert_eq!(script.state().most_running, 1);
    let mut expected = 2;
    while let Ok(Some(event)) = timeout(seconds(1), events.next()).await {
        match event.kind {
            EventKind::Lagged(count) => panic!("{count} events were lost"),
            EventKind::Load {
                outcome: Outcome::Published { generation },
                ..
            } => {
                assert_eq!(generation.get(), expected);
                expected += 1;
            }
            _ => {}
        }
    }
    assert_eq!(live.get().generation().get(), expected - 1);
    assert_eq!(*live.load(), texts[199 % 4]);
}

#[tokio::test(start_paused = true)]
async fn p09_causes_during_a_load_lead_to_exactly_one_more() {
    let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(1));
    let (live, control) = script.builder().realtime().start().await.unwrap();
    // Until the watch is trusted, a poll may come in between.
    sleep(seconds(100)).await;
    let before = script.loads();
    script.set(Good("second"));
    settle().await;
    assert_eq!(script.loads(), before + 1, "the load is under way");
    for text in ["third", "fourth", "fifth"] {
        script.set(Good(text));
        settle().await;
    }
    let outcomes = futures_util::future::join_all((0..10).map(|_| control.reload())).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome.outcome, Outcome::Published { .. }))
    );
    assert_eq!(
        *live.load(),
        "fifth",
        "the answers came from a load that saw the last change"
    );
    sleep(seconds(3)).await;
    assert_eq!(script.loads(), before + 2);
}

#[tokio::test(start_paused = true)]
async fn reload_begins_after_the_call_and_returns_its_outcome() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let (live, control) = script.builder().start().await.unwrap();
    script.set(Good("second"));
    let outcome = control.reload().await;
    assert!(matches!(outcome.outcome, Outcome::Published { generation } if generation.get() == 2));
    assert_eq!(live.get().trigger(), Trigger::Manual);
    script.set(Bad("typo"));
    let outcome = control.reload_for(Requester::Signal).await;
    assert_eq!(outcome.outcome.to_string(), "rejected");
    script.set(Failing(ErrorKind::Denied));
    assert_eq!(control.reload().await.outcome.to_string(), "failed");
}

/// A load for a hint begins right after another load, and a caller requests a load in between.
#[tokio::test(start_paused = true)]
async fn request_right_before_a_load_begins_is_served_by_that_load() {
    for (is_reload, tries, names) in [(true, 2, "manual"), (false, 1, "watch")] {
        let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(1));
        let (_live, control) = script.service().await;
        script.set(Bad("typo"));
        sleep(seconds(5)).await;
        assert_eq!(script.state().decoded_bad, 1);
        let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
        let begun = script.loads();
        script.send(WatchEvent::Hint);
        sleep(seconds(1) / 2).await;
        assert_eq!(script.loads(), begun + 1, "it has begun, and not ended");
        script.send(WatchEvent::Hint);
        script.on_status({
            let control = control.clone();
            move || {
                let mut asks = Box::pin(async move {
                    match is_reload {
                        true => control.reload().await,
                        false => control.barrier().await,
                    }
                });
                let begun = asks.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert!(begun.is_pending());
                sender.send(asks).unwrap();
            }
        });
        let receipt = asked.recv().await.unwrap().await;
        assert_eq!(receipt.trigger.as_str(), names);
        assert!(matches!(receipt.outcome, Outcome::Rejected { .. }));
        // A person who asks has rejected content tried again.
        assert_eq!(script.state().decoded_bad, tries);
        assert_eq!(script.loads(), begun + 2, "one load serves both");
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn failing_source_is_loaded_on_schedule_and_recovers_in_one_step() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    script.set(Failing(ErrorKind::Unavailable));
    let before = script.loads();
    sleep(seconds(3600)).await;
    let loads = script.loads() - before;
    assert!(
        (360..=740).contains(&loads),
        "{loads} loads in an hour, at 5 to 10 s"
    );
    assert_eq!(control.status().counters.failed as usize, loads);
    script.set(Good("second"));
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn idle_hour_has_only_periodic_loads() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.service().await;
    sleep(seconds(60)).await;
    let before = script.loads();
    sleep(seconds(3600)).await;
    let loads = script.loads() - before;
    assert!(
        (49..=76).contains(&loads),
        "{loads} heartbeats of 60 s in an hour"
    );
    assert_eq!(script.opens(), 1);
    assert_eq!(control.status().counters.loads as usize, script.loads());
}

#[tokio::test(start_paused = true)]
async fn p15_periodic_loads_of_all_services_share_one_grid() {
    let start = Instant::now();
    let (mut scripts, mut services) = (Vec::new(), Vec::new());
    for index in 0..20_u64 {
        // Each service starts at another moment between two grid points.
        sleep(Duration::from_millis(137)).await;
        let script = Script::new(Good("first"));
        script.state().load_takes = Duration::from_millis(3 * index);
        services.push(script.service().await);
        scripts.push(script);
    }
    sleep(seconds(1)).await;
    for script in &scripts {
        script.state().loads.clear();
    }
    sleep(seconds(40)).await;
    let mut moments = BTreeSet::new();
    for script in &scripts {
        let loads = script.state().loads.clone();
        assert!(loads.len() >= 4, "{loads:?}");
        moments.extend(loads.iter().map(|load| load.duration_since(start)));
    }
    let first = *moments.first().unwrap();
    for moment in moments {
        let remainder = (moment - first).as_millis() % 100;
        assert!(
            remainder <= 1 || remainder == 99,
            "{moment:?} after {first:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn p04_partly_watched_source_is_loaded_more_often_meanwhile() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    sleep(seconds(120)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);

    let mut status = SourceStatus::default();
    status.heartbeat = Some(seconds(1));
    script.state().status = Some(status);
    script.set(Good("second"));
    settle().await;
    let loads = script.loads();
    sleep(seconds(60)).await;
    let more = script.loads() - loads;
    assert!((58..=61).contains(&more), "{more} looks in a minute");
    script.state().set_silently(Good("third"));
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "third");
    // Three announced changes, and the watch is believed again as before.
    for text in ["a", "b", "c"] {
        script.set(Good(text));
        sleep(seconds(2)).await;
    }
    assert_eq!(control.status().watch, WatchState::Trusted);

    script.state().status = Some(SourceStatus::default());
    sleep(seconds(2)).await;
    let loads = script.loads();
    sleep(seconds(600)).await;
    let more = script.loads() - loads;
    assert!((8..=13).contains(&more), "{more} looks in ten minutes");
}

/// A service whose heartbeat, not its interval, bounds a pause.
fn hourly_with_a_heartbeat(script: &Script) -> Builder<Script, String, String> {
    let builder = script.builder().hybrid();
    builder.interval(seconds(3600)).heartbeat(seconds(1))
}

/// A load takes no time here; the timer may be a millisecond late.
const WITHIN_THE_HEARTBEAT: Duration = Duration::from_millis(1002);

#[tokio::test(start_paused = true)]
async fn p04_heartbeat_finds_a_silent_change_after_every_outcome() {
    for before in [
        Good("another"),
        Bad("typo"),
        Missing,
        Failing(ErrorKind::Unavailable),
        Failing(ErrorKind::Denied),
        Panicking,
    ] {
        for (trusted, age) in [(true, 100), (false, 20)] {
            let script = Script::new(Good("first"));
            let builder = hourly_with_a_heartbeat(&script);
            let (live, control) = builder.start().await.unwrap();
            sleep(seconds(age)).await;
            let is_trusted = control.status().watch == WatchState::Trusted;
            assert_eq!(is_trusted, trusted);
            script.set(before.clone());
            sleep(seconds(30)).await;
            script.state().set_silently(Good("second"));
            sleep(WITHIN_THE_HEARTBEAT).await;
            assert_eq!(*live.load(), "second", "{before:?}, trusted: {trusted}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p04_heartbeat_finds_a_silent_change_in_every_watch_state() {
    for state in ["untrusted", "down", "parked", "connecting"] {
        let script = Script::new(Good("first"));
        let (live, control) = hourly_with_a_heartbeat(&script).start().await.unwrap();
        sleep(seconds(100)).await;
        match state {
            "untrusted" => script.state().set_silently(Good("missed")),
            state => {
                script.set_opening(Some(match state {
                    "down" => Failing(ErrorKind::Unavailable),
                    "parked" => Failing(ErrorKind::Denied),
                    _ => Hanging,
                }));
                script.lose_watch();
            }
        }
        sleep(seconds(5)).await;
        assert_eq!(control.status().watch.as_str(), state);
        script.state().set_silently(Good("second"));
        sleep(WITHIN_THE_HEARTBEAT).await;
        assert_eq!(*live.load(), "second", "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn p04_heartbeat_finds_a_silent_change_during_a_hold() {
    let script = Script::new(Good("a long first value"));
    let guard = ShrinkGuard::by(|value: &String| value.len());
    let builder = hourly_with_a_heartbeat(&script).shrink_guard(guard);
    let (live, control) = builder.start().await.unwrap();
    sleep(seconds(100)).await;
    script.set(Good("short"));
    sleep(seconds(30)).await;
    assert!(control.status().hold.is_some());
    script.state().set_silently(Good("a long second value"));
    sleep(WITHIN_THE_HEARTBEAT).await;
    assert_eq!(*live.load(), "a long second value");
}
