//! Reload settings: of the builder, and of the value itself.

use std::sync::LazyLock;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{HoldReason, Stage, WatchState};
use hot_reload::policy::{ReloadSettings, RemovalPolicy};
use hot_reload::{Builder, Outcome, WatchStrategy};
use tokio::time::sleep;

use crate::script::{Failing, Good, Missing, Script, seconds, settle};

/// The settings that a text has: one word for each.
#[allow(clippy::ptr_arg, reason = "it is the type of the value")]
fn section(text: &String) -> &ReloadSettings {
    static NONE: LazyLock<ReloadSettings> = LazyLock::new(ReloadSettings::default);
    static DISABLED: LazyLock<ReloadSettings> =
        LazyLock::new(|| ReloadSettings::default().with_enabled(false));
    static POLLING: LazyLock<ReloadSettings> = LazyLock::new(|| {
        ReloadSettings::default()
            .with_strategy(WatchStrategy::Polling)
            .with_interval(seconds(100))
    });
    static HYBRID: LazyLock<ReloadSettings> =
        LazyLock::new(|| ReloadSettings::default().with_strategy(WatchStrategy::Hybrid));
    static BOUNDS: LazyLock<ReloadSettings> = LazyLock::new(|| {
        ReloadSettings::default()
            .with_attempts(1)
            .with_timeout(Duration::ZERO)
            .with_debounce(seconds(1))
            .with_heartbeat(seconds(7))
    });
    static CHECKED: LazyLock<ReloadSettings> =
        LazyLock::new(|| ReloadSettings::default().with_validate_only(true));
    match text.split(' ').next().unwrap() {
        "disabled" => &DISABLED,
        "polling" => &POLLING,
        "hybrid" => &HYBRID,
        "bounds" => &BOUNDS,
        "checked" => &CHECKED,
        "panics" => panic!("the function has a bug"),
        _ => &NONE,
    }
}

fn builder(script: &Script) -> Builder<Script, String, String> {
    script.builder().settings_from(section)
}

#[tokio::test(start_paused = true)]
async fn value_that_disables_the_service_is_the_last_without_a_request() {
    let script = Script::new(Good("a"));
    let (live, control) = builder(&script).hybrid().start().await.unwrap();
    sleep(seconds(61)).await;
    script.set(Good("disabled"));
    settle().await;
    assert!(!control.status().enabled && !script.is_watched());
    script.set(Good("b"));
    sleep(seconds(3600)).await;
    assert_eq!(*live.load(), "disabled");
    let _ = control.reload().await;
    assert_eq!(*live.load(), "b");
    settle().await;
    assert!(control.status().enabled && script.is_watched());
}

#[tokio::test(start_paused = true)]
async fn first_value_may_disable_the_service() {
    let script = Script::new(Good("disabled"));
    let (_live, control) = builder(&script).hybrid().start().await.unwrap();
    assert!(!control.status().enabled);
    settle().await;
    assert!(!script.is_watched());
    let loads = script.loads();
    sleep(seconds(3600)).await;
    assert_eq!(script.loads(), loads);
}

#[tokio::test(start_paused = true)]
async fn person_enables_until_the_settings_change() {
    let script = Script::new(Good("disabled"));
    let (live, control) = builder(&script).hybrid().start().await.unwrap();
    control.enable();
    settle().await;
    script.set(Good("disabled too"));
    settle().await;
    assert_eq!(*live.load(), "disabled too");
    assert!(control.status().enabled, "the settings are the same");
    script.set(Good("b"));
    settle().await;
    script.set(Good("disabled"));
    settle().await;
    assert!(!control.status().enabled);
}

#[tokio::test(start_paused = true)]
async fn value_changes_strategy_and_interval_without_a_restart() {
    let script = Script::new(Good("a"));
    let (live, control) = builder(&script).hybrid().start().await.unwrap();
    sleep(seconds(61)).await;
    script.set(Good("polling"));
    settle().await;
    assert_eq!(*live.load(), "polling");
    assert_eq!(control.status().watch, WatchState::Off);
    assert!(!script.is_watched());
    let before = script.loads();
    sleep(seconds(1000)).await;
    let loads = script.loads() - before;
    assert!((10..=12).contains(&loads), "{loads}");
    script.set(Good("hybrid"));
    sleep(seconds(100)).await;
    assert_eq!(*live.load(), "hybrid");
    assert!(script.is_watched());
    script.set(Good("b"));
    settle().await;
    assert_eq!(*live.load(), "b", "by a hint");
}

