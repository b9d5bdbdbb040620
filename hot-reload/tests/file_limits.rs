//! A process that has no descriptor left for a watcher.
//!
//! A program of its own with one test, because it uses them all up.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;

use std::fs;

use hot_reload::source::{File, Source};
use hot_reload::{Error, ErrorKind, RealtimeWatch, Reload};

use self::file::{TextDecoder, World};

#[tokio::test]
async fn t31_a_watcher_that_cannot_be_had_is_an_error_that_says_what_to_do() {
    let world = World::new();
    let source = File::new(world.file("c", "one")).decode(TextDecoder);
    source.reload().await.unwrap();
    let mut used = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        used.push(file);
    }
    let refused = source
        .watch_realtime()
        .await
        .err()
        .map(Error::from)
        .unwrap();
    used.clear();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let text = refused.to_string();
    let start = "no inotify instance left: Too many open files (os error 24); raise fs.inotify.";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(text.lines().count(), 1);

    source.watch_realtime().await.unwrap();
}
