//! [`Backend`]: a source of file events, such as inotify.

use crate::error::Error;
use crate::source::file::os::Node;

/// The number of a watch. The same inode has the same number.
pub(crate) type WatchId = i32;

/// How much of a place is watched. A greater depth includes all smaller ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// A directory on the path: its names.
    Way,
    /// The directory of the file: its names, and writes to them.
    Folder,
    /// The inode itself, which may be written to under another name.
    Inode,
}

/// A source of file events. It reports them to the [`Table`](super::table::Table) that it was started with.
///
/// # Contract
///
/// 1. When `watch` returns, every later event of that place is reported.
/// 2. Watching the same inode again adds events. While the inode is registered, this returns the same number.
/// 3. It reports a watch that ends, or that makes room for another, as dead. It reports the loss of events, and its own end.
/// 4. Reporting takes no lock that is held while one of these methods is called.
/// 5. Any thread may call at any time. A call of `watch` that hangs delays no other call, if the system allows that.
/// 6. When `stop` returns, nothing is reported any more and everything is released, except what a hanging call holds.
pub(super) trait Backend: Send + Sync {
    /// Starts to watch. `None` if this cannot be watched, such as a directory without read permission. Called with no lock
    /// held, so it may report watches that had to end for it.
    fn watch(&self, node: &Node, depth: Depth) -> Result<Option<WatchId>, Error>;

    /// Removes a watch, also one that has already ended. Returns whether events of other watches may have been lost, which
    /// the caller reports.
    fn unwatch(&self, id: WatchId) -> bool;

    /// Stops a watch that was reported as dead. Provided: as [`unwatch`](Self::unwatch).
    fn unwatch_ended(&self, id: WatchId) -> bool {
        self.unwatch(id)
    }

    /// Ends the backend.
    fn stop(&self);
}
