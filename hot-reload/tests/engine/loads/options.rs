//! The options of the builder, also with extreme values.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::Requester;
use hot_reload::{Outcome, ReloaderService, Revision};
use tokio::time::{Instant, sleep};

use crate::script::{Bad, Good, Hanging, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn any_duration_is_accepted_as_an_option() {
    let longest = [
        Duration::MAX,
        seconds(1 << 60),
        seconds(u64::from(u32::MAX)),
        Duration::ZERO,
    ];
    for duration in longest {
        let script = Script::new(Good("first")).with(|state| {
            state.profile.rate = Some((2, duration));
            state.profile.grace = duration;
            state.profile.heartbeat = duration;
            state.profile.interval = duration;
            state.load_takes = Duration::from_millis(1);
        });
        let (live, control) = script
            .builder()
            .hybrid()
            .debounce(duration)
            .load_deadline(Duration::MAX)
            .start()
            .await
            .unwrap();
        script.set(Good("second"));
        sleep(seconds(200)).await;
        let before = script.loads();
        sleep(seconds(10)).await;
        let loads = script.loads() - before;
        assert!(loads <= 13, "{loads} loads in 10 s with {duration:?}");
        script.state().set_silently(Good("third"));
        assert!(control.reload().await.is_current());
        assert_eq!(*live.load(), "third", "{duration:?}");
        assert!(!control.status().stopped);
    }
}

#[tokio::test(start_paused = true)]
async fn p08_load_deadline_is_configurable() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .load_deadline(seconds(3))
        .start()
        .await
        .unwrap();
    script.set(Hanging);
    let begun = Instant::now();
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Failed { .. }
    ));
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn debounce_window_is_configurable() {
    let script = Script::new(Good("first"));
    let (live, _control) = script
        .builder()
        .realtime()
        .debounce(seconds(2))
        .start()
        .await
        .unwrap();
    // Until the watch is trusted, a poll may come first.
    sleep(seconds(100)).await;
    script.set(Good("second"));
    sleep(seconds(1)).await;
    assert_eq!(*live.load(), "first");
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn heartbeat_is_configurable() {
    let script = Script::new(Good("first"));
    let (_live, _control) = script
        .builder()
        .hybrid()
        .heartbeat(seconds(5))
        .start()
        .await
        .unwrap();
    sleep(seconds(100)).await;
    let before = script.loads();
    sleep(seconds(100)).await;
    let loads = script.loads() - before;
    assert!(
        (16..=26).contains(&loads),
        "{loads} heartbeats of 5 s in 100 s"
    );
}

#[tokio::test(start_paused = true)]
async fn value_with_another_revision_is_published_by_revision() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder_by_revision(script.clone())
        .start()
        .await
        .unwrap();
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    script.set(Bad("typo"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Rejected { .. }
    ));
    script.set(Good("first"));
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    script.set(Good("second"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
    assert_eq!(live.get().revision(), Some(&Revision::new("second")));
}

#[tokio::test(start_paused = true)]
async fn all_validators_run_and_all_problems_are_reported() {
    let script = Script::new(Good("first"));
    let short = |text: &String| {
        if text.len() < 9 {
            Ok(())
        } else {
            Err("too long")
        }
    };
    let plain = |text: &String| {
        if text.contains('!') {
            Err("too loud\n!")
        } else {
            Ok(())
        }
    };
    let (_live, control) = script
        .builder()
        .validate(short)
        .validate(plain)
        .start()
        .await
        .unwrap();
    script.set(Good("something!"));
    let outcome = control.reload().await;
    assert_eq!(
        outcome.error().unwrap().to_string(),
        "too long; too loud; !"
    );
}

#[tokio::test(start_paused = true)]
async fn p11_content_refused_by_a_validator_is_retried_after_five_minutes() {
    let script = Script::new(Good("first"));
    let fixed = Arc::new(AtomicBool::new(false));
    let host = Arc::clone(&fixed);
    let (live, _control) = script
        .builder()
        .interval(seconds(10))
        .validate(
            move |text: &String| match text == "first" || host.load(Ordering::Relaxed) {
                true => Ok(()),
                false => Err("the host that it names is not there"),
            },
        )
        .start()
        .await
        .unwrap();
    script.set(Good("second"));
    sleep(seconds(60)).await;
    fixed.store(true, Ordering::Relaxed);
    sleep(seconds(60)).await;
    assert_eq!(*live.load(), "first");
    sleep(seconds(210)).await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn p11_reload_retries_rejected_content() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.builder().start().await.unwrap();
    script.set(Bad("typo"));
    for (count, trigger) in [Requester::Manual, Requester::Signal, Requester::Http]
        .into_iter()
        .enumerate()
    {
        assert!(matches!(
            control.reload_for(trigger).await.outcome,
            Outcome::Rejected { .. }
        ));
        assert_eq!(script.state().decoded_bad as usize, count + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn reload_of_a_refused_source_does_not_stretch_its_schedule() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    script.set(crate::script::Failing(ErrorKind::Denied));
    for _ in 0..20 {
        assert!(matches!(
            control.reload().await.outcome,
            Outcome::Failed { .. }
        ));
        settle().await;
    }
    script.set(Good("second"));
    sleep(seconds(301)).await;
    assert_eq!(*live.load(), "second");
}
