//! Sources made of closures: loads, failures, missing content and watches.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{Trigger, WatchState};
use hot_reload::source::{self, DecodeWith, Source, Subscription};
use hot_reload::{Error, Outcome, ReloaderService};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn values_of_a_function_are_polled() {
    let count = Arc::new(AtomicU32::new(0));
    let source = source::from_fn("count", {
        let count = Arc::clone(&count);
        move || {
            let now = count.fetch_add(1, Ordering::Relaxed);
            async move { Ok(now) }
        }
    });
    let service = ReloaderService::builder(source).interval(Duration::from_secs(10));
    let (live, control) = service.start().await.unwrap();
    let mut changes = live.subscribe();
    let before = Instant::now();
    let now = changes.changed().await.unwrap();
    assert_eq!((*now, now.trigger()), (1, Trigger::Interval));
    assert!(before.elapsed() <= Duration::from_secs(11));
    assert_eq!(control.status().name, "count", "the name of the source");
}

#[tokio::test(start_paused = true)]
async fn p01_io_error_fails_the_load_and_absence_is_missing() {
    let (set, answer) = watch::channel(None::<io::ErrorKind>);
    let source = source::bytes_from_fn("store/limit", move || {
        let answer = *answer.borrow();
        async move {
            match answer {
                Some(kind) => Err(io::Error::from(kind).into()),
                None => Ok("100"),
            }
        }
    });
    let number = DecodeWith::new(|bytes| String::from_utf8_lossy(bytes).parse::<u32>());
    let service = ReloaderService::builder(source.decode(number));
    let (live, control) = service.start().await.unwrap();

    set.send_replace(Some(io::ErrorKind::ConnectionRefused));
    match control.reload().await.outcome {
        Outcome::Failed { error } => {
            assert_eq!(error.to_string(), "store/limit: connection refused");
        }
        other => panic!("{other:?}"),
    }
    set.send_replace(Some(io::ErrorKind::NotFound));
    let receipt = control.reload().await;
    assert_eq!(receipt.outcome.to_string(), "missing");
    assert_eq!(*live.load(), 100);
    set.send_replace(None);
    let receipt = control.reload().await;
    assert_eq!(receipt.outcome.to_string(), "unchanged");
}

#[tokio::test(start_paused = true)]
async fn bad_content_of_a_function_is_rejected_with_its_name() {
    let source = source::bytes_from_fn("store/limit", || async { Ok("a lot") });
    let number = DecodeWith::new(|bytes| String::from_utf8_lossy(bytes).parse::<u32>());
    let service = ReloaderService::builder(source.decode(number));
    let error = service.start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "store/limit: invalid digit found in string"
    );
}

#[tokio::test(start_paused = true)]
async fn context_and_kind_of_an_io_error_stay() {
    let source = source::from_fn::<u32, _, _>("limit", || async {
        let refused = io::Error::from(io::ErrorKind::PermissionDenied);
        Err(anyhow::Error::new(refused).context("limits are unreachable"))
    });
    let error = ReloaderService::builder(source).start().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "limit: limits are unreachable: permission denied"
    );
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn p04_watch_of_a_function_ends_and_is_opened_again() {
    let (set, limit) = watch::channel(1);
    let opened = Arc::new(AtomicU32::new(0));
    let load = limit.clone();
    let source = source::from_fn("limit", move || {
        let now = *load.borrow();
        async move { Ok(now) }
    });
    let source = source.watch_with({
        let opened = Arc::clone(&opened);
        move |hints| {
            let attempt = opened.fetch_add(1, Ordering::Relaxed);
            let mut limit = limit.clone();
            async move {
                match attempt {
                    0 => return Err(Error::new(ErrorKind::Unavailable, "not yet").into()),
                    // Ends after one change.
                    _ => limit.mark_unchanged(),
                }
                Ok(Subscription::task(tokio::spawn(async move {
                    if limit.changed().await.is_ok() {
                        hints.hint();
                    }
                })))
            }
        }
    });
    let (live, control) = ReloaderService::watch(source).start().await.unwrap();
    let status = control.status();
    assert_eq!(status.watch, WatchState::Down);
    let error = status.watch_error.unwrap().to_string();
    assert_eq!(error, "limit: not yet");

    let mut changes = live.subscribe();
    for value in 2..5 {
        while control.status().watch != WatchState::Settling {
            sleep(Duration::from_millis(100)).await;
        }
        set.send_replace(value);
        assert_eq!(*changes.changed().await.unwrap(), value);
        while control.status().watch == WatchState::Settling {
            sleep(Duration::from_millis(1)).await;
        }
    }
    assert!(opened.load(Ordering::Relaxed) >= 4);
}

#[tokio::test(start_paused = true)]
async fn p14_task_of_a_subscription_is_aborted_at_stop() {
    let held = Arc::new(());
    let source = source::from_fn("limit", || async { Ok(1) }).watch_with({
        let held = Arc::clone(&held);
        move |hints| {
            let held = Arc::clone(&held);
            async move {
                Ok(Subscription::task(tokio::spawn(async move {
                    let _keep = (held, hints);
                    std::future::pending::<()>().await;
                })))
            }
        }
    });
    let (_live, control) = ReloaderService::watch(source).start().await.unwrap();
    assert_eq!(Arc::strong_count(&held), 3, "test, closure and task");
    control.stop().await;
    tokio::task::yield_now().await;
    assert_eq!(Arc::strong_count(&held), 1);
}
