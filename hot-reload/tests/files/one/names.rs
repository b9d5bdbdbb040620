//! Changes of the name of a file, and unusual names.

use std::fs;

use hot_reload::source::WatchProfile;
use hot_reload::source::{File, Source};

use crate::alone::is_alone;
use crate::file::{Rig, World, write};

#[tokio::test]
async fn file_removed_and_recreated_is_followed() {
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
async fn absent_file_is_seen_when_created() {
    let world = World::new();
    let path = world.path("c");
    let mut rig = Rig::watch(&path).await;
    rig.expect_absent().await;
    write(&path, "one");
    rig.expect("one").await;
}

#[tokio::test]
async fn t38_name_that_becomes_a_folder_and_a_file_again_is_followed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        let before = rig.current.clone();
        // In one step, so that there is no moment without either.
        let folder = world.folder("d");
        let swapped = swap(&folder, &path);
        rig.expect_error("is a directory").await;
        if swapped {
            assert_eq!(rig.current, before, "an error is no removal");
        }
        fs::remove_dir(&path).unwrap();
        write(&path, text);
        rig.expect(text).await;
    }
}

/// Puts a folder where the file was. True if there was something all the time.
#[cfg(target_os = "linux")]
fn swap(folder: &std::path::Path, path: &std::path::Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, folder, CWD, path, RenameFlags::EXCHANGE).unwrap();
    fs::remove_file(folder).unwrap();
    true
}

#[cfg(not(target_os = "linux"))]
fn swap(folder: &std::path::Path, path: &std::path::Path) -> bool {
    fs::remove_file(path).unwrap();
    fs::rename(folder, path).unwrap();
    false
}

#[tokio::test]
async fn t38_name_that_is_briefly_a_folder_is_followed() {
    let world = World::new();
    let path = world.file("c", "0");
    let mut rig = Rig::watch(&path).await;
    for number in 1..=50 {
        let text = number.to_string();
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::remove_dir(&path).unwrap();
        write(&path, &text);
        rig.expect(&text).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn t57_long_or_unusual_name_is_a_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let longest = [b'n'; 255];
    let names: [&[u8]; 5] = [
        &longest,
        b"new\nline",
        b"no unicode \xff\xfe",
        "ümläut ☃".as_bytes(),
        b" ",
    ];
    for name in names {
        let path = world.path("").join(OsStr::from_bytes(name));
        write(&path, "one");
        let mut rig = Rig::watch(&path).await;
        for text in ["two", "three"] {
            fs::rename(world.file("draft", text), &path).unwrap();
            rig.expect(text).await;
            write(&path, "in place");
            rig.expect("in place").await;
        }
        rig.settle().await;
        let expected = ["one", "two", "in place", "three", "in place"];
        assert_eq!(rig.texts(), expected, "{path:?}");
    }
}

#[tokio::test]
async fn t58_relative_path_is_resolved_from_the_working_directory() {
    const NAME: &str = "t58_relative_path_is_resolved_from_the_working_directory";
    if !is_alone(NAME) {
        return;
    }
    let world = World::new();
    world.folder("here");
    world.folder("there");
    world.file("here/c", "one");
    world.file("there/c", "not this one");
    std::env::set_current_dir(world.path("here")).unwrap();
    let mut rig = Rig::watch("c").await;
    let mut polled = Rig::poll(File::new("./c"));
    std::env::set_current_dir(world.path("there")).unwrap();
    for text in ["two", "three"] {
        world.rename_into("here/c", text);
        rig.expect(text).await;
        polled.load().await.unwrap();
        assert_eq!(polled.current.as_deref(), Some(text));
        write(world.path("here/c"), "in place");
        rig.expect("in place").await;
    }
    write(world.path("there/c"), "nor this one");
    rig.settle().await;
    assert_eq!(rig.current.as_deref(), Some("in place"));
    std::env::set_current_dir(std::env::temp_dir()).unwrap();
}

#[test]
fn path_is_absolute_and_keeps_its_links_and_name() {
    let file = File::new("some/../c.toml");
    assert!(file.path().is_absolute());
    assert!(file.path().ends_with("some/../c.toml"));
    assert_eq!(file.name(), "some/../c.toml");
    assert_eq!(file.profile().debounce, WatchProfile::local().debounce);
    assert_eq!(format!("{file:?}"), r#"File("some/../c.toml")"#);
}
