//! Changes of the parent folders of a file: the watch follows the path.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use super::versions::Dice;
use crate::file::{Rig, World, write};

#[tokio::test]
async fn t23_folder_removed_and_recreated_at_once_is_followed() {
    let world = World::new();
    world.folder("d");
    let path = world.file("d/c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three", "four"] {
        fs::remove_dir_all(world.path("d")).unwrap();
        world.folder("d");
        write(&path, text);
        rig.expect(text).await;
        write(&path, "in place");
        rig.expect("in place").await;
    }
}

#[tokio::test]
async fn t23_folder_removed_for_a_while_is_followed() {
    let world = World::new();
    world.folder("a/b");
    let path = world.file("a/b/c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        fs::remove_dir_all(world.path("a")).unwrap();
        rig.expect_absent().await;
        world.folder("a/b");
        write(&path, text);
        rig.expect(text).await;
        write(&path, "in place");
        rig.expect("in place").await;
    }
}

#[tokio::test]
async fn t24_replaced_folder_moves_the_watch() {
    let world = World::new();
    world.folder("d");
    let path = world.file("d/c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three", "four"] {
        world.folder("d2");
        world.file("d2/c", text);
        let gone = format!("gone before {text}");
        fs::rename(world.path("d"), world.path(&gone)).unwrap();
        fs::rename(world.path("d2"), world.path("d")).unwrap();
        rig.expect(text).await;
        rig.settle().await;
        let loads = rig.loads;
        write(world.path(&gone).join("c"), "not this one");
        rig.settle().await;
        assert_eq!(rig.loads, loads, "the old folder is nobody's business");
    }
    write(&path, "in place");
    rig.expect("in place").await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four", "in place"]);
}

#[tokio::test]
async fn t25_folder_that_is_recreated_many_times_is_followed() {
    let world = World::new();
    world.folder("d");
    let path = world.file("d/c", "0");
    let mut rig = Rig::watch(&path).await;
    let mut dice = Dice::new();
    for round in 1..=5 {
        let last = (round * 20).to_string();
        let (folder, path) = (world.path("d"), path.clone());
        let numbers = (round - 1) * 20 + 1..=round * 20;
        let pauses: Vec<_> = numbers
            .map(|number| {
                (
                    number,
                    [(); 3].map(|()| dice.pause(Duration::from_millis(20))),
                )
            })
            .collect();
        let writer = tokio::spawn(async move {
            for (number, [first, second, third]) in pauses {
                fs::remove_dir_all(&folder).unwrap();
                sleep(first).await;
                fs::create_dir(&folder).unwrap();
                sleep(second).await;
                write(&path, &number.to_string());
                sleep(third).await;
            }
        });
        rig.expect(&last).await;
        writer.await.unwrap();
    }
    rig.settle().await;
    let seen: Vec<u32> = rig
        .texts()
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(rig.failures, 0);
    assert_eq!(rig.current.as_deref(), Some("100"));
}

#[tokio::test]
async fn t26_replaced_parent_folder_moves_the_watch() {
    let world = World::new();
    world.folder("base/a/b");
    let path = world.file("base/a/b/c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three", "four"] {
        world.folder("next/a/b");
        world.file("next/a/b/c", text);
        let gone = format!("gone before {text}");
        fs::rename(world.path("base"), world.path(&gone)).unwrap();
        fs::rename(world.path("next"), world.path("base")).unwrap();
        rig.expect(text).await;
        rig.settle().await;
        let loads = rig.loads;
        write(world.path(&gone).join("a/b/c"), "not this one");
        rig.settle().await;
        assert_eq!(rig.loads, loads, "the old folder is nobody's business");
        world.rename_into("base/a/b/c", "renamed");
        rig.expect("renamed").await;
    }
}

#[tokio::test]
async fn t27_p03_file_created_with_all_its_folders_is_seen() {
    let world = World::new();
    for number in 0..200 {
        let path = world.path(&format!("{number}/x/y/z/c"));
        let mut rig = Rig::watch(&path).await;
        rig.expect_absent().await;
        let (folder, text) = (format!("{number}/x/y/z"), number.to_string());
        // The first folder is there already in every other round.
        if number % 2 == 0 {
            world.folder(&number.to_string());
        }
        world.folder(&folder);
        write(&path, &text);
        rig.expect(&text).await;
        world.rename_into(&format!("{folder}/c"), "renamed");
        rig.expect("renamed").await;
        assert_eq!(rig.texts(), [&text, "renamed"]);
        assert_eq!(rig.failures, 0);
    }
}

/// The folders are made while the walk along them is under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t27_p03_file_created_while_the_watch_opens_is_seen() {
    let world = World::new();
    let mut dice = Dice::new();
    for number in 0..200 {
        let (folder, text) = (world.path(&format!("{number}/x/y/z")), number.to_string());
        let path = folder.join("c");
        let pause = dice.pause(Duration::from_millis(2));
        let writer = tokio::spawn({
            let (path, text) = (path.clone(), text.clone());
            async move {
                sleep(pause).await;
                fs::create_dir_all(folder).unwrap();
                write(path, &text);
            }
        });
        let mut rig = Rig::watch(&path).await;
        rig.expect(&text).await;
        writer.await.unwrap();
        assert_eq!(rig.texts(), [&text]);
    }
}
