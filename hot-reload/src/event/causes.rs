//! [`Causes`]: the set of triggers that led to one load.

use super::words::Trigger;

/// A set of triggers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Causes(u16);

impl Causes {
    /// The order in which one of several causes names a load: requests come before hints, and hints before the clock.
    const BY_WEIGHT: [Trigger; 9] = [
        Trigger::Startup,
        Trigger::Rollback,
        Trigger::Manual,
        Trigger::Signal,
        Trigger::Http,
        Trigger::Watch,
        Trigger::Retry,
        Trigger::Resync,
        Trigger::Interval,
    ];

    pub(crate) fn of(trigger: Trigger) -> Self {
        let mut causes = Self::default();
        causes.insert(trigger);
        causes
    }

    pub(crate) fn insert(&mut self, trigger: Trigger) {
        self.0 |= 1 << trigger as u16;
    }

    pub(crate) fn contains(self, trigger: Trigger) -> bool {
        self.0 & (1 << trigger as u16) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The cause that names the load.
    pub(crate) fn weightiest(self) -> Option<Trigger> {
        self.by_weight().next()
    }

    /// All causes, the weightiest first.
    pub(crate) fn by_weight(self) -> impl Iterator<Item = Trigger> {
        let all = Self::BY_WEIGHT.into_iter();
        all.filter(move |trigger| self.contains(*trigger))
    }

    /// The union of both sets.
    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}