#[tokio::test(start_paused = true)]
async fn value_changes_attempts_deadline_debounce_and_heartbeat() {
    let script = Script::new(Good("bounds"));
    let (live, control) = builder(&script).hybrid().start().await.unwrap();
    sleep(seconds(61)).await;
    let before = script.loads();
    sleep(seconds(70)).await;
    let loads = script.loads() - before;
    assert!((10..=12).contains(&loads), "{loads} with the heartbeat");
    let before = script.loads();
    while script.loads() == before {
        sleep(Duration::from_millis(100)).await;
    }
    script.set(Good("bounds too"));
    sleep(Duration::from_millis(900)).await;
    assert_eq!(*live.load(), "bounds", "within the debounce window");
    sleep(Duration::from_millis(200)).await;
    assert_eq!(*live.load(), "bounds too");
    // The deadline is at least one second.
    script.state().load_takes = Duration::from_millis(900);
    assert!(control.reload().await.is_current());
    script.state().load_takes = Duration::from_millis(1100);
    let receipt = control.reload().await;
    let kind = receipt.outcome.error().map(hot_reload::Error::kind);
    assert_eq!(kind, Some(ErrorKind::Timeout));
    assert!(control.status().given_up);
}

#[tokio::test(start_paused = true)]
async fn rollback_applies_the_settings_of_the_earlier_value() {
    let script = Script::new(Good("a"));
    let (_live, control) = builder(&script).hybrid().history(3).start().await.unwrap();
    script.set(Good("polling"));
    settle().await;
    assert!(!script.is_watched());
    assert_eq!(control.rollback().await.outcome.as_str(), "published");
    settle().await;
    assert!(script.is_watched());
}

