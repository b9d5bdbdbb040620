//! A user who has no inotify watch left.
//!
//! A program of its own with one test, because a limit counts for all of it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;
#[path = "file/namespace.rs"]
mod namespace;

use std::fs;

use hot_reload::source::{File, Source};
use hot_reload::{Error, RealtimeWatch};

use self::file::{Rig, TextDecoder, World, write};
use self::namespace::has_limits_of_its_own;

#[tokio::test]
async fn t32_when_watches_run_out_those_of_files_go_first_and_come_back() {
    if !has_limits_of_its_own("t32_when_watches_run_out_those_of_files_go_first_and_come_back") {
        return;
    }
    let world = World::new();
    let above = world.path("").components().count();
    // Enough for the folders, and for two of the ten files.
    set_limit(above + 10 + 2);
    let mut rigs = Vec::new();
    for number in 0..10 {
        world.folder(&format!("{number}"));
        let path = world.file(&format!("{number}/c"), "one");
        rigs.push((path.clone(), Rig::watch(path).await));
    }
    for (number, (path, rig)) in rigs.iter_mut().enumerate() {
        write(path, "in place");
        rig.expect("in place").await;
        world.rename_into(&format!("{number}/c"), "renamed");
        rig.expect("renamed").await;
    }

    // One more folder has no room even without the files.
    set_limit(above + 10);
    world.folder("more");
    let source = File::new(world.file("more/c", "one")).decode(TextDecoder);
    let refused = source.watch_realtime().await.err().map(Error::from);
    let text = refused.unwrap().to_string();
    assert!(text.starts_with("no inotify watch left: "), "{text}");
    assert!(text.contains("fs.inotify.max_user_watches"), "{text}");
    for (path, rig) in &mut rigs {
        write(path, "nobody else is worse off");
        rig.expect("nobody else is worse off").await;
    }

    // With room again, the next look takes it, and nothing has to be started anew.
    set_limit(1000);
    source.watch_realtime().await.unwrap();
    for (number, (path, rig)) in rigs.iter_mut().enumerate() {
        rig.settle().await;
        rig.look().await.unwrap();
        let other = world.path(&format!("other-{number}"));
        fs::hard_link(path, &other).unwrap();
        write(other, "by another name");
        rig.expect("by another name").await;
    }
}

fn set_limit(watches: usize) {
    fs::write("/proc/sys/user/max_inotify_watches", watches.to_string()).unwrap();
}
