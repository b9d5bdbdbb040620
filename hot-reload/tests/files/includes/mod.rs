//! Files that a decoder includes: real files, through the traits and through services.

mod bounds;
mod sources;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::source::files::{DecodeFiles, DecodedFiles, Files, Part};
use hot_reload::source::{Decode, Dir, Fetched, File, Group, HintSender, Source, Subscription};
use hot_reload::{Error, Reload, ReloaderService, Revision};
use tokio::time::timeout;

use crate::file::{DEADLINE, World, write};
use crate::many::ManyRig;

/// The lines of a file. `include FILE` and `all PATTERN` stand for the lines of other files.
fn lines(part: &Part) -> Result<Vec<String>, Error> {
    let text = std::str::from_utf8(part.bytes()).map_err(|error| part.refuse(error))?;
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("include ") {
            all.extend(lines(&part.include(path)?)?);
        } else if let Some(pattern) = line.strip_prefix("all ") {
            for part in part.include_glob(pattern)? {
                all.extend(lines(&part)?);
            }
        } else if line == "bad" {
            return Err(part.refuse("is bad"));
        } else {
            all.push(line.to_owned());
        }
    }
    Ok(all)
}

fn of_all(files: &Files) -> Result<Vec<String>, Error> {
    let all: Result<Vec<_>, _> = files.iter().map(lines).collect();
    Ok(all?.concat())
}

type Lines = DecodedFiles<fn(&Files) -> Result<Vec<String>, Error>>;

fn file(world: &World) -> Lines {
    File::new(world.path("main")).decode_files(of_all)
}

async fn expect<D: DecodeFiles<Value = Vec<String>>>(rig: &mut ManyRig<D>, lines: &[&str]) {
    let what = format!("{lines:?}");
    rig.until(
        |rig| rig.error.is_none() && rig.current.as_ref().is_some_and(|now| now == lines),
        &what,
    )
    .await;
}

#[tokio::test]
async fn included_file_is_read_and_watched_like_the_source() {
    let world = World::new();
    world.file("main", "a\ninclude below/part\nz");
    world.folder("below");
    // Relative to itself, and nested.
    world.file("below/part", "b\ninclude inner");
    world.file("below/inner", "c");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone().unwrap(), ["a", "b", "c", "z"]);
    world.rename_into("below/inner", "d");
    expect(&mut rig, &["a", "b", "d", "z"]).await;
    write(world.path("below/part"), "e");
    expect(&mut rig, &["a", "e", "z"]).await;
    write(world.path("main"), "f\ninclude below/inner");
    expect(&mut rig, &["f", "d"]).await;
    rig.settle().await;
    let unchanged = rig.unchanged;
    rig.load().await.unwrap();
    assert_eq!(rig.unchanged, unchanged + 1);
}

/// An idle source takes the stamps of its files, and reads none.
#[tokio::test]
async fn p15_unchanged_includes_are_not_read_again() {
    let world = World::new();
    world.file("main", "include part\nall conf.d/*");
    world.file("part", "1");
    world.folder("conf.d");
    world.file("conf.d/x", "2");
    let source = file(&world);
    let mut rig = ManyRig::watch_source(source.clone()).await;
    rig.settle().await;
    rig.load().await.unwrap();
    let reads = || source.source_status().unwrap().counter("reads");
    let (before, unchanged) = (reads(), rig.unchanged);
    assert!(before >= Some(2));
    for _ in 0..20 {
        rig.load().await.unwrap();
    }
    assert_eq!((reads(), rig.unchanged), (before, unchanged + 20));
    // Only names that match are worth a load.
    let loads = rig.loads;
    world.file("conf.d/.x.swp", "3");
    rig.settle().await;
    assert_eq!(rig.loads, loads);
}

/// A load that fails reads fewer files. The next one must watch all of them again.
#[tokio::test]
async fn p04_pattern_is_watched_again_after_a_failed_load() {
    let world = World::new();
    world.file("main", "include part\nall conf.d/*");
    world.file("part", "1");
    world.folder("conf.d");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone().unwrap(), ["1"]);
    rig.settle().await;
    fs::remove_file(world.path("part")).unwrap();
    fs::create_dir(world.path("part")).unwrap();
    let error = rig.load().await.unwrap_err();
    assert!(error.revision().is_none(), "{error}");
    fs::remove_dir(world.path("part")).unwrap();
    world.file("part", "1");
    let unchanged = rig.unchanged;
    rig.load().await.unwrap();
    assert_eq!(rig.unchanged, unchanged + 1);
    rig.settle().await;
    world.file("conf.d/x", "2");
    expect(&mut rig, &["1", "2"]).await;
}

