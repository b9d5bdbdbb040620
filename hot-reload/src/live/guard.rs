//! [`Guard`]: a value, or a part of it, borrowed for a moment.

use std::fmt;
use std::ops::Deref;

use super::cell::Protected;
use crate::snapshot::{Generation, Published, Snapshot};

/// A value, borrowed for a moment: from [`Live::load`](crate::Live::load). It dereferences to the value, or to the part of
/// it that it was made for.
///
/// It costs its thread a slot, and the service the freeing of the value, for as long as it is there. It is not `Send`, so a
/// spawned task refuses to keep it across an `.await`: take a [`Snapshot`] there. Forgetting one (`mem::forget`) keeps the
/// value for ever.
#[must_use = "a guard is only worth what it is read for"]
pub struct Guard<'a, V, P: ?Sized + 'a = V>(Protected<'a, Published<V>, P>);

impl<'a, V> Guard<'a, V> {
    #[inline(always)]
    pub(super) fn new(node: Protected<'a, Published<V>>) -> Self {
        Self(node.map(|published| &published.value))
    }
}

impl<'a, V, P: ?Sized> Guard<'a, V, P> {
    /// The number of the value.
    pub fn generation(&self) -> Generation {
        self.0.node().generation
    }

    /// The whole value as an owned snapshot.
    pub fn to_snapshot(&self) -> Snapshot<V> {
        Snapshot::of(self.0.share())
    }

    /// The same guard, for a part of what it is for.
    ///
    /// ```
    /// let live = hot_reload::Live::fixed(("localhost".to_owned(), 80));
    /// let host = live.load().map(|(host, _)| host.as_str());
    /// assert_eq!(&*host, "localhost");
    /// ```
    #[inline]
    pub fn map<Q: ?Sized>(self, part: impl FnOnce(&P) -> &Q) -> Guard<'a, V, Q> {
        Guard(self.0.map(part))
    }
}

impl<V, P: ?Sized> Deref for Guard<'_, V, P> {
    type Target = P;

    #[inline(always)]
    fn deref(&self) -> &P {
        self.0.part()
    }
}

impl<V, P: fmt::Debug + ?Sized> fmt::Debug for Guard<'_, V, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&&**self).finish()
    }
}
