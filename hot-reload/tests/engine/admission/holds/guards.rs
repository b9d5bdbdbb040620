//! Admission holds together with rollbacks, with each other, and with `resume`.

use std::time::Duration;

use hot_reload::Outcome;
use hot_reload::admission::{ShrinkGuard, VersionGuard};
use hot_reload::event::HoldReason;
use tokio::time::sleep;

use super::rig::{Agreeing, PATIENCE, SOON, is_held, service, started};
use crate::script::{Good, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn held_value_is_published_in_time_after_a_rollback() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    assert!(service.control.rollback().await.is_current());
    script.set(Good("3"));
    settle().await;
    assert_eq!(service.reason(), Some(HoldReason::Shrunk));
    sleep(PATIENCE + SOON).await;
    assert_eq!((service.visible().as_str(), service.reason()), ("3", None));
}

#[tokio::test(start_paused = true)]
async fn value_held_during_a_rollback_waits_for_a_change() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    script.set(Good("3"));
    settle().await;
    assert!(service.control.rollback().await.is_current());
    sleep((PATIENCE + SOON) * 2).await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("first value", Some(HoldReason::Rollback))
    );
    assert!(is_held(&service.control.reload().await));
    script.set(Good("fourth value"));
    settle().await;
    assert_eq!(
        (service.visible().as_str(), service.reason()),
        ("fourth value", None)
    );
}

#[tokio::test(start_paused = true)]
async fn admission_hold_ends_when_the_rolled_back_value_returns() {
    let script = Script::new(Good("first value"));
    let service = started(service(&script), &script).await;
    assert!(service.control.rollback().await.is_current());
    script.set(Good("3"));
    sleep(PATIENCE - seconds(60)).await;
    assert_eq!(service.reason(), Some(HoldReason::Shrunk));
    script.set(Good("second value"));
    settle().await;
    assert_eq!(service.reason(), Some(HoldReason::Rollback));
    script.set(Good("3"));
    sleep(PATIENCE - seconds(60)).await;
    assert_eq!(service.visible(), "first value", "it waits again");
}

#[tokio::test(start_paused = true)]
async fn longer_of_two_admission_holds_counts() {
    for impatient in [PATIENCE, Duration::ZERO] {
        let guard = ShrinkGuard::by(|value: &String| value.len()).confirm_after(impatient);
        let script = Script::new(Good("first value"));
        let builder = script.builder().hybrid();
        let version = VersionGuard::by(|value: &String| value.starts_with("second"));
        let builder = builder
            .shrink_guard(guard)
            .version_guard(version.rewind_after(PATIENCE * 2));
        let service = started(builder, &script).await;
        script.set(Good("3"));
        sleep(PATIENCE * 2 - seconds(1)).await;
        assert_eq!(
            (service.visible().as_str(), service.reason()),
            ("second value", Some(HoldReason::Rewound))
        );
        sleep(SOON).await;
        assert_eq!(service.visible(), "3");
    }
}

#[tokio::test(start_paused = true)]
async fn admission_hold_without_revisions_shows_the_newest_numbers() {
    let script = Script::new(Good("first value")).with(|state| state.revisions = false);
    let service = started(service(&script), &script).await;
    script.set(Good("123"));
    settle().await;
    script.set(Good("1"));
    settle().await;
    let message = service.control.status().hold.unwrap().message;
    assert!(message.starts_with("shrunk from 12 to 1;"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn resume_publishes_a_value_that_becomes_implausible_now() {
    let script =
        Script::new(Good("first value")).with(|state| state.load_takes = Duration::from_millis(10));
    let service = started(service(&script), &script).await;
    // So that the load begins at once.
    sleep(seconds(60)).await;
    script.state().set_silently(Good("3"));
    let resume = async {
        sleep(Duration::from_millis(5)).await;
        service.control.resume().await
    };
    let (receipt, resumed) = tokio::join!(service.control.reload(), resume);
    assert!(is_held(&receipt), "{receipt}");
    assert!(
        matches!(resumed.outcome, Outcome::Published { .. }),
        "{resumed}"
    );
    assert_eq!((service.visible().as_str(), service.reason()), ("3", None));
}

#[tokio::test(start_paused = true)]
async fn value_refused_after_its_wait_does_not_wait_again() {
    let script = Script::new(Good("first value"));
    let store = Agreeing::default();
    let service = started(
        service(&script).participant("store", store.clone()),
        &script,
    )
    .await;
    *store.refuses.lock().unwrap() = Some("3");
    script.set(Good("3"));
    sleep(PATIENCE + SOON).await;
    let status = service.control.status();
    assert!(
        status
            .last_error
            .unwrap()
            .to_string()
            .contains("not this one")
    );
    assert_eq!(
        status.hold, None,
        "it is not for its size that it is not visible"
    );
    *store.refuses.lock().unwrap() = None;
    assert!(service.control.reload().await.is_current());
    assert_eq!(service.visible(), "3");
}
