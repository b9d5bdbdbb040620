//! P6, P13: `Changes` as a stream, and waiting for a certain value.

use futures_util::stream::FusedStream;
use futures_util::{FutureExt, StreamExt};
use hot_reload::error::ErrorKind;
use hot_reload::{Control, Live};
use tokio::time::{sleep, timeout};

use crate::script::{Failing, Good, Script, seconds, settle};

async fn service(script: &Script) -> (Live<String>, Control<String>) {
    script.service().await
}

#[tokio::test(start_paused = true)]
async fn stream_and_changed_return_each_value_once() {
    let script = Script::new(Good("1"));
    let (live, _control) = service(&script).await;
    let mut changes = live.subscribe();
    let mut seen = Vec::new();
    for round in 0..12 {
        let text = ["2", "3", "4", "5"][round % 4];
        // A stream that waits, and whose wait is then overtaken by the other form.
        assert!(changes.next().now_or_never().is_none());
        script.set(Good(text));
        settle().await;
        let snapshot = match round % 3 {
            0 => changes.changed().await,
            1 => changes.next().await,
            _ => changes.wait_for(|value| value == text).await,
        };
        seen.push(snapshot.unwrap().generation().get());
        assert!(changes.next().now_or_never().is_none(), "seen once");
        assert!(changes.changed().now_or_never().is_none(), "seen once");
    }
    assert_eq!(seen, (2..14).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn p13_slow_stream_ends_at_the_newest() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let mut changes = live.subscribe();
    for text in ["second", "third", "fourth"] {
        script.set(Good(text));
        settle().await;
    }
    assert_eq!(*changes.next().await.unwrap(), "fourth");
    assert!(timeout(seconds(1), changes.next()).await.is_err());
    control.stop().await;
    assert!(changes.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn p06_stream_returns_the_last_value_and_ends_at_the_stop() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let collected = tokio::spawn(live.subscribe().map(|value| value.to_string()).collect());
    let mut late = live.subscribe();
    for text in ["second", "third"] {
        script.set(Good(text));
        settle().await;
    }
    control.stop().await;
    let collected: Vec<String> = collected.await.unwrap();
    assert_eq!(collected, ["second", "third"]);
    assert!(!late.is_terminated());
    assert_eq!(*late.next().await.unwrap(), "third");
    assert!(late.is_terminated());
    assert!(late.next().await.is_none());
    assert!(late.changed().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn wait_for_works_before_the_first_value() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, _control) = script.builder().hybrid().start_in_background();
    let waiting = tokio::spawn({
        let live = live.clone();
        async move { live.wait_for(|value| value == "ready").await }
    });
    sleep(seconds(3)).await;
    script.set(Good("not yet"));
    sleep(seconds(30)).await;
    assert_eq!(*live.load(), "not yet");
    assert!(!waiting.is_finished());
    script.set(Good("ready"));
    assert_eq!(waiting.await.unwrap().unwrap().generation().get(), 2);
}

#[tokio::test(start_paused = true)]
async fn wait_for_the_current_value_returns_at_once_even_after_the_stop() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let now = live.wait_for(|value| value == "first").now_or_never();
    assert_eq!(now.unwrap().unwrap().generation().get(), 1);
    control.stop().await;
    assert!(live.wait_for(|value| value == "first").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn p06_wait_for_a_missing_value_ends_at_the_stop() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script).await;
    let mut changes = live.subscribe();
    let waiting = tokio::spawn(async move { changes.wait_for(|_| false).await.is_none() });
    let erring = tokio::spawn({
        let live = live.clone();
        async move { live.wait_for(|_| false).await.unwrap_err().kind() }
    });
    settle().await;
    assert!(!waiting.is_finished() && !erring.is_finished());
    control.stop().await;
    assert!(waiting.await.unwrap());
    assert_eq!(erring.await.unwrap(), ErrorKind::Stopped);
}

#[tokio::test(start_paused = true)]
async fn cancelled_wait_for_loses_no_wanted_value() {
    let script = Script::new(Good("first"));
    let (live, _control) = service(&script).await;
    let mut changes = live.subscribe();
    let wanted = |value: &String| value == "wanted";
    assert!(
        timeout(seconds(1), changes.wait_for(wanted)).await.is_err(),
        "the value of now is another one"
    );
    script.set(Good("wanted"));
    settle().await;
    // Given up before it was polled at all.
    drop(changes.wait_for(wanted));
    assert_eq!(*changes.changed().await.unwrap(), "wanted");
    let again = changes.wait_for(wanted).now_or_never();
    assert!(again.is_some(), "seen already, and still the value of now");
}
