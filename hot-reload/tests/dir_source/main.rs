//! What happens to the files of a directory, seen through the traits alone: real files, no service, and nothing but
//! hints to find a change.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "../file/mod.rs"]
mod file;
#[path = "../file/many.rs"]
mod many;

mod changes;
mod folders;
mod layers;
#[cfg(unix)]
mod links;
mod refused;
mod whole;

use hot_reload::source::Dir;

use self::file::World;

fn dir(world: &World) -> Dir {
    Dir::new(world.path("d"))
}
