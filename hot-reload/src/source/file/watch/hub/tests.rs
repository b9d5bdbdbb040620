//! The hub when its backend fails, and after a fork.

use std::sync::Arc;
use std::time::Duration;

use super::membership::NATIVE;
use super::state::Hub;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::watch::file_events::FileEvents;
use crate::source::file::watch::handle::watch_handle;
use crate::source::file::watch::subscription::FileWatch;
use crate::watch::WatchEvent;

/// There is one slot for the process, so one test at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn t52_failed_watcher_is_reported_and_replaced() {
    let _alone = ALONE.lock().await;
    let folder = std::env::temp_dir().join(format!("hot-reload-hub-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("c");
    let watch = Arc::new(FileWatch::default());
    let mut first = watch_handle::<()>(&watch, (), vec![path.clone()])
        .await
        .unwrap();
    let failed = Arc::clone(lock(&NATIVE).as_ref().unwrap());
    failed
        .table
        .fail(&Error::new(ErrorKind::Unavailable, "broken"));
    let event = first.rx.recv().await;
    assert_eq!(event, Some(WatchEvent::Error("broken".to_owned())));

    let mut second = watch_handle::<()>(&watch, (), vec![path.clone()])
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

/// A fork needs `unsafe`, so the test marks the hub as another process's.
#[tokio::test]
async fn t62_forked_process_starts_its_own_watcher() {
    let _alone = ALONE.lock().await;
    let folder = std::env::temp_dir().join(format!("hot-reload-fork-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("c");
    let mut inherited = Hub::start(FileEvents::Native).unwrap();
    inherited.belong_to_the_parent();
    let inherited = Arc::new(inherited);
    *lock(&NATIVE) = Some(Arc::clone(&inherited));

    let watch = Arc::new(FileWatch::default());
    let mut handle = watch_handle::<()>(&watch, (), vec![path.clone()])
        .await
        .unwrap();
    assert!(!Arc::ptr_eq(&inherited, lock(&NATIVE).as_ref().unwrap()));
    std::fs::write(&path, "one").unwrap();
    let hint = tokio::time::timeout(Duration::from_secs(10), handle.rx.recv());
    assert_eq!(hint.await.unwrap(), Some(WatchEvent::Hint));

    drop(handle);
    assert!(lock(&NATIVE).is_none());
    // Its thread was neither stopped nor joined, and still has the table.
    assert_eq!(Arc::strong_count(&inherited.table), 2);
    assert!(!inherited.table.has_failed());
    std::fs::remove_dir_all(&folder).unwrap();
}
