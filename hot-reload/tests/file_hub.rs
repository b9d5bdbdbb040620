//! One watcher for all files of a process, and none when nobody watches.
//!
//! A program of its own with one test, because it counts what the process holds.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "resources/census.rs"]
mod census;
mod file;

use std::time::Duration;

use hot_reload::source::{File, Source};
use hot_reload::{RealtimeWatch, Reload};

use self::census::{no_watcher, one_watcher};
use self::file::{TextDecoder, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p16_all_files_share_one_watcher_that_goes_with_the_last() {
    no_watcher().await;
    let world = World::new();
    for round in 0..3 {
        let mut watched = Vec::new();
        for number in 0..200 {
            let folder = format!("{}", number % 20);
            world.folder(&folder);
            let path = world.file(&format!("{folder}/{number}"), "one");
            let source = File::new(path).decode(TextDecoder);
            let handle = source.watch_realtime().await.unwrap();
            watched.push((source, handle));
        }
        one_watcher().await;
        // 200 files, 20 folders, and the few above them.
        let watches = census::watches();
        assert!((221..240).contains(&watches), "{watches} watches");

        for (source, _) in &watched {
            source.reload().await.unwrap();
        }
        for number in 0..200 {
            world.rename_into(&format!("{}/{number}", number % 20), "two");
        }
        for (_, handle) in &mut watched {
            let hint = tokio::time::timeout(Duration::from_secs(10), handle.rx.recv());
            assert!(hint.await.unwrap().is_some());
        }
        for (source, _) in &watched {
            assert_eq!(source.reload().await.unwrap().as_deref(), Some("two"));
        }

        let survivor = watched.pop();
        drop(watched);
        one_watcher().await;
        let watches = census::watches();
        assert!(watches < 10, "{watches} watches for one file");
        if round == 1 {
            // Dropped by another thread while this one goes on.
            std::thread::spawn(move || drop(survivor)).join().unwrap();
        } else {
            drop(survivor);
        }
        no_watcher().await;
    }
}
