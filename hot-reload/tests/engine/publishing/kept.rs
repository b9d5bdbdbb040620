//! The last good value in a file, for a start without the source.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, Trigger};
use hot_reload::policy::{LastGood, Probation, RemovalPolicy};
use hot_reload::{Builder, Outcome, Participant, async_trait};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Bad, Content, Failing, Good, Missing, Script, seconds};

pub(super) fn store(path: &Path) -> LastGood<String> {
    LastGood::new(
        path,
        |value: &String| Ok::<_, Infallible>(value.clone().into_bytes()),
        |bytes| String::from_utf8(bytes.to_vec()),
    )
}

/// The saved value.
pub(super) async fn kept(path: &Path) -> Option<(String, u64)> {
    let restored = store(path).restore().await.unwrap()?;
    let generation = restored.generation().get();
    Some((restored.into_value(), generation))
}

pub(super) fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kept");
    (folder, path)
}

fn service(script: &Script, path: &Path) -> Builder<Script, String, String> {
    let builder = script.builder().hybrid();
    builder.last_good(store(path))
}

/// A run that has published this, and was stopped.
async fn earlier_run(path: &Path, value: &'static str) -> SystemTime {
    let script = Script::new(Good(value));
    let (live, control) = service(&script, path).start().await.unwrap();
    control.stop().await;
    live.get().loaded_at()
}

#[tokio::test(start_paused = true)]
async fn start_without_the_source_begins_with_the_saved_value() {
    let away: [Content; 4] = [
        Failing(ErrorKind::Unavailable),
        Failing(ErrorKind::Denied),
        Bad("typo"),
        Missing,
    ];
    for content in away {
        let (_folder, path) = folder();
        let loaded_at = earlier_run(&path, "kept").await;
        let script = Script::new(content.clone());
        let (live, control) = service(&script, &path).start().await.unwrap();
        let restored = live.get();
        assert_eq!(restored.as_str(), "kept", "{content:?}");
        assert_eq!(restored.generation().get(), 1);
        assert_eq!(restored.trigger(), Trigger::Startup);
        assert_eq!(restored.loaded_at(), loaded_at, "as it was");
        let status = control.status();
        assert_eq!(status.data, DataState::Restored, "{content:?}");
        assert!(!status.last_attempt.unwrap().outcome.is_current());
        // The source is asked as if there were nothing, and what it gives is newer.
        script.set(Good("fresh"));
        assert!(control.reload().await.is_current());
        assert_eq!(
            (live.load().as_str(), live.get().generation().get()),
            ("fresh", 2)
        );
        assert_eq!(control.status().data, DataState::Fresh);
        control.stop().await;
        assert_eq!(kept(&path).await, Some(("fresh".to_owned(), 2)));
    }
}

#[tokio::test(start_paused = true)]
async fn saved_value_is_unchanged_if_the_source_has_the_same() {
    let (_folder, path) = folder();
    earlier_run(&path, "same").await;
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, control) = service(&script, &path).start().await.unwrap();
    script.set(Good("same"));
    assert_eq!(control.reload().await.outcome.as_str(), "unchanged");
    assert_eq!(control.status().data, DataState::Fresh);
    assert_eq!(live.get().generation().get(), 1);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p01_saved_value_is_validated_and_a_damaged_one_refused() {
    let (_folder, path) = folder();
    earlier_run(&path, "old-fashioned").await;
    let script = Script::new(Failing(ErrorKind::Denied));
    let refusing = service(&script, &path).validate(|value: &String| match value.as_str() {
        "old-fashioned" => Err("no longer allowed"),
        _ => Ok(()),
    });
    let error = refusing.start().await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Denied,
        "why there is no value: {error}"
    );
    std::fs::write(&path, b"something else").unwrap();
    let error = service(&script, &path).start().await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Denied,
        "why there is no value: {error}"
    );
}

#[tokio::test(start_paused = true)]
async fn good_source_has_priority_over_the_saved_value() {
    let (_folder, path) = folder();
    earlier_run(&path, "kept").await;
    let script = Script::new(Good("fresh"));
    let (live, control) = service(&script, &path).start().await.unwrap();
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("fresh", 1)
    );
    script.set(Failing(ErrorKind::Unavailable));
    sleep(seconds(60)).await;
    assert_eq!(*live.load(), "fresh");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p14_stop_waits_until_the_newest_value_is_saved() {
    let (_folder, path) = folder();
    let script = Script::new(Good("first"));
    let (_live, control) = service(&script, &path).start().await.unwrap();
    for value in ["second", "third", "fourth"] {
        script.set(Good(value));
        assert!(control.reload().await.is_current());
    }
    control.stop().await;
    assert_eq!(kept(&path).await, Some(("fourth".to_owned(), 4)));
}

