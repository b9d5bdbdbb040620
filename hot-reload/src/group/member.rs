//! [`MemberKey`]: the key of a member; [`MemberValue`]: the value of a member in a [`GroupSnapshot`](super::GroupSnapshot).

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::group::loan::Loan;
use crate::snapshot::Snapshot;

/// The key of a member of a group: from [`Coordinator::member`](crate::Coordinator::member). It is two numbers, and has the
/// type of the member's value.
pub struct MemberKey<V> {
    pub(super) group: u64,
    pub(super) place: usize,
    _value: PhantomData<fn() -> V>,
}

impl<V> MemberKey<V> {
    pub(super) fn new(group: u64, place: usize) -> Self {
        Self {
            group,
            place,
            _value: PhantomData,
        }
    }
}

impl<V> Clone for MemberKey<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for MemberKey<V> {}

impl<V> fmt::Debug for MemberKey<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberKey")
            .field("group", &self.group)
            .field("place", &self.place)
            .finish()
    }
}

/// The value of a member in a [`GroupSnapshot`](super::GroupSnapshot): from [`GroupSnapshot::get`](super::GroupSnapshot::get). It
/// dereferences to the value.
///
/// Two are equal if they come from the same publication of the member. Their contents are not compared.
///
/// ```
/// use hot_reload::group::{GroupSnapshot, MemberKey};
///
/// fn version(snapshot: &GroupSnapshot, users: MemberKey<Vec<String>>) -> Option<u64> {
///     let users = snapshot.get(users)?;
///     Some(users.snapshot().generation().get())
/// }
/// ```
pub struct MemberValue<V> {
    loan: Loan<V>,
    is_fallback: bool,
}

impl<V> MemberValue<V> {
    pub(super) fn of(loan: Loan<V>, is_fallback: bool) -> Self {
        Self { loan, is_fallback }
    }

    /// A value that no service has published, for tests of code that reads a [typed group](macro@crate::group::typed). Its
    /// generation is 1.
    pub fn fixed(value: V) -> Self {
        Self::of(Loan::fixed(value), false)
    }

    /// Borrows the value once more.
    pub(crate) fn loan(&self) -> Loan<V> {
        self.loan.share()
    }

    /// Whether the value replaces the content of its source: a default, or a restored value.
    pub(crate) fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    /// The value of the member.
    pub fn value(&self) -> &V {
        self.snapshot().value()
    }

    /// The member's own snapshot, with the generation in the member's numbering.
    pub fn snapshot(&self) -> &Snapshot<V> {
        self.loan.snapshot()
    }
}

/// Cheap. The clone keeps the value in memory, and [`retained`](crate::Live::retained) does not count it.
impl<V> Clone for MemberValue<V> {
    fn clone(&self) -> Self {
        Self::of(self.loan(), self.is_fallback)
    }
}

impl<V> Deref for MemberValue<V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.value()
    }
}

impl<V> PartialEq for MemberValue<V> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.snapshot().node(), other.snapshot().node())
    }
}

impl<V> Eq for MemberValue<V> {}

impl<V: fmt::Debug> fmt::Debug for MemberValue<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemberValue").field(self.snapshot()).finish()
    }
}
