//! The hub through its own door: what a failure leads to.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::error::ErrorKind;
use crate::source::file::follow::Follow;
use crate::source::file::handle::watch_handle;
use crate::watch::WatchEvent;

#[tokio::test]
async fn a_watcher_that_fails_is_announced_and_replaced() {
    let folder = std::env::temp_dir().join(format!("hot-reload-hub-{}", std::process::id()));
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
