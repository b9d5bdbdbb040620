//! [`ReadStats`]: what the readers of a value keep alive.

use std::time::Duration;

use crate::snapshot::Generation;

/// What the readers of a value keep alive: from [`Live::stats`](crate::Live::stats).
///
/// A value that was replaced is freed as soon as no guard, snapshot or reader has it and its
/// [grace](crate::Builder::retire_after) is over, if it has one. Some are always kept for a moment; what stays for longer is
/// kept by somebody who holds on to a snapshot, or by a reader that does not read. The log warns of such a one after a
/// minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadStats {
    /// The number of the newest value, if there is one.
    pub generation: Option<Generation>,
    /// How many replaced values are still there, without those that the service keeps itself, as its
    /// [history](crate::Builder::history). After a stop none that a snapshot or a reader has, because those are their
    /// holders' own, but any that a guard held at that moment: it goes with the last handle.
    pub retired: usize,
    /// How long ago the oldest of them was replaced.
    pub oldest_retired: Option<Duration>,
}
