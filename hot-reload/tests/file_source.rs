//! What happens to files, seen through the traits alone: real files, no service.

mod file;

use self::file::{Rig, World, write};

/// An in-place write, as `std::fs::write` does it.
#[tokio::test]
async fn a_write_in_place_is_seen_whole() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    write(&path, "two");
    rig.expect("two").await;
}

#[tokio::test]
async fn a_file_renamed_into_place_is_seen_every_time() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    rig.expect("one").await;
    for text in ["two", "three", "four"] {
        world.rename_into("c", text);
        rig.expect(text).await;
    }
}
