//! A bind-mounted file: every program keeps seeing the mounted file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::file::{Rig, World, write};
use crate::namespace::{is_ours, mount, unmount};

/// As Kubernetes mounts a `subPath` of a ConfigMap.
#[tokio::test]
async fn t15_mounted_file_of_a_generation_stays_when_the_next_is_published() {
    const NAME: &str = "bound::t15_mounted_file_of_a_generation_stays_when_the_next_is_published";
    if !is_ours(NAME) {
        return;
    }
    let world = World::new();
    for number in 1..=2 {
        world.folder(&format!("..{number}"));
        world.file(&format!("..{number}/c"), &format!("generation {number}"));
    }
    world.relink("..data", "..1");
    let path = world.file("c", "");
    mount(&["--bind", world.path("..data/c").to_str().unwrap()], &path);
    let mut rig = Rig::watch(&path).await;
    rig.expect("generation 1").await;
    world.relink("..data", "..2");
    fs::remove_dir_all(world.path("..1")).unwrap();
    stays(&mut rig, &path, "generation 1").await;
    unmount(&[], &path);
    mount(&["--bind", world.path("..data/c").to_str().unwrap()], &path);
    rig.expect("generation 2").await;
    unmount(&[], &path);
}

#[tokio::test]
async fn t20_mounted_file_replaced_outside_keeps_its_content() {
    if !is_ours("bound::t20_mounted_file_replaced_outside_keeps_its_content") {
        return;
    }
    let world = World::new();
    let host = world.file("host", "one");
    let path = world.file("c", "");
    mount(&["--bind", host.to_str().unwrap()], &path);
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    // Still the mounted one.
    write(&host, "two");
    rig.expect("two").await;
    for text in ["three", "four"] {
        world.rename_into("host", text);
        stays(&mut rig, &path, "two").await;
    }
    unmount(&[], &path);
    mount(&["--bind", host.to_str().unwrap()], &path);
    rig.expect("four").await;
    unmount(&[], &path);
}

/// The mounted file has no name any more, and every program still reads it.
async fn stays(rig: &mut Rig, path: &Path, text: &str) {
    let contents = rig.contents;
    rig.settle().await;
    assert_eq!(fs::metadata(path).unwrap().nlink(), 0);
    rig.load().await.unwrap();
    assert_eq!(rig.current.as_deref(), Some(text));
    assert_eq!(rig.contents, contents);
    assert_eq!(rig.failures, 0);
}
