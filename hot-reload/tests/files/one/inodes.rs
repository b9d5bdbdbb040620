//! Names and inodes: files that swap names, have no name at first, or are written to after their replacement.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, linkat, openat, renameat_with};
use tokio::time::sleep;

use crate::file::{Rig, World, write};

#[tokio::test]
async fn t29_backup_by_hard_link_does_not_keep_the_old_file_watched() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    fs::hard_link(&path, world.path("c.old")).unwrap();
    world.rename_into("c", "two");
    rig.expect("two").await;
    rig.settle().await;
    let loads = rig.loads;
    write(world.path("c.old"), "not this one");
    rig.settle().await;
    assert_eq!(rig.loads, loads, "the old file is nobody's business");
    world.rename_into("c", "three");
    rig.expect("three").await;
    assert_eq!(rig.texts(), ["one", "two", "three"]);
}

#[tokio::test]
async fn t30_write_through_another_hard_link_is_seen() {
    let world = World::new();
    let path = world.file("c", "one");
    world.folder("elsewhere");
    fs::hard_link(&path, world.path("elsewhere/same")).unwrap();
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three", "four"] {
        write(world.path("elsewhere/same"), text);
        rig.expect(text).await;
    }
}

#[tokio::test]
async fn t54_writes_to_the_replaced_file_are_ignored() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    let mut stale = OpenOptions::new().append(true).open(&path).unwrap();
    world.rename_into("c", "two");
    rig.expect("two").await;
    for _ in 0..20 {
        stale.write_all(b"not this one").unwrap();
        sleep(Duration::from_millis(5)).await;
    }
    drop(stale);
    rig.settle().await;
    assert_eq!((rig.contents, rig.texts()), (2, vec!["one", "two"]));
    world.rename_into("c", "three");
    rig.expect("three").await;
}

#[tokio::test]
async fn t55_two_files_that_swap_names_leave_no_gap() {
    let world = World::new();
    let path = world.file("c", "0");
    let mut rig = Rig::watch(&path).await;
    for number in 1..=50 {
        let text = number.to_string();
        let other = world.file("other", &text);
        renameat_with(CWD, &other, CWD, &path, RenameFlags::EXCHANGE).unwrap();
        rig.expect(&text).await;
        // The one that was replaced is written next, under its new name.
        assert_eq!(
            fs::read_to_string(&other).unwrap(),
            (number - 1).to_string()
        );
    }
    rig.settle().await;
    assert!(!rig.published.contains(&None), "it was taken for removed");
    assert_eq!(rig.published.len(), 51);
    assert_eq!(rig.failures, 0);
}

#[tokio::test]
async fn t56_unnamed_file_is_seen_when_it_gets_a_name() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    for text in ["one", "two", "three"] {
        rig.expect_absent().await;
        let mut file = nameless(&world);
        file.write_all(text.as_bytes()).unwrap();
        give_name(&file.into(), &path);
        rig.expect(text).await;
        fs::remove_file(&path).unwrap();
    }
}

/// No close follows the link, so only the event of the new name reports it.
#[tokio::test]
async fn t56_file_closed_before_it_gets_a_name_is_seen() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    for text in ["one", "two", "three"] {
        rig.expect_absent().await;
        let mut file = nameless(&world);
        file.write_all(text.as_bytes()).unwrap();
        let keeper = fs::File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
        drop(file);
        give_name(&keeper.into(), &path);
        rig.expect(text).await;
        fs::remove_file(&path).unwrap();
    }
}

fn nameless(world: &World) -> fs::File {
    let flags = OFlags::TMPFILE | OFlags::WRONLY;
    let mode = Mode::RUSR | Mode::WUSR;
    openat(CWD, world.path(""), flags, mode).unwrap().into()
}

fn give_name(file: &OwnedFd, path: &std::path::Path) {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, name, CWD, path, AtFlags::SYMLINK_FOLLOW).unwrap();
}

#[tokio::test]
async fn t56_finished_file_linked_into_place_is_seen() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    rig.expect_absent().await;
    write(world.path("draft"), "one");
    fs::hard_link(world.path("draft"), &path).unwrap();
    rig.expect("one").await;
}
