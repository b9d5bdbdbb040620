//! What is mounted over a path and taken away again, with nothing but hints to find it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;
#[path = "file/namespace.rs"]
mod namespace;

use std::fs;

use hot_reload::source::File;

use self::file::{Rig, World, write};
use self::namespace::{is_ours, mount, unmount};

#[tokio::test]
async fn t44_what_is_mounted_over_the_folder_is_seen_and_so_is_its_end() {
    if !is_ours("t44_what_is_mounted_over_the_folder_is_seen_and_so_is_its_end") {
        return;
    }
    let world = World::new();
    let folder = world.folder("a/b");
    let path = world.file("a/b/c", "below");
    let mut rig = Rig::watch(&path).await;
    for text in ["one", "two"] {
        rig.expect("below").await;
        mount(&["-t", "tmpfs", "none"], &folder);
        rig.expect_absent().await;
        write(&path, text);
        rig.expect(text).await;
        write(&path, "in place");
        rig.expect("in place").await;
        rig.settle().await;
        unmount(&[], &folder);
    }
    rig.expect("below").await;
    write(&path, "back again");
    rig.expect("back again").await;
}

#[tokio::test]
async fn t44_what_is_mounted_over_a_folder_above_is_seen() {
    if !is_ours("t44_what_is_mounted_over_a_folder_above_is_seen") {
        return;
    }
    let world = World::new();
    let above = world.folder("a");
    world.folder("a/b");
    world.folder("other/b");
    let path = world.file("a/b/c", "below");
    world.file("other/b/c", "above");
    let mut rig = Rig::watch(&path).await;
    let other = world.path("other");
    mount(&["--bind", other.to_str().unwrap()], &above);
    rig.expect("above").await;
    write(other.join("b/c"), "changed");
    rig.expect("changed").await;
    rig.settle().await;
    unmount(&[], &above);
    rig.expect("below").await;
}

#[tokio::test]
async fn t45_a_file_system_that_is_taken_away_while_in_use_and_mounted_again_is_followed() {
    if !is_ours("t45_a_file_system_that_is_taken_away_while_in_use_and_mounted_again_is_followed") {
        return;
    }
    let world = World::new();
    let folder = world.folder("a");
    let path = world.path("a/c");
    mount(&["-t", "tmpfs", "none"], &folder);
    write(&path, "one");
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    for text in ["two", "three"] {
        let user = fs::File::open(&path).unwrap();
        unmount(&["--lazy"], &folder);
        rig.expect_absent().await;
        mount(&["-t", "tmpfs", "none"], &folder);
        write(&path, text);
        rig.expect(text).await;
        drop(user);
        world.rename_into("a/c", "renamed");
        rig.expect("renamed").await;
    }
}

#[tokio::test]
async fn t19_a_mounted_file_that_is_written_outside_is_seen() {
    if !is_ours("t19_a_mounted_file_that_is_written_outside_is_seen") {
        return;
    }
    let world = World::new();
    let host = world.file("host", "one");
    let path = world.file("c", "");
    mount(&["--bind", host.to_str().unwrap()], &path);
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    for text in ["two", "three"] {
        write(&host, text);
        rig.expect(text).await;
    }
    // The inode that was mounted stays the one that is read, for every program.
    world.rename_into("host", "not this one");
    rig.settle().await;
    assert_eq!(rig.current.as_deref(), Some("three"));
    unmount(&[], &path);
    rig.expect("").await;
}

#[tokio::test]
async fn t21_what_changes_in_a_lower_layer_is_found_by_asking() {
    if !is_ours("t21_what_changes_in_a_lower_layer_is_found_by_asking") {
        return;
    }
    let world = World::new();
    let base = world.folder("base");
    // An overlay cannot be the upper layer of another one, and the folder of the test may be on one.
    mount(&["-t", "tmpfs", "none"], &base);
    for name in ["lower", "upper", "work", "merged"] {
        world.folder(&format!("base/{name}"));
    }
    let lower = world.file("base/lower/c", "one");
    let layers = ["lower", "upper", "work"]
        .map(|name| format!("{name}dir={}", base.join(name).display()))
        .join(",");
    mount(
        &["-t", "overlay", "none", "-o", &layers],
        &base.join("merged"),
    );
    let path = base.join("merged/c");
    let mut rig = Rig::poll(File::new(&path));
    for text in ["two", "three!"] {
        write(&lower, text);
        rig.look().await.unwrap();
        assert_eq!(rig.current, fs::read_to_string(&path).ok());
    }
    // What is written through the upper one is announced, also the first time, when the file is copied up.
    let mut rig = Rig::watch(&path).await;
    for text in ["four", "five"] {
        write(&path, text);
        rig.expect(text).await;
    }
}
