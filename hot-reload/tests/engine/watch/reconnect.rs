//! P3, P20: opening, losing and reopening the watch.

use hot_reload::WatchEvent;
use hot_reload::error::ErrorKind;
use hot_reload::event::WatchState;
use tokio::time::sleep;

use crate::script::{Failing, Good, Hanging, Panicking, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p03_change_between_the_watch_and_the_first_load_is_seen() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    script.on_open(|state| {
        assert!(
            state.loads.is_empty(),
            "the watch comes before the first load"
        );
        state.set_silently(Good("second"));
    });
    let (live, _control) = script.builder().realtime().start().await.unwrap();
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn p03_change_while_the_watch_is_lost_is_seen_after_reopening() {
    let script = Script::new(Good("first"));
    let (live, _control) = script
        .builder()
        .realtime()
        .interval(seconds(3600))
        .start()
        .await
        .unwrap();
    sleep(seconds(120)).await;
    script.state().muted = true;
    script.on_open(|state| state.set_silently(Good("second")));
    script.lose_watch();
    sleep(seconds(3)).await;
    assert_eq!(script.opens(), 2);
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn p03_watch_opened_after_the_first_load_is_followed_by_another() {
    let script = Script::new(Good("first"));
    script.set_opening(Some(Hanging));
    let (live, control) = script
        .builder()
        .realtime()
        .interval(seconds(3600))
        .start()
        .await
        .unwrap();
    assert_eq!(
        (live.load().as_str(), control.status().watch),
        ("first", WatchState::Connecting)
    );
    script.set_opening(None);
    script.state().set_silently(Good("second"));
    // The hanging attempt runs into its deadline of 10 s, and the next one succeeds.
    sleep(seconds(12)).await;
    assert_eq!(
        (live.load().as_str(), control.status().watch),
        ("second", WatchState::Settling)
    );
}

#[tokio::test(start_paused = true)]
async fn p20_reconnection_backs_off_while_polling_keeps_its_period() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .hybrid()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    sleep(seconds(120)).await;
    script.set_opening(Some(Failing(ErrorKind::Unavailable)));
    script.lose_watch();
    let (opens, loads) = (script.opens(), script.loads());
    sleep(seconds(3600)).await;
    let (opens, loads) = (script.opens() - opens, script.loads() - loads);
    assert!(
        (118..=260).contains(&opens),
        "{opens} attempts in an hour, at 15 to 30 s"
    );
    assert!(
        (325..=402).contains(&loads),
        "{loads} polls in an hour, at 10 s"
    );
    let status = control.status();
    assert_eq!(status.watch, WatchState::Down);
    assert_eq!(
        status.watch_error.unwrap().to_string(),
        "no watch to be had"
    );
    assert_eq!(status.counters.watch_losses, 1);

    script.state().set_silently(Good("second"));
    sleep(seconds(11)).await;
    assert_eq!(*live.load(), "second", "polling stands in");

    script.set_opening(None);
    sleep(seconds(31)).await;
    assert_eq!(control.status().watch, WatchState::Settling);
    assert!(control.status().watch_error.is_none());
    script.set(Good("third"));
    settle().await;
    assert_eq!(*live.load(), "third");
}

#[tokio::test(start_paused = true)]
async fn p20_refused_watch_is_parked_and_retried_without_end() {
    let script = Script::new(Good("first"));
    script.set_opening(Some(Failing(ErrorKind::Denied)));
    let (_live, control) = script.service().await;
    settle().await;
    assert_eq!(control.status().watch, WatchState::Parked);
    let opens = script.opens();
    sleep(seconds(24 * 3600)).await;
    let opens = script.opens() - opens;
    assert!(
        (23..=60).contains(&opens),
        "{opens} attempts in a day, at 30 to 60 min"
    );
}

#[tokio::test(start_paused = true)]
async fn p20_minute_of_health_resets_the_backoff() {
    let script = Script::new(Good("first"));
    let (_live, _control) = script.service().await;
    script.set_opening(Some(Failing(ErrorKind::Unavailable)));
    script.lose_watch();
    sleep(seconds(600)).await;
    script.set_opening(None);
    sleep(seconds(120)).await;
    let opens = script.opens();
    script.lose_watch();
    sleep(seconds(2)).await;
    assert_eq!(script.opens(), opens + 1);
}

#[tokio::test(start_paused = true)]
async fn p07_panic_while_opening_is_a_lost_watch() {
    let script = Script::new(Good("first"));
    script.set_opening(Some(Panicking));
    let (live, control) = script.builder().realtime().start().await.unwrap();
    settle().await;
    let status = control.status();
    assert_eq!(status.watch, WatchState::Down);
    assert_eq!(status.watch_error.unwrap().kind(), ErrorKind::Panicked);
    script.set_opening(None);
    sleep(seconds(10)).await;
    script.set(Good("second"));
    settle().await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn error_of_the_watch_loses_the_watch_and_no_value() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().realtime().start().await.unwrap();
    settle().await;
    for round in 0..100 {
        script.send(WatchEvent::Error(format!("trouble {round}")));
        sleep(seconds(120)).await;
        assert!(script.is_watched(), "opened again after trouble {round}");
    }
    script.set(Good("second"));
    settle().await;
    assert_eq!(*live.load(), "second");
    assert_eq!(control.status().counters.watch_losses, 100);
}

#[tokio::test(start_paused = true)]
async fn removal_reported_by_the_watch_is_checked_by_a_load() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().realtime().start().await.unwrap();
    settle().await;
    script.send(WatchEvent::Removed);
    sleep(seconds(5)).await;
    assert_eq!(*live.load(), "first");
    assert_eq!(control.status().counters.missing, 0);
}
