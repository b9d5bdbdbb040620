//! Timestamps that decrease: a file has changed if its stamp differs, not if it is newer.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hot_reload::source::File;

use crate::file::{Rig, World, write};

/// 2001.
const LONG_AGO: Duration = Duration::from_secs(1_000_000_000);

fn set_time(path: &Path, time: SystemTime) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

/// Each writes the text to the first path with an older timestamp: by copying, by synchronizing, or by creating it again.
const BACK: [fn(&World, &Path, &str, SystemTime); 3] = [
    |_, path, text, time| {
        write(path, text);
        set_time(path, time);
    },
    |world, path, text, time| {
        let draft = world.file(".c.Xk2h9", text);
        set_time(&draft, time);
        fs::rename(draft, path).unwrap();
    },
    |_, path, text, time| {
        fs::remove_file(path).unwrap();
        write(path, text);
        set_time(path, time);
    },
];

#[tokio::test]
async fn t36_file_that_becomes_older_is_seen() {
    let world = World::new();
    let path = world.file("c", "000");
    let mut rig = Rig::watch(&path).await;
    let mut number = 0;
    for _ in 0..3 {
        for back in BACK {
            number += 1;
            let text = format!("{number:03}");
            let time = UNIX_EPOCH + LONG_AGO - Duration::from_secs(number);
            back(&world, &path, &text, time);
            rig.expect(&text).await;
        }
    }
    rig.settle().await;
    assert_eq!(rig.texts().len(), 10);
}

#[tokio::test]
async fn t36_file_that_becomes_older_is_found_by_polling() {
    let world = World::new();
    let path = world.file("c", "000");
    let mut rig = Rig::poll(File::new(&path));
    rig.load().await.unwrap();
    let mut number = 0;
    for _ in 0..3 {
        for back in BACK {
            number += 1;
            let text = format!("{number:03}");
            // The same time again and again.
            back(&world, &path, &text, UNIX_EPOCH + LONG_AGO);
            rig.load().await.unwrap();
            assert_eq!(rig.current.as_deref(), Some(&*text));
        }
    }
    assert_eq!(rig.texts().len(), 10);
}

#[tokio::test]
async fn t36_p10_older_time_with_equal_content_is_no_change() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    let mut polled = Rig::poll(File::new(&path));
    polled.load().await.unwrap();
    for years in 0..10 {
        let time = UNIX_EPOCH + LONG_AGO - years * Duration::from_secs(365 * 24 * 3600);
        set_time(&path, time);
        polled.load().await.unwrap();
    }
    rig.settle().await;
    assert!(rig.loads > 1, "the file was loaded");
    assert_eq!((rig.contents, rig.texts()), (1, vec!["one"]));
    assert_eq!((polled.contents, polled.texts()), (1, vec!["one"]));
    world.rename_into("c", "two");
    rig.expect("two").await;
}
