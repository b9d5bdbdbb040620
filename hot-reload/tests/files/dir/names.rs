//! The names in a directory that are read, and those that are ignored.

use std::fs;
use std::path::Path;

use hot_reload::source::Dir;

use crate::file::{World, write};
use crate::many::{ManyRig, texts};

fn dir(world: &World) -> Dir {
    Dir::new(world.path("d"))
}

#[cfg(unix)]
#[tokio::test]
async fn attributes_and_equal_content_are_no_change() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.folder("d");
    world.file("d/a", "one");
    let mut rig = ManyRig::watch(dir(&world)).await;
    fs::set_permissions(world.path("d/a"), fs::Permissions::from_mode(0o600)).unwrap();
    write(world.path("d/a"), "one");
    rig.settle().await;
    assert!(rig.loads > 1);
    assert_eq!(rig.published, [Some(texts(&[("a", "one")]))]);
}

#[tokio::test]
async fn patterns_select_names_and_an_option_hidden_ones() {
    let world = World::new();
    world.folder("d");
    for name in [
        "a.toml", "b.json", "c.txt", ".d.toml", "..e.toml", "f.toml~",
    ] {
        world.file(&format!("d/{name}"), name);
    }
    let chosen = dir(&world).matching("*.toml").matching("?.json");
    let rig = ManyRig::watch(chosen).await;
    let names: Vec<_> = rig.current.unwrap().into_values().collect();
    assert_eq!(names, ["a.toml", "b.json"]);
    let rig = ManyRig::watch(dir(&world).with_hidden().matching("*.toml*")).await;
    let names: Vec<_> = rig.current.unwrap().into_values().collect();
    assert_eq!(names, [".d.toml", "a.toml", "f.toml~"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn unusual_names_are_read() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    world.folder("d");
    let mut rig = ManyRig::watch(dir(&world)).await;
    let long = vec![b'x'; 255];
    for (count, name) in [&b"new\nline\xff"[..], b"caf\xe9", &long]
        .into_iter()
        .enumerate()
    {
        let name = std::ffi::OsStr::from_bytes(name);
        let path = world.path("d").join(name);
        for text in ["one", "two"] {
            write(&path, text);
            rig.until(
                |rig| {
                    let files = rig.current.as_ref().unwrap();
                    files.len() == count + 1
                        && files.get(Path::new(name)).is_some_and(|now| now == text)
                },
                "the file",
            )
            .await;
        }
    }
}

#[tokio::test]
async fn p15_excluded_names_cause_no_load() {
    let world = World::new();
    world.folder("d");
    world.file("d/a.toml", "one");
    let mut rig = ManyRig::watch(dir(&world).matching("*.toml")).await;
    rig.settle().await;
    let loads = rig.loads;
    for name in [
        ".a.swp", "a.toml~", "b.swp", "#a#", ".hidden", "..data", ".dir/x", "notes", "toml",
    ] {
        let path = world.path("d").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(&path, "dropping");
        fs::remove_file(path).unwrap();
    }
    rig.settle().await;
    assert_eq!(rig.loads, loads);
    world.file("d/b.toml", "two");
    rig.expect(&[("a.toml", "one"), ("b.toml", "two")]).await;
}

#[tokio::test]
async fn subdirectory_is_found_if_directories_are_read() {
    let world = World::new();
    world.folder("d");
    let mut rig = ManyRig::watch(dir(&world).matching("*.toml").recursive(1)).await;
    world.folder("d/below");
    world.file("d/below/a.toml", "one");
    rig.expect(&[("below/a.toml", "one")]).await;
}

/// The portable backend watches the same directories in another way.
#[cfg(feature = "notify")]
#[tokio::test]
async fn portable_backend_follows_a_directory() {
    use hot_reload::source::file::FileEvents;
    let world = World::new();
    let portable = dir(&world).events(FileEvents::Notify).recursive(1);
    let mut rig = ManyRig::watch(portable).await;
    rig.expect_absent().await;
    world.folder("d/below");
    world.file("d/a", "one");
    world.file("d/below/b", "two");
    rig.expect(&[("a", "one"), ("below/b", "two")]).await;
    world.rename_into("d/a", "new");
    rig.expect(&[("a", "new"), ("below/b", "two")]).await;
    fs::remove_file(world.path("d/below/b")).unwrap();
    rig.expect(&[("a", "new")]).await;
    fs::rename(world.path("d"), world.path("old")).unwrap();
    world.folder("d");
    world.file("d/c", "three");
    rig.expect(&[("c", "three")]).await;
}

#[tokio::test]
async fn finished_file_is_found_without_leases() {
    let world = World::new();
    world.folder("d");
    let mut rig = ManyRig::watch(dir(&world).leases(false)).await;
    world.rename_into("d/a", "one");
    rig.until(
        |rig| {
            let files = rig.current.as_ref();
            files.is_some_and(|files| files.get(Path::new("a")).is_some_and(|text| text == "one"))
        },
        "the file",
    )
    .await;
}
