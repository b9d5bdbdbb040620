//! Limits: attempts, the rate and the jitter of hints, and services that are disabled.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, WatchState};
use hot_reload::{Outcome, WatchEvent};
use tokio::time::{Duration, Instant, sleep};

use crate::script::{Bad, Failing, Good, Hanging, Script, Written, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p06_service_is_given_up_after_failed_loads_and_retries() {
    let script = Script::new(Good("a"));
    let given_up = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&given_up);
    let builder = script.builder().max_attempts(3).on_event(move |event| {
        if let EventKind::GivenUp { attempts, error } = &event.kind {
            seen.lock().unwrap().push((*attempts, error.is_some()));
        }
    });
    let (live, control) = builder.start().await.unwrap();
    for round in 1..=2 {
        script.set(Failing(ErrorKind::Unavailable));
        for attempt in 1..=2 {
            let _ = control.reload().await;
            assert!(!control.status().given_up, "{round}, {attempt}");
        }
        script.set(Bad("b"));
        let _ = control.reload().await;
        let status = control.status();
        assert!(status.given_up, "{round}");
        assert!(status.to_string().contains("given up"), "{status}");
        let loads = script.loads();
        sleep(seconds(600)).await;
        assert!(script.loads() > loads + 10, "the retries go on");
        assert_eq!(*live.load(), "a");
        assert_eq!(given_up.lock().unwrap().len(), round, "reported once");
        script.set(Good("a"));
        let _ = control.reload().await;
        assert!(!control.status().given_up);
    }
    assert_eq!(*given_up.lock().unwrap(), [(3, true), (3, true)]);
}

#[tokio::test(start_paused = true)]
async fn source_that_is_not_ready_does_not_count_as_failed() {
    let script = Script::new(Good("a"));
    let (_live, control) = script.builder().max_attempts(2).start().await.unwrap();
    for content in [
        Failing(ErrorKind::Unavailable),
        Written(seconds(1)),
        Written(seconds(1)),
    ] {
        script.set(content);
        let _ = control.reload().await;
        assert!(!control.status().given_up);
    }
    script.set(Failing(ErrorKind::Unavailable));
    let _ = control.reload().await;
    assert!(control.status().given_up);
}

#[tokio::test(start_paused = true)]
async fn service_without_a_limit_is_never_given_up() {
    for attempts in [None, Some(0)] {
        let script = Script::new(Good("a"));
        let builder = script.builder();
        let builder = match attempts {
            Some(attempts) => builder.max_attempts(attempts),
            None => builder,
        };
        let (_live, control) = builder.start().await.unwrap();
        script.set(Failing(ErrorKind::Denied));
        sleep(seconds(3600)).await;
        assert!(!control.status().given_up);
    }
}

#[tokio::test(start_paused = true)]
async fn rate_of_the_builder_limits_loads_by_hints() {
    let script = Script::new(Good("a"));
    let builder = script.builder().hybrid().rate(2, seconds(10));
    let (live, _control) = builder.start().await.unwrap();
    settle().await;
    let before = script.loads();
    let begun = Instant::now();
    for text in ["b", "c", "d", "e", "f"] {
        script.set(Good(text));
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(script.loads(), before + 2, "the burst");
    assert_eq!(*live.load(), "c");
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), "f", "no change is lost");
    assert!(begun.elapsed() < seconds(11));
}

#[tokio::test(start_paused = true)]
async fn jitter_spreads_the_loads_of_one_hint() {
    let scripts: Vec<_> = (0..40).map(|_| Script::new(Good("a"))).collect();
    let mut services = Vec::new();
    for script in &scripts {
        let builder = script.builder().realtime().jitter(seconds(8));
        services.push(builder.start().await.unwrap());
    }
    sleep(seconds(61)).await;
    let hinted = Instant::now();
    for script in &scripts {
        script.set(Good("b"));
    }
    sleep(seconds(8) + Duration::from_millis(2)).await;
    let mut halves = [0, 0];
    for (script, (live, _)) in scripts.iter().zip(&services) {
        assert_eq!(*live.load(), "b", "within the jitter");
        let loaded = *script.state().loads.last().unwrap();
        halves[usize::from(loaded - hinted > seconds(4))] += 1;
    }
    // Each half is empty once in 2^40 runs.
    assert!(halves.iter().all(|loads| *loads > 0), "{halves:?}");
}

