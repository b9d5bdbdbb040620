//! P12: a source that was emptied between two runs does not become a value, because a value of the earlier run is kept.

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use hot_reload::error::ErrorKind;
use hot_reload::event::DataState;
use hot_reload::policy::{LastGood, RemovalPolicy};
use hot_reload::source::{Decoded, Source};
use hot_reload::{Builder, Participant, ReloaderService, async_trait};
use tokio::task::yield_now;
use tokio::time::{advance, sleep};

use super::kept::{folder, kept, store};
use crate::bytes::Bytes;
use crate::loads::emptied::Lenient;
use crate::log::log;
use crate::script::{Failing, Good, Script, seconds};

/// A service that keeps values of a source whose blank content decodes to defaults.
fn lenient(script: &Script, path: &Path) -> Builder<Decoded<Bytes, Lenient>, String, String> {
    let source = Bytes(script.clone()).decode(Lenient);
    ReloaderService::builder(source).last_good(store(path))
}

/// Runs until the value of this content is kept.
async fn earlier_bytes(path: &Path, content: &'static str) {
    let (_live, control) = lenient(&Script::new(Good(content)), path)
        .start()
        .await
        .unwrap();
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_source_emptied_between_two_runs_leaves_the_last_good_value() {
    for blank in ["", " \n\n", "\u{feff}\n"] {
        let (_folder, path) = folder();
        earlier_bytes(&path, "kept").await;
        let lines = log();
        let script = Script::new(Good(blank));
        let (live, control) = lenient(&script, &path).start().await.unwrap();
        assert_eq!(*live.load(), "kept", "{blank:?}");
        let error = control.status().last_error.unwrap().to_string();
        assert!(error.starts_with("bytes: is empty; the last good value stays"));
        assert_eq!(control.status().data, DataState::Restored);
        // The report of an outage repeats it after a minute.
        sleep(seconds(50)).await;
        assert_eq!(lines.count("bytes: is empty"), 1, "logged once");
        for _ in 0..3 {
            assert!(!control.reload().await.is_current());
        }
        assert_eq!(*live.load(), "kept");
        control.stop().await;
        assert_eq!(kept(&path).await, Some(("kept".to_owned(), 1)));

        let (live, control) = lenient(&script, &path).start().await.unwrap();
        assert_eq!(*live.load(), "kept", "the run after that");
        script.set(Good("fresh"));
        assert!(control.reload().await.is_current());
        assert_eq!(*live.load(), "fresh");
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p12_source_filled_within_the_debounce_window_of_a_start_is_loaded() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "kept").await;
    let script = Script::new(Good(""));
    let refill = script.clone();
    let mut loads = 0;
    script.on_load(move |_| {
        loads += 1;
        if loads == 1 {
            let refill = refill.clone();
            tokio::spawn(async move { refill.set(Good("whole")) });
        }
    });
    let (live, control) = lenient(&script, &path).start().await.unwrap();
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("whole", 1)
    );
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_source_that_was_blank_before_starts_with_its_defaults() {
    let (_folder, path) = folder();
    // The content is blank in each run, but its revision is another one.
    for (run, blank) in ["", "", "\n", " \n"].into_iter().enumerate() {
        let script = Script::new(Good(blank));
        let (live, control) = lenient(&script, &path).start().await.unwrap();
        assert_eq!(*live.load(), "defaults", "run {run}");
        assert!(control.status().last_error.is_none(), "run {run}");
        control.stop().await;
        assert_eq!(kept(&path).await, Some(("defaults".to_owned(), 1)));
    }
}

#[tokio::test(start_paused = true)]
async fn p12_source_emptied_between_two_runs_is_loaded_if_that_is_content() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "kept").await;
    let service = lenient(&Script::new(Good("")), &path).empty_is_content(true);
    let (live, control) = service.start().await.unwrap();
    assert_eq!(*live.load(), "defaults");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_source_emptied_between_two_runs_follows_the_removal_policy() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "kept").await;
    let policy = RemovalPolicy::Replace("default".to_owned());
    let service = lenient(&Script::new(Good("")), &path).on_removal(policy);
    let (live, control) = service.start().await.unwrap();
    assert_eq!(*live.load(), "default");
    control.stop().await;
    assert_eq!(kept(&path).await, Some(("kept".to_owned(), 1)));
}

