//! File systems with coarse timestamps: one counts whole seconds, and reuses the inode number of a removed file. No other
//! program uses them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hot_reload::source::File;
use tokio::time::sleep;

use crate::file::{Rig, World, write};
use crate::namespace::{Mounted, has, has_loop_devices, is_ours};

/// Whether this process may make such a file system.
fn can_make(test: &str) -> bool {
    has("mkfs.ext4", test) && has_loop_devices(test) && is_ours(test)
}

/// Mounts a new ext4 with inodes of this size here, until it is dropped.
fn make(world: &World, inode_size: &str, folder: &Path) -> Mounted {
    let image = world.path("image");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    let output = Command::new("mkfs.ext4")
        .args(["-q", "-I", inode_size])
        .arg(&image)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    Mounted::by("mount", &["-o", "loop", image.to_str().unwrap()], folder)
}

/// The metadata that a poll sees.
fn stamp(path: &Path) -> (u64, u64, i64, i64, i64, i64) {
    let data = fs::metadata(path).unwrap();
    let (modified, changed) = (data.mtime_nsec(), data.ctime_nsec());
    (
        data.ino(),
        data.size(),
        data.mtime(),
        modified,
        data.ctime(),
        changed,
    )
}

#[tokio::test]
async fn t28_file_recreated_with_the_same_inode_number_is_seen() {
    if !can_make("coarse::t28_file_recreated_with_the_same_inode_number_is_seen") {
        return;
    }
    let world = World::new();
    for inode_size in ["256", "128"] {
        let folder = world.folder(inode_size);
        let _mounted = make(&world, inode_size, &folder);
        let path = folder.join("c");
        write(&path, "000");
        let number = fs::metadata(&path).unwrap().ino();
        let mut rig = Rig::watch(&path).await;
        for round in 1..=50 {
            let text = format!("{round:03}");
            fs::remove_file(&path).unwrap();
            write(&path, &text);
            assert_eq!(fs::metadata(&path).unwrap().ino(), number, "a new number");
            rig.expect(&text).await;
        }
        rig.settle().await;
        assert_eq!(rig.texts().len(), 51);
        fs::remove_file(world.path("image")).unwrap();
    }
}

#[tokio::test]
async fn t34_polling_sees_each_of_many_rewrites_in_a_second() {
    if !can_make("coarse::t34_polling_sees_each_of_many_rewrites_in_a_second") {
        return;
    }
    let world = World::new();
    let folder = world.folder("coarse");
    let _mounted = make(&world, "128", &folder);
    let rewrites: [fn(&Path, &str); 3] = [
        |path, text| write(path, text),
        |path, text| {
            fs::remove_file(path).unwrap();
            write(path, text);
        },
        |path, text| {
            write(path.with_extension("draft"), text);
            fs::rename(path.with_extension("draft"), path).unwrap();
        },
    ];
    let mut same = 0;
    let mut rewritten = Vec::new();
    for (number, rewrite) in rewrites.into_iter().enumerate() {
        let path = folder.join(format!("c{number}"));
        write(&path, "first");
        let mut rig = Rig::poll(File::new(&path));
        rig.load().await.unwrap();
        for round in 0..10 {
            let (text, before) = (format!("{round:05}"), stamp(&path));
            rewrite(&path, &text);
            same += u32::from(stamp(&path) == before);
            sleep(Duration::from_millis(50)).await;
            rig.load().await.unwrap();
            assert_eq!(rig.current.as_deref(), Some(&*text));
        }
        // The last write is in the same second as the last load, and the next load is much later.
        rewrite(&path, "final");
        rewritten.push(rig);
    }
    sleep(Duration::from_secs(3)).await;
    for mut rig in rewritten {
        rig.load().await.unwrap();
        assert_eq!(rig.current.as_deref(), Some("final"));
    }
    assert!(same > 0, "here only the content distinguishes two rewrites");
}

#[tokio::test]
async fn t35_rewrite_right_after_a_load_is_found_with_a_coarse_clock() {
    if !can_make("coarse::t35_rewrite_right_after_a_load_is_found_with_a_coarse_clock") {
        return;
    }
    let world = World::new();
    let folder = world.folder("coarse");
    let _mounted = make(&world, "128", &folder);
    let path = folder.join("c");
    let mut rig = Rig::poll(File::new(&path));
    for number in 0..1000 {
        let text = format!("{number:04}");
        write(&path, &text);
        rig.load().await.unwrap();
        assert_eq!(rig.current.as_deref(), Some(&*text));
    }
    assert_eq!(rig.published.len(), 1000);
}
