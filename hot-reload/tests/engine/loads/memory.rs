//! P10, P11, P12: unchanged, rejected and missing content in consecutive loads.

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, Stage};
use hot_reload::policy::RemovalPolicy;
use hot_reload::source::{Decode, DecodeWith, Source};
use hot_reload::{Outcome, ReloaderService};
use tokio::time::sleep;

use crate::bytes::Bytes;
use crate::script::{Bad, Failing, Good, Missing, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p10_unchanged_content_is_a_success_and_is_not_published() {
    for revisions in [true, false] {
        let script = Script::new(Good("first")).with(|state| state.revisions = revisions);
        let (live, control) = script.builder().start().await.unwrap();
        let mut changes = live.subscribe();
        let checked = control.status().last_verified;
        for _ in 0..5 {
            assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
        }
        let status = control.status();
        assert_eq!(status.counters.unchanged, 5);
        assert!(
            status.last_verified > checked,
            "an unchanged look is a check"
        );
        assert_eq!(live.get().generation().get(), 1);
        tokio::select! {
            change = changes.changed() => panic!("notified of {change:?}"),
            () = settle() => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p10_return_to_the_good_content_clears_the_error() {
    for revisions in [true, false] {
        for bad in [
            Bad("typo"),
            Failing(ErrorKind::Unavailable),
            Good("forbidden"),
        ] {
            let script = Script::new(Good("first")).with(|state| state.revisions = revisions);
            let (live, control) = script
                .builder()
                .hybrid()
                .validate(|value: &String| match value.as_str() {
                    "forbidden" => Err("it is forbidden"),
                    _ => Ok(()),
                })
                .start()
                .await
                .unwrap();
            script.set(bad);
            settle().await;
            assert!(control.status().last_error.is_some());
            script.set(Good("first"));
            settle().await;
            let status = control.status();
            assert!(status.last_error.is_none(), "{:?}", status.last_error);
            assert_eq!(status.data, DataState::Fresh);
            assert_eq!(
                live.get().generation().get(),
                1,
                "nothing new was published"
            );
            // Past the heartbeats, to which the source answers "unchanged".
            sleep(seconds(200)).await;
            assert!(control.status().last_error.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p11_rejected_content_is_decoded_once_until_a_change_or_reload() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    script.set(Bad("typo"));
    sleep(seconds(3600)).await;
    assert_eq!(script.state().decoded_bad, 1);
    let status = control.status();
    assert!(matches!(
        status.last_attempt.unwrap().outcome,
        Outcome::Rejected {
            stage: Stage::Decode,
            ..
        }
    ));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Rejected { .. }
    ));
    assert_eq!(script.state().decoded_bad, 2, "a person asked");
    script.set(Bad("another typo"));
    sleep(seconds(60)).await;
    assert_eq!(script.state().decoded_bad, 3);
    script.set(Good("second"));
    sleep(seconds(11)).await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn p12_removal_keeps_the_last_good_value() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    assert_eq!(*live.load(), "first");
    assert_eq!(control.status().counters.missing, 1);
    script.set(Good("first"));
    settle().await;
    assert_eq!(control.status().data, DataState::Fresh);
    assert_eq!(live.get().generation().get(), 1);
}

#[tokio::test(start_paused = true)]
async fn p12_removal_publishes_a_default() {
    let script = Script::new(Good("first"));
    let (live, _control) = script
        .builder()
        .hybrid()
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    sleep(seconds(1) / 2).await;
    assert_eq!(*live.load(), "first", "not before it is confirmed");
    sleep(seconds(1)).await;
    assert_eq!(*live.load(), "default");
    sleep(seconds(600)).await;
    assert_eq!(live.get().generation().get(), 2, "once");
    script.set(Good("first"));
    settle().await;
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("first", 3)
    );
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(*live.load(), "default", "at every removal");
}

#[tokio::test(start_paused = true)]
async fn p12_removal_clears_an_option() {
    let script = Script::new(Good("first"));
    let text = DecodeWith::new(|bytes: &[u8]| String::from_utf8(bytes.to_vec()));
    let source = Bytes(script.clone()).decode(text.optional());
    let (live, control) = ReloaderService::builder(source)
        .on_removal(RemovalPolicy::clear())
        .start()
        .await
        .unwrap();
    assert_eq!(live.load().as_deref(), Some("first"));
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    assert_eq!(*live.load(), None);
    script.set(Good("first"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
    assert_eq!(live.load().as_deref(), Some("first"));
}

#[tokio::test(start_paused = true)]
async fn p12_replacement_within_the_debounce_window_is_no_removal() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .hybrid()
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    sleep(seconds(1) * 9 / 10).await;
    script.set(Good("second"));
    sleep(seconds(10)).await;
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("second", 2)
    );
    assert_eq!(control.status().counters.missing, 0);
}