#[tokio::test]
async fn missing_include_names_both_files_and_is_awaited() {
    let world = World::new();
    world.file("main", "a\ninclude below/part");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    let error = rig.error.clone().unwrap();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let name = |name: &str| world.path(name).display().to_string();
    let text = format!(
        "{}: includes {}, which does not exist",
        name("main"),
        name("below/part")
    );
    assert_eq!(error.to_string(), text);
    rig.settle().await;
    // The same state is refused once.
    rig.load().await.unwrap();
    world.folder("below");
    world.file("below/part", "b");
    expect(&mut rig, &["a", "b"]).await;
    fs::remove_file(world.path("below/part")).unwrap();
    rig.expect_error("which does not exist").await;
    assert_eq!(rig.current.clone().unwrap(), ["a", "b"]);
    world.file("below/part", "b");
    expect(&mut rig, &["a", "b"]).await;
}

#[tokio::test]
async fn bad_include_is_watched_until_it_is_fixed() {
    let world = World::new();
    world.file("main", "include part\ninclude next");
    world.file("part", "bad");
    world.file("next", "n");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert!(
        rig.error
            .take()
            .unwrap()
            .to_string()
            .ends_with("part: is bad")
    );
    world.rename_into("part", "good");
    expect(&mut rig, &["good", "n"]).await;
    world.rename_into("part", "bad");
    rig.expect_error("part: is bad").await;
    fs::remove_file(world.path("part")).unwrap();
    fs::create_dir(world.path("part")).unwrap();
    rig.expect_error("part: it is a directory").await;
    // The source need not include it.
    world.rename_into("main", "include next");
    expect(&mut rig, &["n"]).await;
}

#[tokio::test]
async fn replaced_include_is_never_seen_as_absent() {
    let world = World::new();
    world.file("main", "include part");
    world.file("part", "0");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    for number in 1..=5 {
        fs::remove_file(world.path("part")).unwrap();
        let pause = Duration::from_millis(20);
        let _ = timeout(pause, rig.until(|_| false, "the pause")).await;
        let text = number.to_string();
        write(world.path("part"), &text);
        expect(&mut rig, &[&*text]).await;
        assert!(rig.error.is_none());
    }
    let count = rig.published.len();
    assert_eq!(count, 6, "{:?}", rig.published);
}

#[tokio::test]
async fn p12_emptied_include_is_reported_by_its_name() {
    let world = World::new();
    world.file("main", "a\ninclude part");
    world.file("part", "b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    write(world.path("part"), "");
    rig.until(|rig| !rig.emptied.is_empty(), "the report").await;
    let name = world.path("part").display().to_string();
    assert_eq!(rig.emptied, [Some(name)]);
}

#[tokio::test]
async fn p12_emptied_include_is_noticed_after_a_bad_source() {
    let world = World::new();
    world.file("main", "a\ninclude part");
    world.file("part", "b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    // Decoding fails before it includes anything, and so does a blank source.
    for text in ["bad\ninclude part", ""] {
        world.rename_into("main", text);
        let _ = rig.load().await;
    }
    let count = rig.emptied.len();
    write(world.path("part"), "");
    world.rename_into("main", "a\ninclude part");
    rig.until(|rig| rig.emptied.len() > count, "the report")
        .await;
    let name = world.path("part").display().to_string();
    assert_eq!(rig.emptied.last(), Some(&Some(name)));
}

#[tokio::test]
async fn p12_emptied_include_is_named_among_blank_ones() {
    let world = World::new();
    world.file("main", "a\ninclude blank\ninclude part");
    world.file("blank", "");
    world.file("part", "b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert!(rig.emptied.is_empty());
    write(world.path("part"), "");
    rig.until(|rig| !rig.emptied.is_empty(), "the report").await;
    let name = world.path("part").display().to_string();
    assert_eq!(rig.emptied, [Some(name)]);
}

#[tokio::test]
async fn pattern_gains_and_loses_files() {
    let world = World::new();
    world.file("main", "all conf.d/*.txt");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone(), Some(Vec::new()));
    world.folder("conf.d");
    world.file("conf.d/2.txt", "two");
    expect(&mut rig, &["two"]).await;
    world.rename_into("conf.d/1.txt", "one");
    expect(&mut rig, &["one", "two"]).await;
    world.file("conf.d/0.other", "none");
    world.file("conf.d/.3.txt", "none");
    world.rename_into("conf.d/3.txt", "three");
    expect(&mut rig, &["one", "two", "three"]).await;
    fs::remove_file(world.path("conf.d/2.txt")).unwrap();
    expect(&mut rig, &["one", "three"]).await;
    fs::remove_dir_all(world.path("conf.d")).unwrap();
    expect(&mut rig, &[]).await;
}

#[tokio::test]
async fn pattern_of_directories_finds_their_files() {
    let world = World::new();
    world.file("main", "all sites/*/site");
    for site in ["a", "b"] {
        world.folder(&format!("sites/{site}"));
    }
    world.file("sites/a/site", "a");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone().unwrap(), ["a"]);
    world.file("sites/b/site", "b");
    expect(&mut rig, &["a", "b"]).await;
    world.folder("sites/c");
    world.file("sites/c/site", "c");
    expect(&mut rig, &["a", "b", "c"]).await;
}