#[tokio::test(start_paused = true)]
async fn rejected_values_and_defaults_are_not_saved() {
    let (_folder, path) = folder();
    let script = Script::new(Good("first"));
    let (live, control) = service(&script, &path)
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .start()
        .await
        .unwrap();
    script.set(Bad("typo"));
    assert!(!control.reload().await.is_current());
    script.set(Missing);
    sleep(seconds(5)).await;
    assert_eq!(*live.load(), "default");
    control.stop().await;
    assert_eq!(kept(&path).await, Some(("first".to_owned(), 1)));
}

#[tokio::test(start_paused = true)]
async fn failed_save_affects_nothing_else() {
    let (folder, path) = folder();
    let script = Script::new(Good("first"));
    let nowhere = folder.path().join("gone").join("kept");
    let (live, control) = service(&script, &nowhere).start().await.unwrap();
    script.set(Good("second"));
    let receipt = control.reload().await;
    assert!(
        matches!(receipt.outcome, Outcome::Published { .. }),
        "{receipt}"
    );
    std::fs::create_dir(folder.path().join("gone")).unwrap();
    script.set(Good("third"));
    assert!(control.reload().await.is_current());
    assert_eq!(*live.load(), "third");
    control.stop().await;
    assert_eq!(
        kept(&nowhere).await,
        Some(("third".to_owned(), 3)),
        "the next one is tried again"
    );
    assert_eq!(kept(&path).await, None);
}

#[tokio::test(start_paused = true)]
async fn pause_postpones_the_restore() {
    let (_folder, path) = folder();
    earlier_run(&path, "kept").await;
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, control) = service(&script, &path).start_in_background();
    control.pause();
    sleep(seconds(300)).await;
    assert!(live.try_get().is_none());
    let _ = control.resume().await;
    assert_eq!(live.get().as_str(), "kept");
    assert_eq!(control.status().data, DataState::Restored);
}

#[tokio::test(start_paused = true)]
async fn value_proven_at_the_second_attempt_is_saved() {
    let (_folder, path) = folder();
    let script = Script::new(Good("one"));
    let failing = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&failing);
    let probation = Probation::check(seconds(10), move |_: &String| {
        if fails.load(Ordering::Relaxed) {
            Err("too many errors")
        } else {
            Ok(())
        }
    });
    let builder = service(&script, &path).probation(probation);
    let (live, control) = builder
        .participant("store", OneWay::default())
        .start()
        .await
        .unwrap();
    script.set(Good("two"));
    sleep(seconds(5)).await;
    assert_eq!(live.load().as_str(), "two", "the rollback is refused");
    failing.store(false, Ordering::Relaxed);
    assert!(control.barrier().await.is_current());
    assert!(control.status().on_probation.is_some());
    sleep(seconds(20)).await;
    assert_eq!(control.status().on_probation, None);
    control.stop().await;
    assert_eq!(kept(&path).await, Some(("two".to_owned(), 2)));
}

/// Takes no value twice.
#[derive(Default)]
struct OneWay(Mutex<Vec<String>>);

#[async_trait]
impl Participant<String> for OneWay {
    type Prepared = ();

    async fn prepare(
        &self,
        candidate: &String,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut taken = self.0.lock().unwrap();
        if taken.contains(candidate) {
            return Err("it was there before".into());
        }
        taken.push(candidate.clone());
        Ok(())
    }

    async fn commit(&self, (): ()) {}
}

#[tokio::test(start_paused = true)]
async fn restored_value_is_not_reported_as_a_default() {
    let log = log();
    let (_folder, path) = folder();
    earlier_run(&path, "kept").await;
    let (live, _control) = service(&Script::new(Missing), &path).start().await.unwrap();
    assert_eq!(live.load().as_str(), "kept");
    assert_eq!(
        log.count("serving the last good value of an earlier run"),
        1
    );
    assert_eq!(log.count("serving the default"), 0);
}
