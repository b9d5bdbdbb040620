//! Directories and groups use the one watcher of the process, and leave nothing behind.
//!
//! A program of its own with one test, because it counts what the process holds.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;
#[path = "file/many.rs"]
mod many;

use std::fs;

use hot_reload::source::{Dir, Files, Group};

use self::file::{Rig, TextDecoder, World, write};
use self::many::ManyRig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p16_directories_groups_and_files_share_one_watcher_that_goes_with_the_last() {
    assert_eq!((instances(), threads()), (0, 0));
    let world = World::new();
    world.folder("d/sub");
    for number in 0..100 {
        world.file(&format!("d/sub/{number}"), "text");
    }
    for round in 0..20 {
        let text = format!("round {round}");
        world.file("d/a", &text);
        let source = Dir::new(world.path("d")).recursive(1).each(TextDecoder);
        let mut dir = ManyRig::watch_source(source).await;
        let files = [("one", world.path("d/a")), ("other", world.path("d/sub/0"))];
        let group = Group::new(files).decode_files(|files: &Files| Ok(files.len()));
        let group = ManyRig::watch_source(group).await;
        let file = Rig::watch(world.path("d/a")).await;
        assert_eq!((instances(), threads()), (1, 1));
        // Dropped in the middle of a change.
        write(world.path("d/a"), "changed");
        if round % 2 == 0 {
            let changed = |rig: &ManyRig<_>| {
                let files: &many::Texts = rig.current.as_ref().unwrap();
                files.len() == 101 && files.values().any(|text| text == "changed")
            };
            dir.until(changed, "the change").await;
        }
        drop((group, file));
        assert_eq!((instances(), threads()), (1, 1));
        drop(dir);
        assert_eq!((instances(), threads()), (0, 0), "round {round}");
    }
}

fn instances() -> usize {
    fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.to_string_lossy().contains("inotify"))
        .count()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.starts_with("hot-reload-file"))
        .count()
}
