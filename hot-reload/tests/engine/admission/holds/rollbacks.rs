//! Rollbacks together with pauses, defaults, participants and other rollbacks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hot_reload::policy::RemovalPolicy;
use hot_reload::{Outcome, ReloaderService};
use tokio::time::sleep;

use super::rig::{Agreeing, SOON, is_held, service, started};
use crate::log::log;
use crate::script::{Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn rollbacks_that_end_at_the_source_value_leave_no_hold() {
    for revisions in [true, false] {
        let script = Script::new(Good("first value")).with(|state| state.revisions = revisions);
        let service = started(service(&script), &script).await;
        let control = &service.control;
        script.set(Good("first value"));
        assert!(control.barrier().await.is_current());
        // To the second value, then to the first, which is the content of the source.
        assert!(control.rollback().await.is_current());
        assert!(is_held(&control.barrier().await));
        assert!(
            control
                .rollback_to(service.generation(1))
                .await
                .is_current()
        );
        assert!(matches!(
            control.barrier().await.outcome,
            Outcome::Unchanged
        ));
        assert_eq!(service.reason(), None, "revisions {revisions}");
        // And by way of a copy of it, from and to.
        for copy in [1, 5] {
            let go_to = |number| control.rollback_to(service.generation(number));
            assert!(go_to(2).await.is_current() && go_to(copy).await.is_current());
            assert_eq!(service.reason(), None, "at once");
            assert!(matches!(
                control.barrier().await.outcome,
                Outcome::Unchanged
            ));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn load_of_the_source_does_not_count_as_a_rollback() {
    let script = Script::new(Good("first value"));
    let slow = Agreeing::default();
    let service = started(service(&script).participant("slow", slow), &script).await;
    script
        .with(|state| state.muted = true)
        .set(Good("third value"));
    let pause = async {
        sleep(Duration::from_millis(5)).await;
        service.control.pause();
    };
    let (receipt, ()) = tokio::join!(service.control.barrier(), pause);
    assert!(is_held(&receipt), "{receipt}");
    assert_eq!(service.visible(), "second value");
}

#[tokio::test(start_paused = true)]
async fn value_after_a_removal_default_is_a_change_by_revision() {
    let script = Script::new(Good("first value"));
    let builder = ReloaderService::builder_by_revision(script.clone()).hybrid();
    let builder = builder.on_removal(RemovalPolicy::Replace("nothing".to_owned()));
    let service = started(builder.history(8), &script).await;
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(service.visible(), "nothing");
    assert!(service.control.rollback().await.is_current());
    sleep(SOON).await;
    assert_eq!(service.visible(), "second value");
    script.set(Good("fourth value"));
    settle().await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("fourth value", None)
    );
}

#[tokio::test(start_paused = true)]
async fn visible_default_ends_a_rollback() {
    let script = Script::new(Good("first value"));
    let builder = service(&script).on_removal(RemovalPolicy::Replace("first value".to_owned()));
    let service = started(builder, &script).await;
    assert!(service.control.rollback().await.is_current());
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("first value", None)
    );
    script.set(Good("second value"));
    settle().await;
    assert_eq!(service.visible(), "second value");
}

#[tokio::test(start_paused = true)]
async fn stopped_service_is_not_paused_or_resumed() {
    let log = log();
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    assert!(service.control.rollback().await.is_current());
    service.control.stop().await;
    service.control.pause();
    assert_eq!(service.reason(), None);
    let _ = service.control.resume().await;
    assert_eq!((log.count("paused"), log.count("resumed")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn service_stopped_in_a_pause_cannot_be_resumed() {
    let log = log();
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    service.control.pause();
    service.control.stop().await;
    let _ = service.control.resume().await;
    assert_eq!((log.count("paused"), log.count("resumed")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn rolled_back_value_is_not_prepared_again() {
    let script = Script::new(Good("first value"));
    let store = Agreeing::default();
    let service = started(
        service(&script).participant("store", store.clone()),
        &script,
    )
    .await;
    assert!(service.control.rollback().await.is_current());
    let asked = store.asked.load(Ordering::Relaxed);
    sleep(seconds(3600)).await;
    assert!(is_held(&service.control.reload().await));
    assert_eq!(store.asked.load(Ordering::Relaxed), asked);
}

#[tokio::test(start_paused = true)]
async fn value_replaced_by_a_rollback_enters_the_history() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script).history(5), &script).await;
    for value in ["third value", "fourth value", "fifth value", "sixth value"] {
        script.set(Good(value));
        assert!(service.control.barrier().await.is_current());
    }
    for _ in 0..3 {
        assert!(service.control.rollback().await.is_current());
    }
    assert_eq!(service.visible(), "third value");
    assert!(service.control.rollback().await.error().is_some());
}

#[tokio::test(start_paused = true)]
async fn by_revision_a_rollback_ends_with_another_revision() {
    let script = Script::new(Good("first value"));
    let builder = ReloaderService::builder_by_revision(script.clone()).hybrid();
    let service = started(builder.history(8), &script).await;
    assert!(service.control.rollback().await.is_current());
    assert!(is_held(&service.control.reload().await));
    script.set(Good("fourth value"));
    settle().await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("fourth value", None)
    );
}
