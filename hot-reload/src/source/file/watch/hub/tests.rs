//! The hub through its own door: what a failure leads to.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::error::ErrorKind;
use crate::locks::lock;
use crate::source::file::watch::handle::watch_handle;
use crate::source::file::watch::subscription::Follow;
use crate::watch::WatchEvent;

/// There is one slot for the process, so one test at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn t52_a_watcher_that_fails_is_announced_and_replaced() {
    let _alone = ALONE.lock().await;
    let folder = std::env::temp_dir().join(format!("hot-reload-hub-{}", process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("c");
    let follow = Arc::new(Follow::default());
    let mut first = watch_handle::<()>(&follow, (), vec![path.clone()])
        .await
        .unwrap();
    let failed = Arc::clone(lock(&NATIVE).as_ref().unwrap());
    failed
        .table
        .fail(&Error::new(ErrorKind::Unavailable, "broken"));
    let event = first.rx.recv().await;
    assert_eq!(event, Some(WatchEvent::Error("broken".to_owned())));

    let mut second = watch_handle::<()>(&follow, (), vec![path.clone()])
        .await
        .unwrap();
    assert!(!Arc::ptr_eq(&failed, lock(&NATIVE).as_ref().unwrap()));
    drop(first);
    std::fs::write(&path, "one").unwrap();
    let hint = tokio::time::timeout(Duration::from_secs(10), second.rx.recv());
    assert_eq!(hint.await.unwrap(), Some(WatchEvent::Hint));

    drop(second);
    assert!(lock(&NATIVE).is_none());
    assert_eq!(Arc::strong_count(&failed), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A fork cannot be had without `unsafe`, so the hub is told that it comes from another process.
#[tokio::test]
async fn t62_a_forked_process_gets_a_watcher_of_its_own_and_leaves_its_parents_alone() {
    let _alone = ALONE.lock().await;
    let folder = std::env::temp_dir().join(format!("hot-reload-fork-{}", process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("c");
    let mut inherited = Hub::start(FileEvents::Native).unwrap();
    inherited.process ^= 1;
    let inherited = Arc::new(inherited);
    *lock(&NATIVE) = Some(Arc::clone(&inherited));

    let follow = Arc::new(Follow::default());
    let mut handle = watch_handle::<()>(&follow, (), vec![path.clone()])
        .await
        .unwrap();
    assert!(!Arc::ptr_eq(&inherited, lock(&NATIVE).as_ref().unwrap()));
    std::fs::write(&path, "one").unwrap();
    let hint = tokio::time::timeout(Duration::from_secs(10), handle.rx.recv());
    assert_eq!(hint.await.unwrap(), Some(WatchEvent::Hint));

    drop(handle);
    assert!(lock(&NATIVE).is_none());
    // Nobody has rung its bell or joined its thread, which still has the table.
    assert_eq!(Arc::strong_count(&inherited.table), 2);
    assert!(!inherited.table.has_failed());
    std::fs::remove_dir_all(&folder).unwrap();
}
