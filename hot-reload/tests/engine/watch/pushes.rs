//! P3, P9: values that the watch delivers, together with loads and requests.

use hot_reload::event::{Trigger, WatchState};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Outcome, ReloaderConfig, ReloaderService, WatchEvent};
use tokio::time::sleep;

use crate::script::{Good, Missing, Script, seconds, settle};

/// A script whose loads take a second, so that things can happen while one runs.
fn slow() -> Script {
    Script::new(Good("first")).with(|state| state.load_takes = seconds(1))
}

/// A load has begun, and the watch delivers a value while it runs.
async fn push_during_a_load(script: &Script) {
    sleep(seconds(120)).await;
    script.send(WatchEvent::Hint);
    settle().await;
    script.send(WatchEvent::Changed("pushed".to_owned()));
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn pushed_values_are_published_without_a_load() {
    let script = Script::new(Good("first"));
    let (live, _control) = script.builder().realtime().start().await.unwrap();
    settle().await;
    let before = script.loads();
    script.send(WatchEvent::Changed("pushed".to_owned()));
    settle().await;
    assert_eq!(
        (live.load().as_str(), live.get().trigger()),
        ("pushed", Trigger::Watch)
    );
    assert_eq!(script.loads(), before);
}

#[tokio::test(start_paused = true)]
async fn p03_hint_beside_a_pushed_value_is_followed_by_a_load() {
    let script = slow();
    let (live, control) = script.builder().realtime().start().await.unwrap();
    push_during_a_load(&script).await;
    assert_eq!(control.status().watch, WatchState::Trusted);
    script.set(Good("newest"));
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), "newest");
}

#[tokio::test(start_paused = true)]
async fn p09_reload_beside_a_pushed_value_is_answered_by_a_load() {
    let script = slow();
    let (live, control) = script.builder().realtime().start().await.unwrap();
    push_during_a_load(&script).await;
    script.state().set_silently(Good("newest"));
    let outcome = control.reload().await;
    assert!(matches!(outcome.outcome, Outcome::Published { .. }));
    assert_eq!(*live.load(), "newest");
}

#[tokio::test(start_paused = true)]
async fn p12_removal_beside_a_pushed_value_is_checked_by_a_load() {
    let script = slow();
    let (live, _control) = script
        .builder()
        .realtime()
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .start()
        .await
        .unwrap();
    push_during_a_load(&script).await;
    script.state().set_silently(Missing);
    script.send(WatchEvent::Removed);
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), "default");
}

#[tokio::test(start_paused = true)]
async fn removal_followed_by_a_value_leaves_the_value() {
    let script = slow();
    let (service, receiver) =
        ReloaderService::<Script, String, String>::new(&script, ReloaderConfig::realtime())
            .await
            .unwrap();
    tokio::spawn(async move { service.start_with_realtime().await.unwrap() });
    sleep(seconds(120)).await;
    script.send(WatchEvent::Hint);
    settle().await;
    script.send(WatchEvent::Removed);
    script.set(Good("back"));
    sleep(seconds(10)).await;
    assert_eq!(receiver.get().as_deref(), Some("back"));
}

#[tokio::test(start_paused = true)]
async fn stream_of_pushed_values_does_not_delay_a_reload() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.builder().realtime().start().await.unwrap();
    settle().await;
    let before = script.loads();
    for _ in 0..10 {
        script.send(WatchEvent::Changed("pushed".to_owned()));
    }
    let outcome = control.reload().await;
    assert!(outcome.is_current());
    assert_eq!(script.loads(), before + 1);
}
