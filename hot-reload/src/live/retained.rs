//! [`Retained`]: how many replaced values are still in memory.

use std::time::Duration;

/// The replaced values that readers still hold: from [`Live::retained`](crate::Live::retained).
///
/// The service frees a replaced value once no guard, snapshot or reader holds it and its
/// [grace](crate::Builder::retire_after) is over. A count that grows with every reload, or an age of hours, means that
/// somebody keeps snapshots, or has readers that do not read. The log warns of a value that is held for more than a minute.
///
/// ```
/// # let live = hot_reload::Live::fixed(80_u16);
/// let retained = live.retained();
/// assert_eq!((retained.count, retained.oldest), (0, None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retained {
    /// The number of replaced values in memory, without those that the service keeps on purpose, such as its
    /// [history](crate::Builder::history).
    ///
    /// After a stop, values that only snapshots and readers hold do not count. A value that a guard held at the moment of
    /// the stop counts until the last handle is gone.
    pub count: usize,
    /// How long ago the oldest of them was replaced. `None` if there are none.
    pub oldest: Option<Duration>,
}