#[tokio::test(start_paused = true)]
async fn disabled_service_loads_once_and_then_on_request() {
    let script = Script::new(Good("a"));
    let builder = script.builder().hybrid().enabled(false);
    let (live, control) = builder.start().await.unwrap();
    assert_eq!(*live.load(), "a");
    let status = control.status();
    assert!(!status.enabled && status.watch == WatchState::Off);
    assert!(status.to_string().contains("disabled"), "{status}");
    script.set(Good("b"));
    sleep(seconds(24 * 3600)).await;
    assert_eq!((script.loads(), script.opens()), (1, 0));

    assert!(control.barrier().await.is_current());
    assert_eq!(*live.load(), "b");
    script.set(Failing(ErrorKind::Unavailable));
    let _ = control.reload().await;
    sleep(seconds(24 * 3600)).await;
    assert_eq!(script.loads(), 3, "no retry");

    script.set(Good("c"));
    control.enable();
    settle().await;
    assert_eq!(*live.load(), "c");
    assert!(control.status().enabled && script.is_watched());
    script.set(Good("d"));
    settle().await;
    assert_eq!(*live.load(), "d", "by a hint");
}

#[tokio::test(start_paused = true)]
async fn disabled_service_retries_until_it_has_a_value() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let builder = script.builder().hybrid().enabled(false);
    let (live, control) = builder.start_in_background();
    sleep(seconds(100)).await;
    assert!(script.loads() > 5, "{}", script.loads());
    script.set(Good("a"));
    sleep(seconds(31)).await;
    assert_eq!(live.try_get().as_deref().map(String::as_str), Some("a"));
    let loads = script.loads();
    sleep(seconds(3600)).await;
    assert_eq!((script.loads(), script.opens()), (loads, 0));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn disabling_closes_the_watch_and_keeps_the_value() {
    let script = Script::new(Good("a"));
    let (live, control) = script.service().await;
    sleep(seconds(61)).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    control.disable();
    settle().await;
    assert!(!script.is_watched());
    assert_eq!(control.status().watch, WatchState::Off);
    assert_eq!(control.status().counters.watch_losses, 0);
    let loads = script.loads();
    script.set(Good("b"));
    sleep(seconds(3600)).await;
    assert_eq!((script.loads(), live.load().as_str()), (loads, "a"));
    // A second call of either kind changes nothing.
    control.disable();
    control.enable();
    control.enable();
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "b");
    assert!(script.is_watched());
}

#[tokio::test(start_paused = true)]
async fn disabling_gives_up_an_opening_that_hangs() {
    let script = Script::new(Good("a"));
    script.set_opening(Some(Hanging));
    let (live, control) = script.service().await;
    assert_eq!(control.status().watch, WatchState::Connecting);
    control.disable();
    settle().await;
    assert_eq!(control.status().watch, WatchState::Off);
    script.set_opening(None);
    sleep(seconds(3600)).await;
    assert_eq!(script.opens(), 1);
    control.enable();
    settle().await;
    assert!(script.is_watched());
    assert_eq!(*live.load(), "a");
}

#[tokio::test(start_paused = true)]
async fn p14_disabled_service_stops() {
    let script = Script::new(Good("a"));
    let (live, control) = script.builder().enabled(false).start().await.unwrap();
    control.stop().await;
    control.enable();
    control.disable();
    assert!(control.status().stopped);
    assert_eq!(*live.load(), "a");
    assert_eq!(script.holders(), 0);
}

#[tokio::test(start_paused = true)]
async fn p09_value_pushed_before_the_end_of_the_watch_is_published() {
    let script = Script::new(Good("a")).with(|state| state.load_takes = seconds(1));
    let (live, control) = script.service().await;
    let published = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&published);
    control.on_event(move |event| {
        if let EventKind::Load {
            outcome: Outcome::Published { .. },
            ..
        } = &event.kind
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    // The first period has a random length, and ends with this load. No other load is due for a while.
    let _ = control.reload().await;
    let reload = tokio::spawn({
        let control = control.clone();
        async move { control.reload().await }
    });
    settle().await;
    script.send(WatchEvent::Changed("b".to_owned()));
    settle().await;
    control.disable();
    let _ = reload.await.unwrap();
    settle().await;
    assert_eq!(*live.load(), "b");
    assert_eq!(published.load(Ordering::Relaxed), 1);
}
