//! The portable backend on Linux: the same files, the same promises.

use std::fs;

use hot_reload::source::File;
use hot_reload::source::file::FileEvents;

use crate::file::{Rig, World, write};

async fn watch(world: &World, name: &str) -> Rig {
    Rig::watch_source(File::new(world.path(name)).events(FileEvents::Notify)).await
}

#[tokio::test]
async fn writes_and_renames_are_seen() {
    let world = World::new();
    world.file("c", "one");
    let mut rig = watch(&world, "c").await;
    for text in ["two", "three"] {
        write(world.path("c"), text);
        rig.expect(text).await;
        world.rename_into("c", "renamed");
        rig.expect("renamed").await;
    }
}

#[tokio::test]
async fn file_removed_and_recreated_is_followed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = watch(&world, "c").await;
    for text in ["two", "three"] {
        fs::remove_file(&path).unwrap();
        rig.expect_absent().await;
        write(&path, text);
        rig.expect(text).await;
    }
}

#[tokio::test]
async fn removed_and_recreated_folders_are_followed() {
    let world = World::new();
    let mut rig = watch(&world, "a/b/c").await;
    rig.expect_absent().await;
    for text in ["one", "two", "three"] {
        world.folder("a/b");
        world.file("a/b/c", text);
        rig.expect(text).await;
        write(world.path("a/b/c"), "in place");
        rig.expect("in place").await;
        fs::remove_dir_all(world.path("a")).unwrap();
        rig.expect_absent().await;
    }
}

#[tokio::test]
async fn swapped_folder_moves_the_watch() {
    let world = World::new();
    world.folder("a");
    world.file("a/c", "one");
    let mut rig = watch(&world, "a/c").await;
    for text in ["two", "three"] {
        world.folder("next");
        world.file("next/c", text);
        fs::rename(world.path("a"), world.path(&format!("before {text}"))).unwrap();
        fs::rename(world.path("next"), world.path("a")).unwrap();
        rig.expect(text).await;
        write(world.path("a/c"), "in place");
        rig.expect("in place").await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn config_map_is_followed_through_its_generations() {
    let world = World::new();
    let generation = |number: usize| {
        world.folder(&format!("..{number}"));
        world.file(&format!("..{number}/c"), &format!("generation {number}"));
        world.relink("..data", format!("..{number}"));
        if number > 0 {
            fs::remove_dir_all(world.path(&format!("..{}", number - 1))).unwrap();
        }
    };
    generation(0);
    world.relink("c", "..data/c");
    let mut rig = watch(&world, "c").await;
    for number in 1..=4 {
        generation(number);
        rig.expect(&format!("generation {number}")).await;
    }
}
