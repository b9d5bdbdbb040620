//! What happens to files, seen through the traits alone: real files, no service.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;

use std::fs;
use std::io::Write;
use std::time::Duration;

use hot_reload::source::File;
use hot_reload::{ErrorKind, WatchProfile};
use tokio::time::sleep;

use self::file::{Rig, World, write};

// ===== how a file is written =====

#[tokio::test]
async fn p05_a_write_in_place_is_seen_whole() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    for text in ["two", "three", "four"] {
        write(&path, text);
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn a_file_renamed_into_place_is_seen_every_time() {
    let world = World::new();
    let mut rig = Rig::watch(world.file("c", "one")).await;
    rig.expect("one").await;
    for text in ["two", "three", "four"] {
        world.rename_into("c", text);
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn the_last_of_many_renames_wins() {
    let world = World::new();
    let mut rig = Rig::watch(world.file("c", "0")).await;
    for number in 1..=300 {
        world.rename_into("c", &number.to_string());
    }
    rig.expect("300").await;
    rig.settle().await;
    assert_eq!(rig.current.as_deref(), Some("300"));
}

#[tokio::test]
async fn p05_a_file_emptied_and_then_written_is_never_seen_empty() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three", "four", "five"] {
        write(&path, "");
        sleep(Duration::from_millis(2)).await;
        write(&path, text);
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four", "five"]);
}

#[tokio::test]
async fn a_file_emptied_for_good_is_seen_empty() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    write(&path, "");
    rig.expect("").await;
}

#[tokio::test]
async fn an_editor_that_moves_the_old_file_away_first_is_followed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        fs::rename(&path, world.path("c~")).unwrap();
        write(&path, text);
        fs::remove_file(world.path("c~")).unwrap();
        rig.expect(text).await;
    }
}

/// Elsewhere nobody tells when a writer is done, and a pause of 100 ms passes for it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn p05_a_slow_writer_is_waited_for() {
    let world = World::new();
    let path = world.file("c", "old-old-old-old");
    let mut rig = Rig::watch(&path).await;
    for round in 0..2 {
        let whole = format!("{round}aaa{round}bbb{round}ccc{round}ddd");
        let (path, text) = (path.clone(), whole.clone());
        let writer = tokio::spawn(async move {
            let mut file = fs::File::create(path).unwrap();
            for chunk in text.as_bytes().chunks(4) {
                file.write_all(chunk).unwrap();
                sleep(Duration::from_millis(150)).await;
            }
        });
        rig.expect(&whole).await;
        writer.await.unwrap();
    }
    rig.settle().await;
    assert_eq!(rig.published.len(), 3, "torn: {:?}", rig.texts());
}

#[tokio::test]
async fn a_writer_that_never_closes_is_read_all_the_same() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    for text in ["one+", "one++"] {
        file.write_all(b"+").unwrap();
        rig.expect(text).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_write_through_another_hard_link_is_seen() {
    let world = World::new();
    let path = world.file("c", "one");
    world.folder("elsewhere");
    fs::hard_link(&path, world.path("elsewhere/same")).unwrap();
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        write(world.path("elsewhere/same"), text);
        rig.expect(text).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_finished_file_that_is_linked_into_place_is_seen() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    rig.expect_absent().await;
    write(world.path("draft"), "one");
    fs::hard_link(world.path("draft"), &path).unwrap();
    rig.expect("one").await;
}

#[tokio::test]
async fn a_backup_by_hard_link_does_not_keep_the_old_file_watched() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    fs::hard_link(&path, world.path("c.old")).unwrap();
    world.rename_into("c", "two");
    rig.expect("two").await;
    rig.settle().await;
    let looks = rig.looks;
    write(world.path("c.old"), "not this one");
    rig.settle().await;
    assert_eq!(rig.looks, looks, "the old file is nobody's business");
    world.rename_into("c", "three");
    rig.expect("three").await;
}

// ===== what happens to names =====

#[tokio::test]
async fn a_file_that_is_removed_and_made_again_is_followed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        fs::remove_file(&path).unwrap();
        rig.expect_absent().await;
        write(&path, text);
        rig.expect(text).await;
    }
}

#[tokio::test]
async fn a_folder_that_is_removed_and_made_again_is_followed() {
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
async fn a_folder_that_is_swapped_takes_the_watch_along() {
    let world = World::new();
    world.folder("a/b");
    let path = world.file("a/b/c", "one");
    let mut rig = Rig::watch(&path).await;
    world.folder("next/b");
    world.file("next/b/c", "two");
    fs::rename(world.path("a"), world.path("gone")).unwrap();
    fs::rename(world.path("next"), world.path("a")).unwrap();
    rig.expect("two").await;
    rig.settle().await;
    let looks = rig.looks;
    write(world.path("gone/b/c"), "not this one");
    rig.settle().await;
    assert_eq!(rig.looks, looks, "the old folder is nobody's business");
    write(&path, "three");
    rig.expect("three").await;
}

#[tokio::test]
async fn an_absent_file_is_seen_when_it_comes() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    rig.expect_absent().await;
    write(&path, "one");
    rig.expect("one").await;
}

#[tokio::test]
async fn a_file_below_absent_folders_is_seen_when_it_comes() {
    let world = World::new();
    let path = world.path("x/y/z/c");
    let mut rig = Rig::watch(&path).await;
    rig.expect_absent().await;
    world.folder("x/y/z");
    write(&path, "one");
    rig.expect("one").await;
    world.rename_into("x/y/z/c", "two");
    rig.expect("two").await;
}

