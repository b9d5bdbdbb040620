//! Directories as sources: real files, no service, and loads after hints only.

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
