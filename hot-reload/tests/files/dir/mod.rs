//! What happens to the files of a directory, seen through the traits alone: real files, no service, and nothing but
//! hints to find a change.

mod changes;
mod folders;
mod layers;
#[cfg(unix)]
mod links;
mod names;
mod refused;
#[cfg(target_os = "linux")]
mod torture;
mod whole;

use hot_reload::source::Dir;

use crate::file::World;

fn dir(world: &World) -> Dir {
    Dir::new(world.path("d"))
}
