//! [`Backend`]: what the hub asks of a system's file events.

use crate::error::Error;
use crate::source::file::os::Node;

/// Which watch an event came from, as the backend numbers them. The same inode has the same number.
pub(crate) type WatchId = i32;

/// How much of a place matters. The order counts: a deeper watch sees all that a shallower one sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// A directory on the way: which name stands for what.
    Way,
    /// The directory that holds the file: also its content.
    Folder,
    /// The inode itself, which may be written to by another name.
    Inode,
}

/// A source of file events. It reports them to the [`Table`](super::table::Table) that it was started with.
///
/// # Contract
///
/// 1. When `watch` returns, every later event of that place is reported.
/// 2. Watching the same inode again adds to what is reported. As long as it is registered, it returns the same number.
/// 3. A watch that ends by itself, or has to make room for another, is reported as dead; losing events is reported as such;
///    failing for good is too.
/// 4. Reporting takes no lock that is held during a call to any of these methods.
/// 5. Any thread may call at any time. A call of `watch` that hangs holds up no other call, where the system allows that.
/// 6. `stop` returns when nothing is reported any more and everything is released, but for what a hanging call holds.
pub(super) trait Backend: Send + Sync {
    /// Starts to watch. `None` where this cannot be watched, such as a directory that may not be read. Called with no lock
    /// held, so it may report what it has cost others.
    fn watch(&self, node: &Node, depth: Depth) -> Result<Option<WatchId>, Error>;

    /// Stops to watch, also what has ended by itself. True if events of other watches may have been lost by that, which the
    /// caller reports.
    fn unwatch(&self, id: WatchId) -> bool;

    /// The same for a watch that was reported as dead. Provided: no difference.
    fn unwatch_ended(&self, id: WatchId) -> bool {
        self.unwatch(id)
    }

    /// Ends it all.
    fn stop(&self);
}
