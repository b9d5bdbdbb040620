//! Changes of the files of a directory: each is seen, with few files and with many.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hot_reload::source::files::Files;
use tokio::time::sleep;

use super::dir;
use crate::file::{TextDecoder, World, write};
use crate::many::{ManyRig, Texts, texts};

#[tokio::test]
async fn added_changed_renamed_and_removed_files_are_followed() {
    let world = World::new();
    world.folder("d");
    let mut rig = ManyRig::watch(dir(&world)).await;
    rig.expect(&[]).await;
    write(world.path("d/a"), "one");
    rig.expect(&[("a", "one")]).await;
    world.file("draft", "two");
    fs::rename(world.path("draft"), world.path("d/b")).unwrap();
    rig.expect(&[("a", "one"), ("b", "two")]).await;
    write(world.path("d/a"), "in place");
    rig.expect(&[("a", "in place"), ("b", "two")]).await;
    world.file("draft", "replaced");
    fs::rename(world.path("draft"), world.path("d/b")).unwrap();
    rig.expect(&[("a", "in place"), ("b", "replaced")]).await;
    fs::rename(world.path("d/a"), world.path("d/c")).unwrap();
    rig.expect(&[("b", "replaced"), ("c", "in place")]).await;
    fs::remove_file(world.path("d/b")).unwrap();
    rig.expect(&[("c", "in place")]).await;
    fs::remove_file(world.path("d/c")).unwrap();
    rig.expect(&[]).await;
    rig.settle().await;
    assert_eq!(rig.published.len(), 8, "{:?}", rig.published);
}

#[tokio::test]
async fn files_are_ordered_by_bytes_of_their_names() {
    let world = World::new();
    for name in ["b", "a-x", "a/x", "B", "10", "9"] {
        let path = world.path("d").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(path, name);
    }
    let names = |files: &Files| {
        let names = files.iter().map(|file| file.path().display().to_string());
        Ok(names.collect::<Vec<_>>())
    };
    let mut rig = ManyRig::poll(dir(&world).recursive(1).decode_files(names));
    rig.load().await.unwrap();
    assert_eq!(
        rig.current.unwrap(),
        ["10", "9", "B", "a-x", "a/x", "b"].map(str::to_owned)
    );
}

#[tokio::test]
async fn file_briefly_moved_away_by_an_editor_is_not_missed() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "one");
    world.file("d/b", "b");
    let mut rig = ManyRig::watch(dir(&world)).await;
    for text in ["two", "three"] {
        fs::rename(world.path("d/a"), world.path("d/a~")).unwrap();
        sleep(Duration::from_millis(20)).await;
        write(world.path("d/a"), text);
        fs::remove_file(world.path("d/a~")).unwrap();
        rig.expect(&[("a", text), ("b", "b")]).await;
    }
    rig.settle().await;
    assert_eq!(rig.published.len(), 3, "{:?}", rig.published);
}

#[tokio::test]
async fn thousand_files_are_one_value_and_each_change_is_seen() {
    let world = World::new();
    world.folder("d");
    for number in 0..1000 {
        world.file(&format!("d/{number:04}"), "old");
    }
    let mut rig = ManyRig::watch(dir(&world)).await;
    assert_eq!(rig.current.as_ref().unwrap().len(), 1000);
    for number in [0, 499, 999] {
        let name = format!("{number:04}");
        world.rename_into(&format!("d/{name}"), "new");
        rig.until(
            |rig| rig.current.as_ref().unwrap()[Path::new(&name)] == "new",
            &name,
        )
        .await;
    }
    for number in 0..1000 {
        world.rename_into(&format!("d/{number:04}"), "all");
    }
    let all = |rig: &ManyRig<_>| {
        let files: &Texts = rig.current.as_ref().unwrap();
        files.len() == 1000 && files.values().all(|text| text == "all")
    };
    rig.until(all, "all of them").await;
}

#[tokio::test]
async fn every_change_is_found_by_polling() {
    let world = World::new();
    let mut rig = ManyRig::poll(dir(&world).each(TextDecoder));
    rig.load().await.unwrap();
    assert_eq!(rig.current, None);
    world.folder("d");
    for text in ["one", "two", "six", ""] {
        write(world.path("d/a"), text);
        rig.load().await.unwrap();
        assert_eq!(rig.current, Some(texts(&[("a", text)])));
    }
    fs::rename(world.path("d/a"), world.path("d/b")).unwrap();
    rig.load().await.unwrap();
    assert_eq!(rig.current, Some(texts(&[("b", "")])));
    fs::remove_dir_all(world.path("d")).unwrap();
    rig.load().await.unwrap();
    assert_eq!(rig.current, None);
}
