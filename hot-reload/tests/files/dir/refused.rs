//! A directory that is rejected because of one file or of its size.

use std::fs;

use hot_reload::error::ErrorKind;
use hot_reload::source::{Dir, Toml};

use super::dir;
use crate::file::{TextDecoder, World, write};
use crate::many::ManyRig;

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct Db {
    port: u16,
}

#[tokio::test]
async fn bad_file_is_named_and_rejects_the_whole_directory() {
    let world = World::new();
    world.folder("conf.d");
    world.file("conf.d/10-db.toml", "port = 1\n");
    world.file("conf.d/20-cache.toml", "port = 2\n");
    let source = Dir::new(world.path("conf.d")).each(Toml::<Db>::new());
    let mut rig = ManyRig::watch_source(source).await;
    let good = rig.current.clone();
    write(world.path("conf.d/20-cache.toml"), "\nport = \"x\"\n");
    rig.expect_error("conf.d/20-cache.toml:2:8: port: expected u16")
        .await;
    let error = rig.error.clone().unwrap();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.revision().is_some());
    assert_eq!(rig.current, good);
    write(world.path("conf.d/20-cache.toml"), "port = 3\n");
    rig.until(|rig| rig.current != good, "the repair").await;
}

#[cfg(unix)]
#[tokio::test]
async fn directory_above_a_limit_is_rejected_once() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "12345");
    world.file("d/b", "12345");
    let limited = [
        (
            dir(&world).max_files(1),
            "d: it contains more than the limit of 1 files",
        ),
        (
            dir(&world).max_file_size(4),
            "d/a: it is larger than the limit of 4 bytes",
        ),
        (
            dir(&world).max_total_size(9),
            "d: its files have 10 bytes, and the limit for all is 9 bytes",
        ),
    ];
    for (dir, message) in limited {
        let mut rig = ManyRig::poll(dir.each(TextDecoder));
        let error = rig.load().await.unwrap_err();
        assert!(error.to_string().ends_with(message), "{error}");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        rig.load().await.unwrap();
        assert_eq!((rig.unchanged, &rig.current), (1, &None));
    }
    let mut rig = ManyRig::watch(dir(&world).max_files(1)).await;
    rig.expect_error("more than the limit").await;
    fs::remove_file(world.path("d/b")).unwrap();
    rig.expect(&[("a", "12345")]).await;
}

#[tokio::test]
async fn p12_emptied_file_of_several_is_named() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "1");
    world.file("d/b", "2");
    let mut rig = ManyRig::watch(dir(&world)).await;
    world.file("d/new", "");
    rig.expect(&[("a", "1"), ("b", "2"), ("new", "")]).await;
    assert!(rig.emptied.is_empty(), "nothing was there before");
    write(world.path("d/b"), "");
    rig.expect(&[("a", "1"), ("b", ""), ("new", "")]).await;
    let name = world.path("d/b").display().to_string();
    assert_eq!(rig.emptied, [Some(name)]);
    write(world.path("d/a"), "");
    rig.expect(&[("a", ""), ("b", ""), ("new", "")]).await;
    assert_eq!(rig.emptied.last(), Some(&None), "all of them");

    let source = dir(&world).empty_is_content(true).each(TextDecoder);
    let mut rig = ManyRig::watch_source(source).await;
    for text in ["3", ""] {
        write(world.path("d/a"), text);
        rig.expect(&[("a", text), ("b", ""), ("new", "")]).await;
    }
    assert!(rig.emptied.is_empty());
}

#[tokio::test]
async fn p03_folder_in_a_refused_listing_hints_when_it_changes() {
    let world = World::new();
    world.folder("d/sub");
    world.file("d/a", "1");
    world.file("d/sub/b", "2");
    let source = dir(&world).recursive(1).max_files(1).each(TextDecoder);
    let mut rig = ManyRig::watch_source(source).await;
    assert!(rig.error.is_some());
    fs::remove_file(world.path("d/sub/b")).unwrap();
    rig.until(|rig| rig.current.is_some(), "a file less").await;
}