#[tokio::test(start_paused = true)]
async fn p01_emptied_source_is_loaded_if_the_kept_value_is_refused() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "old-fashioned").await;
    let lines = log();
    let service =
        lenient(&Script::new(Good("")), &path).validate(|value: &String| match value.as_str() {
            "old-fashioned" => Err("no longer allowed"),
            _ => Ok(()),
        });
    let (live, control) = service.start().await.unwrap();
    assert_eq!(*live.load(), "defaults");
    assert_eq!(lines.count("the last good value is not restored"), 1);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_pause_during_the_start_does_not_let_an_emptied_source_through() {
    // The pause begins and ends during the first load, while the kept value is validated, or while a value is validated
    // after that.
    for (pause, resume) in [(0, 3), (0, 8), (3, 4), (3, 8), (3, 60)] {
        let (_folder, path) = folder();
        earlier_bytes(&path, "kept").await;
        let script = Script::new(Good(""));
        let service = lenient(&script, &path).validate_async(|_: &String| {
            Box::pin(async {
                sleep(seconds(5)).await;
                Ok::<_, String>(())
            })
        });
        let (live, control) = service.start_in_background();
        sleep(seconds(pause)).await;
        control.pause();
        sleep(seconds(resume - pause)).await;
        let _ = control.resume().await;
        sleep(seconds(60)).await;
        let newest = live.get();
        assert_eq!(
            (newest.as_str(), newest.generation().get()),
            ("kept", 1),
            "paused from {pause} s to {resume} s"
        );
        assert_eq!(control.status().data, DataState::Restored);
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p12_pause_during_the_start_lets_content_through_that_was_blank_before() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "").await;
    let (live, control) = lenient(&Script::new(Good("")), &path).start_in_background();
    control.pause();
    sleep(seconds(60)).await;
    assert!(live.try_get().is_none());
    let _ = control.resume().await;
    assert_eq!(*live.load(), "defaults");
    assert_eq!(control.status().data, DataState::Fresh);
    control.stop().await;
}

/// Is ready for every value after five seconds.
struct Slow;

#[async_trait]
impl Participant<String> for Slow {
    type Prepared = ();

    async fn prepare(&self, _: &String) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        sleep(seconds(5)).await;
        Ok(())
    }

    async fn commit(&self, (): ()) {}
}

#[tokio::test(start_paused = true)]
async fn p12_pause_during_the_start_keeps_the_removal_policy_of_an_emptied_source() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "kept").await;
    let (live, control) = lenient(&Script::new(Good("")), &path)
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .participant("slow", Slow)
        .start_in_background();
    sleep(seconds(3)).await;
    control.pause();
    sleep(seconds(60)).await;
    assert!(live.try_get().is_none());
    let _ = control.resume().await;
    sleep(seconds(60)).await;
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("default", 1)
    );
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_blank_source_is_not_published_while_the_kept_value_cannot_be_read() {
    for has_kept in [true, false] {
        let (folder, path) = folder();
        earlier_bytes(&path, "kept").await;
        // A file stands where the folder of the kept value will be.
        let (place, script) = (folder.path().join("later"), Script::new(Good("")));
        let kept = place.join("kept");
        std::fs::write(&place, "a file").unwrap();
        let error = lenient(&script, &kept).start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let said = "bytes: is empty; not published, because nobody knows whether it had content in an earlier run: ";
        assert!(error.to_string().starts_with(said), "{error}");
        // The source may have been away first.
        script.set(Failing(ErrorKind::Unavailable));
        let (live, control) = lenient(&script, &kept).start_in_background();
        sleep(seconds(30)).await;
        script.set(Good(""));
        sleep(seconds(300)).await;
        assert!(live.try_get().is_none());
        std::fs::remove_file(&place).unwrap();
        std::fs::create_dir(&place).unwrap();
        if has_kept {
            std::fs::copy(&path, &kept).unwrap();
        }
        sleep(seconds(60)).await;
        let expected = if has_kept { "kept" } else { "defaults" };
        assert_eq!(
            (live.load().as_str(), live.get().generation().get()),
            (expected, 1)
        );
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p12_blank_source_is_not_published_while_the_kept_value_does_not_answer() {
    let (_folder, path) = folder();
    earlier_bytes(&path, "kept").await;
    let (go, gate) = mpsc::channel::<()>();
    let (gate, reads) = (Mutex::new(gate), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&reads);
    let hanging = LastGood::new(
        &path,
        |value: &String| Ok::<_, Infallible>(value.clone().into_bytes()),
        move |bytes| {
            counted.fetch_add(1, Ordering::Relaxed);
            // An error means that it is let go.
            let _ = gate.lock().unwrap().recv();
            String::from_utf8(bytes.to_vec())
        },
    );
    let source = Bytes(Script::new(Good(""))).decode(Lenient);
    let (live, control) = ReloaderService::builder(source)
        .last_good(hanging)
        .start_in_background();
    for _ in 0..300 {
        // The paused clock stands still while a thread works.
        advance(seconds(1)).await;
        yield_now().await;
    }
    assert!(live.try_get().is_none());
    let error = control.status().last_error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(
        reads.load(Ordering::Relaxed),
        1,
        "one thread hangs, not more"
    );
    drop(go);
    live.ready().await.unwrap();
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("kept", 1)
    );
    control.stop().await;
}
