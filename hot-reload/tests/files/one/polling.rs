//! Polling: every change is found without a watch.

use std::fs;

use hot_reload::source::File;

use crate::file::{Rig, World, write};

#[tokio::test]
async fn every_change_is_found_by_polling() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::poll(File::new(&path));
    rig.load().await.unwrap();
    assert_eq!(rig.current, None);
    write(&path, "one");
    for text in ["one", "two", "six", ""] {
        write(&path, text);
        rig.load().await.unwrap();
        assert_eq!(rig.current.as_deref(), Some(text));
    }
    fs::remove_file(&path).unwrap();
    rig.load().await.unwrap();
    assert_eq!(rig.current, None);
}

/// The write follows the load at once, so it falls into the same tick of the clock.
#[tokio::test]
async fn t35_rewrite_right_after_a_poll_is_found_by_the_next() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::poll(File::new(&path));
    for number in 0..1000 {
        let text = format!("{number:04}");
        match number % 2 {
            0 => write(&path, &text),
            _ => world.rename_into("c", &text),
        }
        rig.load().await.unwrap();
        assert_eq!(rig.current.as_deref(), Some(&*text));
    }
    assert_eq!(rig.published.len(), 1000);
    assert_eq!(rig.failures, 0);
}

/// The time is reset to that of the last load, and the size is the same.
#[cfg(unix)]
#[tokio::test]
async fn t35_rewrite_that_restores_the_time_is_found_by_the_next_poll() {
    let world = World::new();
    let path = world.file("c", "0000");
    let mut rig = Rig::poll(File::new(&path));
    rig.load().await.unwrap();
    for number in 1..=300 {
        let text = format!("{number:04}");
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        write(&path, &text);
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(modified).unwrap();
        drop(file);
        rig.load().await.unwrap();
        assert_eq!(rig.current.as_deref(), Some(&*text));
    }
}
