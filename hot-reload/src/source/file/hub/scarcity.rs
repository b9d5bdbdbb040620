//! When the system has no watch left: those of files go first, since the folder of a file tells of most changes too.

use super::backend::{Depth, Started};
use super::table::Table;
use super::{Armed, Arming};
use crate::error::Error;
use crate::source::file::os::Node;

impl Arming {
    /// Watches, and makes room for it if need be. A file that finds no room is watched through its folder alone until a
    /// later walk finds some; what is written to it by another name is found by the heartbeat meanwhile.
    ///
    /// # Errors
    ///
    /// There is no room for a directory even so.
    pub(super) fn watch(
        &mut self,
        table: &Table,
        node: &Node,
        depth: Depth,
    ) -> Result<Option<Started>, Error> {
        let Some(backend) = &mut self.backend else {
            return Ok(None);
        };
        match backend.watch(node, depth) {
            Err(_) if depth == Depth::Inode => Ok(None),
            Err(error) if !self.give_up_files(table) => Err(error),
            Err(_) => match &mut self.backend {
                Some(backend) => backend.watch(node, depth),
                None => Ok(None),
            },
            answer => answer,
        }
    }

    /// True if there was something to give up.
    fn give_up_files(&mut self, table: &Table) -> bool {
        let Self {
            backend: Some(backend),
            subscribers,
        } = self
        else {
            return false;
        };
        let mut freed = false;
        for (subscriber, armed) in subscribers {
            let Armed {
                places, activity, ..
            } = armed;
            for place in places.extract_if(.., |place| place.depth == Depth::Inode) {
                activity.forget_write(place.token);
                if table.unregister(place.id, place.name.as_deref(), *subscriber) {
                    backend.unwatch(place.id);
                    freed = true;
                }
            }
        }
        freed
    }
}
