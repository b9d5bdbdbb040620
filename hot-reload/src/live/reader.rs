//! [`Reader`]: a handle with a memory, for the loop of a worker.

use std::fmt;
use std::sync::Arc;

use super::cell::Kept;
use super::{Live, NOT_READY};
use crate::snapshot::{Generation, Published, Snapshot};

/// The newest value, read again and again by one worker: from [`Live::reader`].
///
/// As long as nothing was published, a read is one comparison; the value is not even waited for by the processor, which
/// foresees how the comparison ends.
///
/// A reader keeps the value that it read last alive. That is one value in the loop of a worker, and as many old ones as there
/// are readers where they sit idle: so have one for each worker and not for each connection, and [`release`](Self::release)
/// it before a long rest.
pub struct Reader<V> {
    live: Live<V>,
    /// What was read last, unless it was let go.
    last: Kept<Published<V>>,
}

impl<V> Reader<V> {
    #[track_caller]
    pub(super) fn new(live: Live<V>) -> Self {
        let last = Kept::new(Some(Arc::clone(live.get().node())));
        Self { live, last }
    }

    /// The newest value.
    #[inline]
    pub fn load(&mut self) -> &V {
        // The one before is retired, and the service has a share of it: it is not freed here. A reader is made when there is a
        // value, and there is one ever after.
        let cell = &self.live.shared.cell;
        &cell.newest_or(&mut self.last, never).value
    }

    /// The newest value as an owned snapshot.
    #[inline]
    pub fn get(&mut self) -> Snapshot<V> {
        self.load();
        Snapshot::of(self.last.share().unwrap_or_else(never))
    }

    /// The number of the newest value: whether what was made from it before still stands.
    #[inline]
    pub fn generation(&mut self) -> Generation {
        let cell = &self.live.shared.cell;
        cell.newest_or(&mut self.last, never).generation
    }

    /// Lets go of the value that was read last, so that it can be freed if it is not the newest. The next read takes a
    /// little longer.
    pub fn release(&mut self) {
        self.last = Kept::new(None);
    }
}

/// What a reader has, it has had from the beginning.
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
