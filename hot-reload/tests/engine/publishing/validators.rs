//! Async validators.

use std::future::pending;

use futures_util::FutureExt;
use hot_reload::Outcome;
use hot_reload::event::Stage;
use tokio::time::sleep;

use crate::script::{Good, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn async_validators_run_concurrently_and_report_each_problem() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
        .hybrid()
        .validate_async(|value: &String| {
            async move {
                sleep(seconds(2)).await;
                match value.as_str() {
                    "bad" | "worse" => Err("no such host"),
                    _ => Ok(()),
                }
            }
            .boxed()
        })
        .validate_async(|value: &String| {
            async move {
                match value.as_str() {
                    "worse" => Err("no such user"),
                    "hangs" => pending().await,
                    "panics" => panic!("oh"),
                    _ => Ok(()),
                }
            }
            .boxed()
        })
        .start()
        .await
        .unwrap();
    script.state().muted = true;
    let cases = [
        ("bad", 2, "no such host"),
        ("worse", 2, "no such host; no such user"),
        ("hangs", 10, "a validator did not answer within 10s"),
        ("panics", 2, "panicked at stage validate: oh"),
    ];
    for (value, takes, message) in cases {
        script.set(Good(value));
        let receipt = control.reload().await;
        assert_eq!(receipt.error().unwrap().to_string(), message);
        assert!(matches!(
            receipt.outcome,
            Outcome::Rejected {
                stage: Stage::Validate,
                ..
            }
        ));
        assert_eq!(receipt.elapsed, seconds(takes), "{value}");
        assert_eq!(*live.load(), "first");
    }
    script.set(Good("second"));
    assert!(control.reload().await.is_current());
    settle().await;
    control.stop().await;
}
