//! Symbolic links in a directory, and swaps of a whole directory.

use std::fs;

use super::dir;
use crate::file::{World, write};
use crate::many::ManyRig;

#[tokio::test]
async fn config_map_is_followed_without_mixing_generations() {
    let world = World::new();
    world.folder("d");
    let generation = |number: usize| {
        world.folder(&format!("d/..{number}"));
        for name in ["a", "b", "c"] {
            world.file(&format!("d/..{number}/{name}"), &number.to_string());
        }
        world.relink("d/..data", format!("..{number}"));
        if number > 0 {
            fs::remove_dir_all(world.path(&format!("d/..{}", number - 1))).unwrap();
        }
    };
    generation(0);
    for name in ["a", "b", "c"] {
        world.relink(&format!("d/{name}"), format!("..data/{name}"));
    }
    let mut rig = ManyRig::watch(dir(&world)).await;
    for number in 1..=20 {
        generation(number);
        let text = number.to_string();
        rig.expect(&[("a", &text), ("b", &text), ("c", &text)])
            .await;
    }
    for value in rig.published.iter().flatten() {
        let mut texts = value.values();
        let first = texts.next().unwrap();
        assert!(
            value.len() == 3 && texts.all(|text| text == first),
            "{value:?}"
        );
    }
}

#[tokio::test]
async fn links_and_dangling_links_are_followed() {
    let world = World::new();
    world.folder("d");
    world.folder("real");
    world.relink("d/below", world.path("real"));
    world.relink("d/later", world.path("later"));
    world.relink("d/masked", "/dev/null");
    world.relink("d/circle", "circle");
    world.file("real/x", "one");
    let mut rig = ManyRig::watch(dir(&world).recursive(1)).await;
    rig.expect(&[("below/x", "one")]).await;
    write(world.path("real/x"), "two");
    rig.expect(&[("below/x", "two")]).await;
    write(world.path("later"), "here");
    rig.expect(&[("below/x", "two"), ("later", "here")]).await;
    write(world.path("later"), "there");
    rig.expect(&[("below/x", "two"), ("later", "there")]).await;
}
