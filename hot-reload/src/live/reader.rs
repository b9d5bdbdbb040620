//! [`Reader`]: a handle that keeps the value it read last, for the loop of a worker.

use std::fmt;
use std::sync::Arc;

use super::cell::Kept;
use super::handle::{Live, NOT_READY};
use crate::snapshot::{Generation, Published, Snapshot};

/// Reads the newest value again and again in one worker: from [`Live::reader`].
///
/// A read compares two pointers, unless a value was published since the last read. The processor predicts that branch, so the
/// read does not even wait for the comparison.
///
/// A reader keeps the value that it read last alive. Use one reader for each worker, not one for each connection: each idle
/// reader may keep an old value. Call [`release`](Self::release) before a long wait.
///
/// ```
/// # let live = hot_reload::Live::fixed(80_u16);
/// let mut port = live.reader();
/// for _ in 0..3 {
///     assert_eq!(*port.load(), 80);
/// }
/// ```
pub struct Reader<V> {
    live: Live<V>,
    /// The value that was read last, unless it was released.
    last: Kept<Published<V>>,
}

impl<V> Live<V> {
    /// Makes a reader for the loop of a worker. It keeps the last value, and each read only checks whether that is still the
    /// newest.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[track_caller]
    pub fn reader(&self) -> Reader<V> {
        Reader::new(self.clone())
    }
}

impl<V> Reader<V> {
    #[track_caller]
    pub(super) fn new(live: Live<V>) -> Self {
        let last = Kept::new(Some(Arc::clone(live.get().node())));
        Self { live, last }
    }

    /// Borrows the newest value.
    #[inline]
    pub fn load(&mut self) -> &V {
        // This drops the share in the old value but never frees it: the list of retired nodes has a share, too. There is always a
        // value, because a reader is made when there is one.
        let cell = &self.live.shared.cell;
        &cell.newest_or(&mut self.last, never).value
    }

    /// Returns the newest value as an owned snapshot.
    #[inline]
    pub fn get(&mut self) -> Snapshot<V> {
        self.load();
        Snapshot::of(self.last.share().unwrap_or_else(never))
    }

    /// The generation of the newest value. Compare it to find out whether a derived value is out of date.
    #[inline]
    pub fn generation(&mut self) -> Generation {
        let cell = &self.live.shared.cell;
        cell.newest_or(&mut self.last, never).generation
    }

    /// Releases the value that was read last, so that the service can free it once it is replaced. The next read takes a little
    /// longer.
    pub fn release(&mut self) {
        self.last = Kept::new(None);
    }
}

/// A reader is made when there is a value, so the cell is never empty.
#[cold]
fn never<T>() -> T {
    unreachable!("{NOT_READY}")
}

impl<V> Clone for Reader<V> {
    fn clone(&self) -> Self {
        Self {
            live: self.live.clone(),
            last: self.last.clone(),
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for Reader<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reader")
            .field(&self.last.share().map(Snapshot::of))
            .finish()
    }
}
