//! Changes of the watched directory and of its subdirectories.

use std::fs;

use hot_reload::source::Dir;

use super::dir;
use crate::file::{World, write};
use crate::many::{ManyRig, Texts};

#[tokio::test]
async fn absent_directory_has_no_content_and_is_seen_when_created() {
    let world = World::new();
    let mut rig = ManyRig::watch(Dir::new(world.path("x/y/d"))).await;
    rig.expect_absent().await;
    for text in ["one", "two"] {
        world.folder("x/y/d");
        write(world.path("x/y/d/a"), text);
        rig.expect(&[("a", text)]).await;
        fs::remove_dir_all(world.path("x")).unwrap();
        rig.expect_absent().await;
    }
}

#[tokio::test]
async fn swapped_directory_moves_the_watch() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "one");
    let mut rig = ManyRig::watch(dir(&world)).await;
    world.folder("next");
    world.file("next/a", "two");
    fs::rename(world.path("d"), world.path("gone")).unwrap();
    fs::rename(world.path("next"), world.path("d")).unwrap();
    rig.expect(&[("a", "two")]).await;
    rig.settle().await;
    let loads = rig.loads;
    write(world.path("gone/a"), "not this one");
    write(world.path("gone/b"), "nor this one");
    rig.settle().await;
    assert_eq!(rig.loads, loads, "the old directory is nobody's business");
    write(world.path("d/a"), "three");
    rig.expect(&[("a", "three")]).await;
}

#[tokio::test]
async fn path_that_is_no_directory_is_reported_until_it_is_one() {
    let world = World::new();
    world.file("d", "a file");
    let mut rig = ManyRig::watch(dir(&world)).await;
    rig.expect_error("d: it is not a directory").await;
    fs::remove_file(world.path("d")).unwrap();
    world.folder("d");
    world.file("d/a", "one");
    rig.expect(&[("a", "one")]).await;
}

#[tokio::test]
async fn subdirectories_are_read_down_to_the_limit() {
    let world = World::new();
    world.folder("d/1/2/3");
    for name in ["a", "1/b", "1/2/c", "1/2/3/e"] {
        world.file(&format!("d/{name}"), name);
    }
    for (depth, expected) in [(0, 1), (1, 2), (2, 3), (9, 4)] {
        let rig = ManyRig::watch(dir(&world).recursive(depth)).await;
        assert_eq!(rig.current.unwrap().len(), expected, "depth {depth}");
    }
    let mut rig = ManyRig::watch(dir(&world).recursive(2)).await;
    write(world.path("d/1/2/c"), "deep");
    rig.expect(&[("a", "a"), ("1/b", "1/b"), ("1/2/c", "deep")])
        .await;
    fs::remove_dir_all(world.path("d/1/2")).unwrap();
    rig.expect(&[("a", "a"), ("1/b", "1/b")]).await;
}

/// Five hundred times, a few in each directory, since every load reads the whole directory.
#[tokio::test]
async fn t49_directories_created_with_their_files_are_found() {
    for _ in 0..20 {
        let world = World::new();
        world.folder("d");
        let mut rig = ManyRig::watch(dir(&world).recursive(3)).await;
        for round in 0..25 {
            let path = world.path("d").join(format!("{round}/a/b"));
            let writer = std::thread::spawn(move || {
                fs::create_dir_all(&path).unwrap();
                write(path.join("c"), "whole");
            });
            let reached = |rig: &ManyRig<_>| {
                let files: &Texts = rig.current.as_ref().unwrap();
                files.len() == round + 1 && files.values().all(|text| text == "whole")
            };
            rig.until(reached, &format!("round {round}")).await;
            writer.join().unwrap();
        }
    }
}
