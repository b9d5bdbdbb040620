//! Symbolic links in the path of a file: changes of each link, and of the target.

use std::fs;
use std::time::Duration;

use hot_reload::testing::files::configmap_swap;
use tokio::time::sleep;

use crate::file::{Rig, World, write};

// ===== generations of a folder, as a ConfigMap has them =====

/// The next generation: its folder, and the link to it in one step. The old folder is left.
fn publish(world: &World, number: usize, text: &str) {
    world.folder(&format!("..{number}"));
    world.file(&format!("..{number}/c"), text);
    world.relink("..data", format!("..{number}"));
}

fn remove(world: &World, number: usize) {
    fs::remove_dir_all(world.path(&format!("..{number}"))).unwrap();
}

#[tokio::test]
async fn t13_config_map_is_followed_through_fifty_generations() {
    let world = World::new();
    let volume = world.folder("volume");
    configmap_swap(&volume, [("c", "generation 0")]).unwrap();
    let mut rig = Rig::watch(volume.join("c")).await;
    rig.expect("generation 0").await;
    for number in 1..=50 {
        let text = format!("generation {number}");
        configmap_swap(&volume, [("c", &text)]).unwrap();
        rig.expect(&text).await;
    }
    rig.settle().await;
    let expected: Vec<_> = (0..=50)
        .map(|number| format!("generation {number}"))
        .collect();
    assert_eq!(rig.texts(), expected);
    assert_eq!(rig.failures, 0);
}

#[tokio::test]
async fn t14_slowly_prepared_generation_is_seen_when_published() {
    let world = World::new();
    publish(&world, 0, "generation 0");
    world.relink("c", "..data/c");
    let mut rig = Rig::watch(world.path("c")).await;
    for number in 1..=6 {
        let text = format!("generation {number}");
        world.folder(&format!("..{number}"));
        world.file(&format!("..{number}/c"), &text);
        let draft = world.path("..data_tmp");
        std::os::unix::fs::symlink(format!("..{number}"), &draft).unwrap();
        sleep(Duration::from_millis(100)).await;
        // Either order is seen in the wild.
        let first = number % 2 == 0;
        if first {
            remove(&world, number - 1);
        }
        fs::rename(&draft, world.path("..data")).unwrap();
        if !first {
            sleep(Duration::from_millis(20)).await;
            remove(&world, number - 1);
        }
        rig.expect(&text).await;
    }
    rig.settle().await;
    assert_eq!(rig.current.as_deref(), Some("generation 6"));
}

#[tokio::test]
async fn t67_p10_generation_with_equal_content_is_no_change_but_watched() {
    let world = World::new();
    publish(&world, 0, "the same");
    world.relink("c", "..data/c");
    let mut rig = Rig::watch(world.path("c")).await;
    for number in 1..=5 {
        publish(&world, number, "the same");
        remove(&world, number - 1);
        rig.settle().await;
    }
    assert_eq!((rig.contents, rig.texts()), (1, vec!["the same"]));
    assert!(rig.loads > 5, "the file was loaded each time");
    write(world.path("..5/c"), "another");
    rig.expect("another").await;
}

// ===== one link, and several =====

#[tokio::test]
async fn t16_link_target_written_in_place_is_seen() {
    let world = World::new();
    world.folder("x");
    let target = world.file("x/real", "one");
    world.relink("c", &target);
    let mut rig = Rig::watch(world.path("c")).await;
    for text in ["two", "three", "four"] {
        write(&target, text);
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four"]);
}

/// As certbot does: `live/name/cert` leads to `archive/name/certN`.
#[tokio::test]
async fn t17_link_is_followed_to_each_target_and_its_replacement() {
    let world = World::new();
    world.folder("live/name");
    world.folder("archive/name");
    world.file("archive/name/cert0", "certificate 0");
    let link = "live/name/cert";
    world.relink(link, "../../archive/name/cert0");
    let mut rig = Rig::watch(world.path(link)).await;
    let mut expected = vec!["certificate 0".to_owned()];
    for number in 1..=3 {
        let text = format!("certificate {number}");
        let target = format!("archive/name/cert{number}");
        world.file(&target, &text);
        world.relink(link, format!("../../{target}"));
        rig.expect(&text).await;
        expected.push(text);
        for again in 1..=3 {
            let text = format!("certificate {number}, replaced {again} times");
            world.rename_into(&target, &text);
            rig.expect(&text).await;
            expected.push(text);
        }
    }
    rig.settle().await;
    assert_eq!(rig.texts(), expected);
}

#[tokio::test]
async fn t18_link_to_another_folder_ends_the_watch_of_the_old_one() {
    let world = World::new();
    for version in ["v1", "v2"] {
        world.folder(version);
        world.file(&format!("{version}/c"), version);
    }
    world.relink("cur", "v1");
    world.relink("c", "cur/c");
    let mut rig = Rig::watch(world.path("c")).await;
    for round in 0..3 {
        for (old, new) in [("v1", "v2"), ("v2", "v1")] {
            let text = format!("{new} of round {round}");
            write(world.path(new).join("c"), &text);
            world.relink("cur", new);
            rig.expect(&text).await;
            rig.settle().await;
            let loads = rig.loads;
            write(world.path(old).join("c"), "not this one");
            rig.settle().await;
            assert_eq!(rig.loads, loads, "the old folder is nobody's business");
            write(world.path(new).join("c"), "in place");
            rig.expect("in place").await;
        }
    }
    assert!(!rig.texts().contains(&"not this one"));
    assert_eq!(rig.failures, 0);
}

#[tokio::test]
async fn t18_links_are_followed_up_to_the_kernel_limit() {
    let world = World::new();
    world.file("real", "one");
    world.relink("link 1", "real");
    for number in 2..=41 {
        world.relink(&format!("link {number}"), format!("link {}", number - 1));
    }
    // So that no link is in the path of the first link.
    let folder = fs::canonicalize(world.path("")).unwrap();
    let mut rig = Rig::watch(folder.join("link 40")).await;
    rig.expect("one").await;
    world.rename_into("real", "two");
    rig.expect("two").await;

    let mut rig = Rig::watch_failing(folder.join("link 41")).await;
    rig.expect_error("symbolic links").await;
    world.relink("link 20", "real");
    rig.expect("two").await;
    write(world.path("real"), "three");
    rig.expect("three").await;
}

#[tokio::test]
async fn t18_circular_links_are_an_error() {
    let world = World::new();
    world.relink("a", "b");
    world.relink("b", "a");
    let mut rig = Rig::watch_failing(world.path("a")).await;
    rig.expect_error("symbolic links").await;
    fs::remove_file(world.path("b")).unwrap();
    write(world.path("b"), "one");
    rig.expect("one").await;
}

#[tokio::test]
async fn file_created_in_a_linked_folder_is_seen() {
    let world = World::new();
    world.folder("real");
    world.relink("folder", "real");
    let mut rig = Rig::watch(world.path("folder/c")).await;
    rig.expect_absent().await;
    write(world.path("real/c"), "one");
    rig.expect("one").await;
}

#[tokio::test]
async fn t68_dangling_link_is_seen_when_its_target_is_created() {
    let world = World::new();
    world.folder("a");
    for (link, target) in [("near", "target"), ("far", "a/../b/./target")] {
        world.relink(link, target);
        let mut rig = Rig::watch(world.path(link)).await;
        rig.expect_absent().await;
        world.folder("b");
        write(world.path(target), "one");
        rig.expect("one").await;
        world.rename_into(target, "two");
        rig.expect("two").await;
    }
}
