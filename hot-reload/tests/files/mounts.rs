//! Mounts over a path, and unmounts, with loads after hints only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use hot_reload::ReloaderService;
use hot_reload::source::{File, Source};
use tokio::time::timeout;

use crate::file::{DEADLINE, Rig, TextDecoder, World, write};
use crate::namespace::{Mounted, has, is_ours, mount, unmount};

#[tokio::test]
async fn t44_mount_over_the_folder_and_its_end_are_seen() {
    if !is_ours("t44_mount_over_the_folder_and_its_end_are_seen") {
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
async fn t44_mount_over_a_parent_folder_is_seen() {
    if !is_ours("t44_mount_over_a_parent_folder_is_seen") {
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
async fn t45_file_system_unmounted_in_use_and_remounted_is_followed() {
    if !is_ours("t45_file_system_unmounted_in_use_and_remounted_is_followed") {
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
async fn t19_mounted_file_written_outside_is_seen() {
    if !is_ours("t19_mounted_file_written_outside_is_seen") {
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
    unmount(&[], &path);
    rig.expect("").await;
}

#[tokio::test]
async fn t20_mounted_file_replaced_outside_keeps_its_value_until_unmounted() {
    const NAME: &str = "t20_mounted_file_replaced_outside_keeps_its_value_until_unmounted";
    if !is_ours(NAME) {
        return;
    }
    let world = World::new();
    let host = world.file("host", "one");
    let path = world.file("c", "");
    mount(&["--bind", host.to_str().unwrap()], &path);
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    // The inode that was mounted stays the one that is read, for every program, though no name is left to write to it by.
    for text in ["not this one", "nor that"] {
        world.rename_into("host", text);
        rig.settle().await;
        rig.load().await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    }
    assert_eq!(fs::metadata(&path).unwrap().nlink(), 0);
    // But by the mount.
    write(&path, "through the mount");
    rig.expect("through the mount").await;
    unmount(&[], &path);
    rig.expect("").await;
    assert_eq!(rig.texts(), ["one", "through the mount", ""]);
}

#[tokio::test]
async fn t21_change_in_a_lower_layer_is_found_by_polling() {
    if !is_ours("t21_change_in_a_lower_layer_is_found_by_polling") {
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
        rig.load().await.unwrap();
        assert_eq!(rig.current, fs::read_to_string(&path).ok());
    }
    let profile = File::new(&path).profile();
    assert_eq!(profile.heartbeat, Duration::from_secs(5));
    let expected = fs::read_to_string(&path).unwrap();
    a_service_finds(&path, &expected, |text| write(&lower, text)).await;
    // Writes through the upper layer are reported, also the first one, which copies the file up.
    let mut rig = Rig::watch(&path).await;
    for text in ["four", "five"] {
        write(&path, text);
        rig.expect(text).await;
    }
}

#[tokio::test]
async fn t22_change_behind_a_fuse_file_system_is_found_by_polling() {
    const NAME: &str = "t22_change_behind_a_fuse_file_system_is_found_by_polling";
    if !has("bindfs", NAME) || !is_ours(NAME) {
        return;
    }
    let world = World::new();
    let (behind, front) = (world.folder("behind"), world.folder("front"));
    let path = front.join("c");
    write(behind.join("c"), "lon");
    // The kernel may cache the attributes of a file for ten seconds.
    let arguments = ["-o", "attr_timeout=10", behind.to_str().unwrap()];
    let _mounted = Mounted::by("bindfs", &arguments, &front);
    let profile = File::new(&path).profile();
    assert!(profile.heartbeat <= Duration::from_secs(2), "{profile:?}");

    let mut rig = Rig::poll(File::new(&path));
    rig.load().await.unwrap();
    let mut expected = vec!["lon".to_owned()];
    for round in 0..5 {
        for text in ["a longer text", "short", "equal", "l"] {
            let text = format!("{text} {round}");
            // So that the kernel has the old size at hand.
            fs::metadata(&path).unwrap();
            write(behind.join("c"), &text);
            rig.load().await.unwrap();
            assert_eq!(rig.current.as_ref(), Some(&text));
            expected.push(text);
        }
    }
    assert_eq!(rig.texts(), expected);
    let last = expected.last().unwrap();
    a_service_finds(&path, last, |text| write(behind.join("c"), text)).await;

    // Changes by this machine are reported.
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        write(&path, text);
        rig.expect(text).await;
    }
}

/// Without hints, in the heartbeat of the file system, even though a new watch is not trusted for a minute.
async fn a_service_finds(path: &Path, before: &str, change: impl Fn(&str)) {
    let (live, control) = ReloaderService::builder(File::new(path).decode(TextDecoder))
        .hybrid()
        .start()
        .await
        .unwrap();
    assert_eq!(*live.load(), before);
    let mut changes = live.subscribe();
    for text in ["a longer one behind its back", "short"] {
        change(text);
        let now = timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
        assert_eq!(*now, text);
    }
    control.stop().await;
}

#[test]
fn heartbeat_follows_the_mounts() {
    if !is_ours("heartbeat_follows_the_mounts") {
        return;
    }
    let world = World::new();
    let folder = world.folder("with a space");
    let heartbeat = || File::new(folder.join("c")).profile().heartbeat;
    mount(&["-t", "tmpfs", "none"], &folder);
    assert_eq!(heartbeat(), Duration::from_secs(60));
    mount(&["-t", "sysfs", "none"], &folder);
    assert_eq!(heartbeat(), Duration::from_secs(5));
}
