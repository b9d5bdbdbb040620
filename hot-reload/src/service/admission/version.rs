//! [`VersionGuard`]: holds a value whose version is lower than an accepted one.

use std::fmt;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::Admission;
use crate::event::HoldReason;
use crate::locks::lock;
use crate::service::settings::{LONGEST, REWIND_CONFIRM};

/// Holds a value whose version is lower than the highest accepted one, such as the answer of a replica that lags. From
/// [`Builder::version_guard`](crate::Builder::version_guard).
///
/// The outcome is [`Outcome::Held`](crate::Outcome::Held), and [`Status::hold`](crate::Status) has both versions. The value is
/// published if the lower version is intended. It counts as intended when
///
/// - its [lineage](Self::lineage) differs, so that the versions cannot be compared;
/// - the source has kept the lower version for [some time](Self::rewind_after): a backup was restored;
/// - somebody calls [`Control::resume`](crate::Control::resume).
///
/// Without revisions, the service cannot see whether the version has stayed the same. There it is enough that every loaded
/// version was lower. If a [`ShrinkGuard`](crate::admission::ShrinkGuard) objects, too, the longer time counts.
///
/// After that, the lower version is the highest accepted one. A [`rollback`](crate::Control::rollback) does not change the
/// highest accepted version. Each process accepts its first version, whatever an earlier process has accepted.
///
/// # Default
///
/// - no lineage;
/// - a lower version is accepted after 5 minutes.
///
/// # Example
///
/// ```
/// use hot_reload::admission::VersionGuard;
///
/// struct Users { epoch: u64, database: String }
///
/// let guard = VersionGuard::by(|users: &Users| users.epoch).lineage(|users: &Users| users.database.clone());
/// # drop(guard);
/// ```
pub struct VersionGuard<V, K, I = ()> {
    version: Box<dyn Fn(&V) -> K + Send + Sync>,
    lineage: Box<dyn Fn(&V) -> I + Send + Sync>,
    rewind_after: Duration,
    /// The highest accepted version, and its lineage.
    highest: Mutex<Option<Arc<(I, K)>>>,
}

impl<V, K> VersionGuard<V, K> {
    /// Creates a guard that compares this version of a value.
    pub fn by(version: impl Fn(&V) -> K + Send + Sync + 'static) -> Self {
        Self {
            version: Box::new(version),
            lineage: Box::new(|_| ()),
            rewind_after: REWIND_CONFIRM,
            highest: Mutex::new(None),
        }
    }
}

impl<V, K, I> VersionGuard<V, K, I> {
    /// Sets the identity of the sequence of versions, such as a cluster, a database or a timeline. Versions of different
    /// identities are not compared.
    #[must_use]
    pub fn lineage<J>(
        self,
        lineage: impl Fn(&V) -> J + Send + Sync + 'static,
    ) -> VersionGuard<V, K, J> {
        VersionGuard {
            version: self.version,
            lineage: Box::new(lineage),
            rewind_after: self.rewind_after,
            highest: Mutex::new(None),
        }
    }

    fn highest(&self) -> MutexGuard<'_, Option<Arc<(I, K)>>> {
        lock(&self.highest)
    }

    fn mark(&self, value: &V) -> Arc<(I, K)> {
        Arc::new(((self.lineage)(value), (self.version)(value)))
    }

    /// Sets how long a lower version must stay before it is accepted. Default: 5 minutes.
    #[must_use]
    pub fn rewind_after(self, rewind_after: Duration) -> Self {
        Self {
            rewind_after: rewind_after.min(LONGEST),
            ..self
        }
    }
}

impl<V, K, I> Admission<V> for VersionGuard<V, K, I>
where
    K: Ord + Display + Send + Sync,
    I: PartialEq + Send + Sync,
{
    fn objection(&self, visible: &V, candidate: &V) -> Option<String> {
        let now = self.mark(candidate);
        let highest = self.highest().clone();
        // If no version was accepted yet, the visible value is that of an earlier run.
        let highest = highest.unwrap_or_else(|| self.mark(visible));
        let behind = highest.0 == now.0 && now.1 < highest.1;
        behind.then(|| {
            let (highest, now) = (&highest.1, &now.1);
            format!("version {now} is lower than the accepted version {highest}")
        })
    }

    fn reason(&self) -> HoldReason {
        HoldReason::Rewound
    }

    fn confirm_after(&self) -> Duration {
        self.rewind_after
    }

    fn accepted(&self, value: &V) {
        let accepted = self.mark(value);
        let before = self.highest().replace(accepted);
        drop(before);
    }
}

impl<V, K, I> fmt::Debug for VersionGuard<V, K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionGuard")
            .field("rewind_after", &self.rewind_after)
            .finish_non_exhaustive()
    }
}
