//! [`Guard`]: a short borrow of a value, or of a part of it.

use std::fmt;
use std::ops::Deref;

use super::cell::Protected;
use crate::snapshot::{Generation, Published, Snapshot};

/// A short borrow of a value, or of a part of it: from [`Live::load`](crate::Live::load). It dereferences to the value.
///
/// A guard occupies one slot of its thread, and its value is not freed before the guard is dropped. It is not `Send`, so a
/// spawned task cannot keep it across an `.await`: take a [`Snapshot`] there. A guard passed to `mem::forget` keeps its value
/// for ever.
///
/// Apart from `Deref`, it has associated functions and no methods, so that they never hide a method of the value. Write
/// `Guard::generation(&guard)`.
#[must_use = "a guard that is not read only keeps its value in memory"]
pub struct Guard<'a, V, P: ?Sized + 'a = V>(Protected<'a, Published<V>, P>);

impl<'a, V> Guard<'a, V> {
    #[inline(always)]
    pub(super) fn new(node: Protected<'a, Published<V>>) -> Self {
        Self(node.map(|published| &published.value))
    }
}

impl<'a, V, P: ?Sized> Guard<'a, V, P> {
    /// The generation of the value.
    pub fn generation(this: &Self) -> Generation {
        this.0.node().generation
    }

    /// Returns the whole value as an owned snapshot.
    pub fn to_snapshot(this: &Self) -> Snapshot<V> {
        Snapshot::of(this.0.share())
    }

    /// Narrows the guard to a part of what it borrows.
    ///
    /// ```
    /// use hot_reload::{Guard, Live};
    ///
    /// let live = Live::fixed(("localhost".to_owned(), 80));
    /// let host = Guard::map(live.load(), |(host, _)| host.as_str());
    /// assert_eq!(&*host, "localhost");
    /// ```
    #[inline]
    pub fn map<Q: ?Sized>(this: Self, part: impl FnOnce(&P) -> &Q) -> Guard<'a, V, Q> {
        Guard(this.0.map(part))
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
