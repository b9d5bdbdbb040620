//! Failed probations together with other holds, refused rollbacks, and panics.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hot_reload::event::{DataState, HoldReason};
use hot_reload::policy::Probation;
use hot_reload::{Generation, Snapshot};
use tokio::time::sleep;

use super::rig::{Agreeing, Service, is_held, service, started, strict};
use crate::log::log;
use crate::script::{Good, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn held_value_is_not_mistaken_for_the_failed_one() {
    for pause in [true, false] {
        let script = Script::new(Good("first value"));
        let service = started(service(&script).probation(strict()), &script).await;
        script.set(Good("sick value"));
        settle().await;
        assert_eq!(service.reason(), Some(HoldReason::Probation));
        if pause {
            service.control.pause();
            script.set(Good("fourth value"));
        } else {
            script.set(Good("4"));
        }
        settle().await;
        // The first load finds the value, the others its known revision.
        for _ in 0..3 {
            let receipt = service.control.barrier().await;
            assert!(is_held(&receipt), "pause {pause}: {receipt}");
        }
        let status = service.control.status();
        assert!(status.last_error.is_none());
        assert_eq!(status.data, DataState::Fresh);
    }
}

#[tokio::test(start_paused = true)]
async fn pause_names_the_hold_that_resume_also_ends() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script).probation(strict()), &script).await;
    service.control.pause();
    let hold = service.control.status().hold.unwrap();
    assert_eq!(
        hold.message,
        "paused: nothing from the source is published until `resume`"
    );
    assert!(service.control.rollback().await.is_current());
    let hold = service.control.status().hold.unwrap();
    assert_eq!(hold.reason, HoldReason::Paused);
    assert!(
        hold.message.contains("rolled back: generation 2"),
        "{}",
        hold.message
    );
}

#[tokio::test(start_paused = true)]
async fn refused_rollback_is_retried_after_the_next_load_only() {
    let script = Script::new(Good("first value"));
    let store = Agreeing::default();
    let begun = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&begun);
    let probation = Probation::new(seconds(60), move |value: Snapshot<String>| {
        let sick = value.starts_with("second");
        let many = sick && counted.fetch_add(1, Ordering::Relaxed) > 20;
        async move {
            match sick {
                // Or the test would never end.
                _ if many => pending().await,
                true => Err("too many errors"),
                false => Ok(()),
            }
        }
    });
    let builder = script.builder().hybrid();
    let builder = builder
        .participant("store", store.clone())
        .probation(probation);
    let (live, control) = builder.start().await.unwrap();
    let service = Service { live, control };
    *store.refuses.lock().unwrap() = Some("first value");
    script.set(Good("second value"));
    sleep(seconds(1)).await;
    assert_eq!(service.visible(), "second value");
    assert_eq!(begun.load(Ordering::Relaxed), 1);
    let on_probation = service.control.status().on_probation;
    assert_eq!(
        on_probation.map(Generation::get),
        Some(2),
        "it has not proven itself"
    );
    let _ = service.control.barrier().await;
    sleep(seconds(1)).await;
    assert_eq!(begun.load(Ordering::Relaxed), 2);
    *store.refuses.lock().unwrap() = None;
    let _ = service.control.barrier().await;
    sleep(seconds(1)).await;
    assert_eq!(service.visible(), "first value");
    assert_eq!(service.control.status().on_probation, None);
}

/// An error whose `Display` panics.
struct Speechless;

impl fmt::Display for Speechless {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the error has a bug")
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "the guard has a bug");
    }
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_results_of_a_probation_is_caught() {
    let script = Script::new(Good("first value"));
    let probation = Probation::new(seconds(60), |value: Snapshot<String>| async move {
        let _bomb = value.starts_with("second").then(|| Bomb);
        match value.starts_with("sick") {
            true => Err(Speechless),
            false => pending().await,
        }
    });
    let builder = script.builder().hybrid();
    let service = started(builder.probation(probation), &script).await;
    settle().await;
    script.set(Good("third value"));
    settle().await;
    assert_eq!(service.visible(), "third value");
    script.set(Good("sick value"));
    settle().await;
    assert_eq!(service.reason(), Some(HoldReason::Probation));
    assert_eq!(service.visible(), "first value");
    script.set(Good("fifth value"));
    settle().await;
    assert_eq!(service.visible(), "fifth value");
    assert!(!service.control.status().stopped);
}

#[tokio::test(start_paused = true)]
async fn hold_and_reason_of_a_rollback_are_logged_once() {
    let log = log();
    let script = Script::new(Good("first value"));
    let service = started(service(&script).probation(strict()), &script).await;
    service.control.pause();
    script.set(Good("3"));
    sleep(seconds(600)).await;
    assert_eq!(log.count("held, the last good value stays"), 1);
    let receipt = service.control.resume().await;
    assert!(receipt.is_current(), "{receipt}");
    script.set(Good("third value"));
    settle().await;
    script.set(Good("3"));
    settle().await;
    script.set(Good("4"));
    settle().await;
    assert_eq!(
        log.count("held, the last good value stays"),
        3,
        "another value, another hold"
    );
    sleep(seconds(60)).await;
    assert_eq!(log.count("held, the last good value stays"), 3);
    script.set(Good("sick value"));
    settle().await;
    assert_eq!(
        log.count("generation 5 failed its probation: too many errors"),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn p17_stopped_service_keeps_only_the_visible_value() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script).probation(strict()), &script).await;
    assert!(service.control.rollback().await.is_current());
    assert_eq!(service.control.history().len(), 2);
    service.control.stop().await;
    assert!(service.control.history().is_empty() && service.reason().is_none());
    assert_eq!(service.visible(), "first value");
}
