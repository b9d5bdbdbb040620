//! [`Keeper`]: storage for the newest good value, for a start without the source.

use std::time::SystemTime;

use futures_util::future::BoxFuture;

use crate::error::Error;
use crate::revision::Revision;
use crate::snapshot::Snapshot;

/// Where values are kept.
pub(crate) trait Keeper<V>: Send + Sync {
    /// Keeps a value in place of the one before.
    fn save(&self, snapshot: Snapshot<V>) -> BoxFuture<'static, Result<(), Error>>;

    /// The saved value, the revision of the source that it was loaded from, and the time of that load.
    fn restore(&self) -> Restoring<V>;
}

pub(crate) type Restoring<V> = BoxFuture<'static, Result<Option<Kept<V>>, Error>>;
pub(crate) type Kept<V> = (V, Option<Revision>, SystemTime);
