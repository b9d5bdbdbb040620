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

/// The value of a member in a [`GroupSnapshot`](super::GroupSnapshot). It dereferences to the value.
///
/// Two are equal if they come from the same publication of the member. Their contents are not compared.
///
/// # Panics
///
/// Dereferencing panics if the member is absent from the snapshot, or if the key was of another group. A member can be absent
/// only in a group that [leaves members out](crate::group::WhenAway::LeaveOut). [`value`](Self::value) returns `None` instead.
pub struct MemberValue<V>(Option<Loan<V>>);

impl<V> MemberValue<V> {
    pub(super) fn of(loan: Loan<V>) -> Self {
        Self(Some(loan))
    }

    /// The value of an absent member.
    pub(super) fn absent() -> &'static Self
    where
        V: 'static,
    {
        const { &Self(None) }
    }

    /// Borrows the value once more, if there is one.
    pub(super) fn loan(&self) -> Option<Loan<V>> {
        self.0.as_ref().map(Loan::share)
    }

    /// The value of the member. `None` if the member is absent.
    pub fn value(&self) -> Option<&V> {
        self.snapshot().map(Snapshot::value)
    }

    /// The member's own snapshot, with the generation in the member's numbering. `None` if the member is absent.
    pub fn snapshot(&self) -> Option<&Snapshot<V>> {
        self.0.as_ref().map(Loan::snapshot)
    }
}

impl<V> Deref for MemberValue<V> {
    type Target = V;

    #[track_caller]
    fn deref(&self) -> &V {
        let value = self.value();
        value.expect(
            "the member is absent from the snapshot, or the key is of another group; use `value`",
        )
    }
}

impl<V> PartialEq for MemberValue<V> {
    fn eq(&self, other: &Self) -> bool {
        match (self.snapshot(), other.snapshot()) {
            (Some(one), Some(other)) => Arc::ptr_eq(one.node(), other.node()),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<V> Eq for MemberValue<V> {}

impl<V: fmt::Debug> fmt::Debug for MemberValue<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemberValue")
            .field(&self.snapshot())
            .finish()
    }
}
