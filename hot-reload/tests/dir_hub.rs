//! Directories and groups use the one watcher of the process, and leave nothing behind.
//!
//! A program of its own with one test, because it counts what the process holds.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "resources/census.rs"]
mod census;
mod file;
#[path = "file/many.rs"]
mod many;

use hot_reload::source::{Dir, Files, Group};

use self::census::{no_watcher, one_watcher};
use self::file::{Rig, TextDecoder, World, write};
use self::many::ManyRig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p16_directories_groups_and_files_share_one_watcher_that_goes_with_the_last() {
    no_watcher().await;
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
        one_watcher().await;
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
        one_watcher().await;
        drop(dir);
        no_watcher().await;
    }
}
