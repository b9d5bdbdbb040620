//! [`GroupSnapshot`]: one consistent set of the values of a group.

use std::any::Any;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use super::member::{MemberKey, MemberValue};
use crate::group::loan::Loan;
use crate::revision::Revision;
use crate::snapshot::Generation;

/// The values of all members of a group, published together: from a [`Coordinator`](crate::Coordinator).
///
/// `snapshot[key]` is the value of a member. Cloning is cheap, and a clone keeps the values. Snapshots share unchanged values.
///
/// `Debug` prints names and generations, but no values.
///
/// ```
/// use hot_reload::Live;
/// use hot_reload::group::{GroupSnapshot, MemberKey};
///
/// fn allows(group: &Live<GroupSnapshot>, users: MemberKey<Vec<String>>, limit: MemberKey<usize>) -> bool {
///     // Both values are from one publication.
///     let snapshot = group.load();
///     snapshot[users].len() < snapshot[limit]
/// }
/// ```
#[derive(Clone)]
pub struct GroupSnapshot {
    names: Arc<Names>,
    slots: Slots,
}

/// One slot for each member. `None` for an absent member.
pub(super) type Slots = Arc<[Option<Arc<Slot>>]>;

/// The names of the members.
pub(super) struct Names {
    /// The number of the group, unique in the process.
    pub(super) group: u64,
    pub(super) names: Vec<String>,
}

/// The value of a member in a snapshot. Later snapshots share the slot until the value changes.
pub(super) struct Slot<P: ?Sized = dyn Any + Send + Sync> {
    pub(super) generation: Generation,
    revision: Option<Revision>,
    /// An `Option<MemberValue<V>>` of the member's type, which is never `None`: a [`MemberLive`](super::MemberLive) borrows it.
    value: P,
}

impl Slot {
    pub(super) fn of<V: Send + Sync + 'static>(loan: Loan<V>, is_fallback: bool) -> Arc<Self> {
        let snapshot = loan.snapshot();
        Arc::new(Slot {
            generation: snapshot.generation(),
            revision: snapshot.revision().cloned(),
            value: Some(MemberValue::of(loan, is_fallback)),
        })
    }
}

impl GroupSnapshot {
    pub(super) fn new(names: Arc<Names>, slots: Slots) -> Self {
        Self { names, slots }
    }

    /// The value of a member. `None` if the member is absent, because it was [left out](crate::group::WhenAway::LeaveOut) and has
    /// never had a value. Also `None` if the key is of another group.
    pub fn get<V: Send + Sync + 'static>(&self, member: MemberKey<V>) -> Option<&MemberValue<V>> {
        self.member_value(member).as_ref()
    }

    /// The version of each member, in the order in which the members were added.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = MemberVersion<'_>> {
        let members = self.names.names.iter().zip(&*self.slots);
        members.map(|(name, slot)| MemberVersion {
            name,
            generation: slot.as_ref().map(|slot| slot.generation),
            revision: slot.as_ref().and_then(|slot| slot.revision.as_ref()),
        })
    }

    pub(super) fn member_value<V: Send + Sync + 'static>(
        &self,
        member: MemberKey<V>,
    ) -> &Option<MemberValue<V>> {
        let slot = self.slot(member).flatten();
        let value = slot.and_then(|slot| slot.value.downcast_ref());
        value.unwrap_or(const { &None })
    }

    /// `None` if the key is of another group. `Some(None)` if the member is absent.
    fn slot<V>(&self, member: MemberKey<V>) -> Option<Option<&Slot>> {
        let slots = (member.group == self.names.group).then_some(&self.slots)?;
        Some(slots.get(member.place)?.as_deref())
    }
}

/// # Panics
///
/// If the member is absent, or the key is of another group. [`GroupSnapshot::get`] returns `None` instead.
impl<V: Send + Sync + 'static> Index<MemberKey<V>> for GroupSnapshot {
    type Output = V;

    #[track_caller]
    fn index(&self, member: MemberKey<V>) -> &V {
        match self.get(member).map(MemberValue::value) {
            Some(value) => value,
            None => self.refuse(member),
        }
    }
}

impl GroupSnapshot {
    #[cold]
    #[track_caller]
    fn refuse<V>(&self, member: MemberKey<V>) -> ! {
        match self.slot(member) {
            None => panic!("the key is of a member of another group"),
            Some(_) => panic!(
                "the member {:?} is absent from the snapshot: it was left out and never had a value; use `get`",
                self.names.names[member.place]
            ),
        }
    }
}

impl fmt::Debug for GroupSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupSnapshot ")?;
        f.debug_list().entries(self.versions()).finish()
    }
}

/// The version of a member in a [`GroupSnapshot`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberVersion<'c> {
    /// The name of the member.
    pub name: &'c str,
    /// The generation of the value in the member's own numbering. `None` if the member is absent.
    pub generation: Option<Generation>,
    /// The revision of the content from which the value was loaded, if the source has revisions.
    pub revision: Option<&'c Revision>,
}

/// `schema 3`, or `schema absent`.
impl fmt::Display for MemberVersion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            Some(generation) => write!(f, "{} {generation}", self.name),
            None => write!(f, "{} absent", self.name),
        }
    }
}

/// As `Display`, with the revision.
impl fmt::Debug for MemberVersion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.revision {
            Some(revision) => write!(f, " ({revision})"),
            None => Ok(()),
        }
    }
}