#[tokio::test]
async fn a_name_that_becomes_a_folder_and_a_file_again_is_followed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    rig.expect_error("is a directory").await;
    fs::remove_dir(&path).unwrap();
    write(&path, "two");
    rig.expect("two").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_exotic_name_is_a_name() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let name = std::ffi::OsStr::from_bytes(b"new\nline\xff");
    let path = world.path("").join(name);
    write(&path, "one");
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    write(&path, "two");
    rig.expect("two").await;
}

// ===== links =====

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_is_pointed_elsewhere_is_followed() {
    let world = World::new();
    world.folder("v1");
    world.folder("v2");
    world.file("v1/c", "one");
    world.file("v2/c", "two");
    world.relink("c", "v1/c");
    let mut rig = Rig::watch(world.path("c")).await;
    rig.expect("one").await;
    world.relink("c", "v2/c");
    rig.expect("two").await;
    write(world.path("v2/c"), "in place");
    rig.expect("in place").await;
    world.rename_into("v2/c", "renamed");
    rig.expect("renamed").await;
    world.relink("c", "v1/c");
    rig.expect("one").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_config_map_is_followed_through_its_generations() {
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
    let mut rig = Rig::watch(world.path("c")).await;
    rig.expect("generation 0").await;
    for number in 1..=4 {
        generation(number);
        rig.expect(&format!("generation {number}")).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_in_a_linked_folder_is_seen_when_it_comes() {
    let world = World::new();
    world.folder("real");
    world.relink("folder", "real");
    let mut rig = Rig::watch(world.path("folder/c")).await;
    rig.expect_absent().await;
    write(world.path("real/c"), "one");
    rig.expect("one").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_dangling_link_is_seen_when_its_target_comes() {
    let world = World::new();
    world.folder("a");
    world.relink("c", "a/../b/./target");
    let mut rig = Rig::watch(world.path("c")).await;
    rig.expect_absent().await;
    world.folder("b");
    write(world.path("b/target"), "one");
    rig.expect("one").await;
}

#[cfg(unix)]
#[tokio::test]
async fn links_in_a_circle_are_an_error_and_no_hang() {
    let world = World::new();
    world.relink("a", "b");
    world.relink("b", "a");
    let mut rig = Rig::watch_failing(world.path("a")).await;
    rig.expect_error("symbolic links").await;
    fs::remove_file(world.path("b")).unwrap();
    write(world.path("b"), "one");
    rig.expect("one").await;
}

// ===== what is not published =====

#[cfg(unix)]
#[tokio::test]
async fn attributes_and_equal_content_are_no_news() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    rig.settle().await;
    write(&path, "one");
    rig.settle().await;
    world.rename_into("c", "one");
    rig.settle().await;
    assert!(rig.looks > 1);
    assert_eq!(rig.texts(), ["one"]);
}

#[tokio::test]
async fn p15_what_happens_to_other_files_and_by_reading_causes_no_look() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    rig.settle().await;
    let looks = rig.looks;
    for number in 0..50 {
        world.file("other", &number.to_string());
        fs::read(&path).unwrap();
    }
    rig.settle().await;
    assert_eq!(rig.looks, looks);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_no_file_is_refused_without_a_hang() {
    let world = World::new();
    world.folder("d");
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    rig.expect_absent().await;
    world.relink("c", world.path("d"));
    rig.expect_error("is a directory").await;
    rustix::fs::mknodat(
        rustix::fs::CWD,
        world.path("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    world.relink("c", world.path("fifo"));
    rig.expect_error("a pipe").await;
    world.relink("c", "/dev/zero");
    rig.expect_error("a device").await;
    assert_eq!(rig.last_error().kind(), ErrorKind::Unavailable);
    world.rename_into("c", "a file at last");
    rig.expect("a file at last").await;
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_once() {
    let world = World::new();
    let path = world.file("c", "1234567890");
    let mut rig = Rig::watch_source(File::new(&path).max_size(10)).await;
    rig.expect("1234567890").await;
    world.rename_into("c", "12345678901");
    rig.expect_error("larger than the limit of 10 bytes").await;
    let error = rig.last_error();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().starts_with(path.to_str().unwrap()));
    // As long as it is too fresh to be believed, it is read and refused again.
    while let Err(again) = rig.look().await {
        assert_eq!(again.revision(), error.revision());
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(rig.current.as_deref(), Some("1234567890"));
    world.rename_into("c", "fits");
    rig.expect("fits").await;
}

// ===== without a watch =====

#[tokio::test]
async fn every_change_is_found_by_asking_too() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::poll(File::new(&path));
    rig.look().await.unwrap();
    assert_eq!(rig.current, None);
    write(&path, "one");
    for text in ["one", "two", "six", ""] {
        write(&path, text);
        rig.look().await.unwrap();
        assert_eq!(rig.current.as_deref(), Some(text));
    }
    fs::remove_file(&path).unwrap();
    rig.look().await.unwrap();
    assert_eq!(rig.current, None);
}

#[cfg(unix)]
#[tokio::test]
async fn a_time_that_goes_back_is_a_change_too() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::poll(File::new(&path));
    rig.look().await.unwrap();
    let draft = world.file("draft", "old");
    let file = fs::File::options().write(true).open(&draft).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    fs::rename(&draft, &path).unwrap();
    rig.look().await.unwrap();
    assert_eq!(rig.current.as_deref(), Some("old"));
}

#[test]
fn a_path_is_absolute_and_keeps_its_links_and_its_name() {
    use hot_reload::source::Source;
    let file = File::new("some/../c.toml");
    assert!(file.path().is_absolute());
    assert!(file.path().ends_with("some/../c.toml"));
    assert_eq!(file.name(), "some/../c.toml");
    assert_eq!(file.profile().quiet, WatchProfile::local().quiet);
    assert_eq!(format!("{file:?}"), r#"File("some/../c.toml")"#);
}
