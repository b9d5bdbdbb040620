//! [`Memory`] and [`Outcomes`] with services under paused time, and the operations on files.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::*;
use crate::error::{Error, ErrorKind};
use crate::event::WatchState;
use crate::policy::RemovalPolicy;
use crate::watch::RealtimeWatch;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn value_is_published_by_a_hint() {
    let source = Memory::new(1);
    let (live, _control) = source.start().await.unwrap();
    let mut changes = live.subscribe();
    source.set(2);
    assert_eq!(*changes.changed().await.unwrap(), 2);
    assert!(source.is_watched());
}

#[tokio::test(start_paused = true)]
async fn p04_silent_change_is_found_by_the_heartbeat() {
    let source = Memory::new(1);
    let (live, control) = source.start().await.unwrap();
    sleep(seconds(70)).await;
    source.set_silently(2);
    sleep(seconds(1)).await;
    assert_eq!(*live.load(), 1);
    sleep(seconds(62)).await;
    assert_eq!(*live.load(), 2);
    assert_eq!(control.status().counters.missed_events, 1);
}

#[tokio::test(start_paused = true)]
async fn failing_hanging_and_rejected_loads_keep_the_value() {
    let source = Memory::new(1);
    let outcomes = Outcomes::new();
    let builder = source.builder().observe(outcomes.clone());
    let (live, control) = builder.start().await.unwrap();
    source.fail("down");
    let receipt = control.reload().await;
    let error = receipt.outcome.error().unwrap();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Unavailable, "down")
    );
    source.fail_with(Error::new(ErrorKind::Decode, "not a number"));
    let _ = control.reload().await;
    source.hang();
    let _ = control.reload().await;
    assert_eq!(*live.load(), 1);
    source.set(1);
    let _ = control.reload().await;
    source.set(2);
    let _ = control.reload().await;
    let words = outcomes.words();
    assert_eq!(
        words,
        [
            "published",
            "failed",
            "rejected",
            "failed",
            "unchanged",
            "published"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn p12_removed_content_follows_the_policy() {
    let source = Memory::new(1);
    let builder = source.builder().on_removal(RemovalPolicy::Replace(0));
    let (live, control) = builder.start().await.unwrap();
    source.remove();
    assert_eq!(control.reload().await.outcome.as_str(), "missing");
    assert_eq!(*live.load(), 0);
    let error = Memory::<u8>::missing().start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn lost_watch_is_opened_again_once_it_is_restored() {
    let source = Memory::new(1);
    let (live, control) = source.start().await.unwrap();
    source.lose_watch();
    sleep(seconds(5)).await;
    assert_eq!(control.status().watch, WatchState::Down);
    assert!(!source.is_watched());
    source.set(2);
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), 2, "by polling");
    source.restore_watch();
    let _ = control.reload().await;
    sleep(seconds(1)).await;
    assert!(source.is_watched());
    source.set(3);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(*live.load(), 3, "by a hint");
}

#[tokio::test(start_paused = true)]
async fn watch_of_events_gets_hints_and_the_end() {
    let source = Memory::new(1);
    let mut watch = source.watch_realtime().await.unwrap();
    source.set(2);
    source.set(3);
    assert_eq!(watch.rx.recv().await, Some(crate::WatchEvent::Hint));
    source.lose_watch();
    assert_eq!(watch.rx.recv().await, None);
    assert!(source.watch_realtime().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_waited_for_in_order() {
    let source = Memory::new(1);
    let outcomes = Outcomes::new();
    let builder = source.builder().hybrid().observe(outcomes.clone());
    let (_live, control) = builder.start().await.unwrap();
    let first = outcomes.wait_for(|_| true).await;
    assert_eq!(first.as_str(), "published");
    let waiting = tokio::spawn({
        let outcomes = outcomes.clone();
        async move { outcomes.wait_for(|outcome| outcome.error().is_some()).await }
    });
    sleep(seconds(100)).await;
    assert!(!waiting.is_finished());
    source.fail("down");
    let failed = timeout(seconds(1), waiting).await.unwrap().unwrap();
    assert_eq!(failed.as_str(), "failed");
    outcomes.clear();
    control.stop().await;
    assert_eq!(outcomes.outcomes().len(), 0);
    let events = outcomes.events();
    assert_eq!(events.last().unwrap().kind.as_str(), "stopped");
}

#[test]
fn saves_leave_the_new_content_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    files::vim_save(&path, "0").unwrap();
    files::atomic_save(&path, "1").unwrap();
    files::vim_save(&path, "2").unwrap();
    files::truncate_then_write(&path, "3", Duration::ZERO).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "3");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let missing = folder.path().join("missing/c");
    assert!(files::atomic_save(&missing, "").is_err());
    assert!(files::vim_save(&missing, "").is_err());
}

#[cfg(unix)]
#[test]
fn swapped_volume_has_the_new_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let volume = folder.path().join("volume");
    let names = || {
        let entries = std::fs::read_dir(&volume).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    for (number, files) in [["a", "b"], ["a", "c"], ["a", "c"]].into_iter().enumerate() {
        let text = number.to_string();
        let content = files.map(|name| (name, text.as_str()));
        files::configmap_swap(&volume, content).unwrap();
        let all = names();
        assert_eq!(all.len(), 4, "{all:?}");
        for name in files {
            assert_eq!(std::fs::read_to_string(volume.join(name)).unwrap(), text);
        }
    }
}