#[tokio::test(start_paused = true)]
async fn strategy_without_a_watch_is_an_error_at_its_place() {
    let script = Script::new(Good("a"));
    let (live, control) = builder(&script).start().await.unwrap();
    script.set(Good("hybrid"));
    let receipt = control.reload().await;
    let Outcome::Rejected { stage, error } = receipt.outcome else {
        panic!("{receipt}");
    };
    assert_eq!(stage, Stage::Validate);
    assert!(error.to_string().contains("needs a watch"), "{error}");
    assert_eq!(*live.load(), "a");

    script.set(Good("hybrid"));
    let error = builder(&script).start().await.unwrap_err();
    assert!(error.to_string().contains("needs a watch"), "{error}");
    let settings = ReloadSettings::default().with_strategy(WatchStrategy::Realtime);
    let error = script.builder().settings(&settings).start().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.to_string().contains("needs a watch"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn p07_panic_of_the_function_for_settings_is_a_rejection() {
    let script = Script::new(Good("a"));
    let (live, control) = builder(&script).start().await.unwrap();
    script.set(Good("panics"));
    let receipt = control.reload().await;
    let kind = receipt.outcome.error().map(hot_reload::Error::kind);
    assert_eq!(kind, Some(ErrorKind::Panicked));
    assert_eq!(*live.load(), "a");
}

#[tokio::test(start_paused = true)]
async fn candidate_that_is_only_validated_is_held() {
    let script = Script::new(Good("checked a"));
    let builder = builder(&script).validate(|text| match text.as_str() {
        "checked bad" => Err("too bad"),
        _ => Ok(()),
    });
    let (live, control) = builder.start().await.unwrap();
    assert_eq!(*live.load(), "checked a", "the first value");
    script.set(Good("checked b"));
    let receipt = control.reload().await;
    let hold = receipt.hold.unwrap();
    assert_eq!(hold.reason, HoldReason::ValidateOnly);
    assert!(hold.message.ends_with("held until `resume`"), "{hold}");
    sleep(seconds(24 * 3600)).await;
    assert_eq!(*live.load(), "checked a", "time does not end the hold");

    script.set(Good("checked bad"));
    let receipt = control.reload().await;
    assert_eq!(receipt.outcome.as_str(), "rejected");

    script.set(Good("c"));
    let _ = control.reload().await;
    assert_eq!(*live.load(), "c", "its section decides");
    assert_eq!(control.status().hold, None);

    script.set(Good("checked d"));
    assert_eq!(control.reload().await.outcome.as_str(), "held");
    assert_eq!(control.resume().await.outcome.as_str(), "published");
    assert_eq!(*live.load(), "checked d");
}

#[tokio::test(start_paused = true)]
async fn default_of_a_removal_that_is_only_validated_is_held() {
    let script = Script::new(Good("a"));
    let builder = builder(&script).hybrid();
    let builder = builder.on_removal(RemovalPolicy::Replace("checked default".to_owned()));
    let (live, control) = builder.start().await.unwrap();
    script.set(Missing);
    sleep(seconds(60)).await;
    let hold = control.status().hold.unwrap();
    assert_eq!(hold.reason, HoldReason::ValidateOnly);
    sleep(seconds(24 * 3600)).await;
    assert_eq!(*live.load(), "a", "time does not end the hold");
    let now = control.status().hold.unwrap();
    assert_eq!(now.since, hold.since, "it is the same hold");

    let _ = control.resume().await;
    assert_eq!(*live.load(), "checked default");
    assert_eq!(control.status().hold, None);
    script.set(Good("b"));
    sleep(seconds(60)).await;
    assert_eq!(*live.load(), "b");
}

#[tokio::test(start_paused = true)]
async fn settings_of_the_builder_override_its_options() {
    let script = Script::new(Good("a"));
    let settings = ReloadSettings::default()
        .with_interval(seconds(5))
        .with_attempts(2)
        .with_validate_only(true);
    let builder = script.builder().settings(&settings);
    let builder = builder.interval(seconds(1000)).max_attempts(100);
    let (live, control) = builder.start().await.unwrap();
    let before = script.loads();
    sleep(seconds(50)).await;
    assert!(script.loads() >= before + 10);
    script.set(Good("b"));
    sleep(seconds(50)).await;
    assert_eq!(*live.load(), "a");
    script.set(Failing(ErrorKind::Unavailable));
    sleep(seconds(50)).await;
    assert!(control.status().given_up);
}

#[cfg(all(feature = "serde", feature = "toml"))]
mod text {
    use hot_reload::source::{Decode, Toml};
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Config {
        #[serde(default)]
        reload: ReloadSettings,
    }

    fn decode(section: &str) -> Result<ReloadSettings, hot_reload::Error> {
        let text = format!("[reload]\n{section}");
        let decoder = Toml::<Config>::new();
        let config = decoder.decode(text.as_bytes(), "app.toml")?;
        Ok(config.reload)
    }

    #[test]
    fn section_of_a_file_has_durations_as_text() {
        let section = "enabled = false\nstrategy = \"realtime\"\ninterval = \"1m30s\"\nheartbeat = \"1h\"\n\
            debounce = \"250ms\"\nattempts = 5\ntimeout = \"3s\"\npreserve_state = false\nvalidate_only = true";
        let expected = ReloadSettings::default()
            .with_enabled(false)
            .with_strategy(WatchStrategy::Realtime)
            .with_interval(seconds(90))
            .with_heartbeat(seconds(3600))
            .with_debounce(Duration::from_millis(250))
            .with_attempts(5)
            .with_timeout(seconds(3))
            .with_preserve_state(false)
            .with_validate_only(true);
        assert_eq!(decode(section).unwrap(), expected);
        assert_eq!(decode("").unwrap(), ReloadSettings::default());
    }

    #[test]
    fn mistake_in_a_section_names_its_place() {
        for (section, part) in [
            ("interval = 30", "a duration such as"),
            ("interval = \"30\"", "a duration such as"),
            ("timeout = \"3 sec\"", "a duration such as"),
            ("intervall = \"30s\"", "unknown key"),
            ("strategy = \"push\"", "strategy"),
            ("attempts = -1", "attempts"),
        ] {
            let error = decode(section).unwrap_err().to_string();
            assert!(error.starts_with("app.toml:2:"), "{error}");
            assert!(error.contains(part), "{error}");
        }
    }
}
