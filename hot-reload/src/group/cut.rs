//! [`GroupSnapshot`]: one consistent set of the values of a group.

use std::any::Any;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use super::member::{MemberKey, MemberValue};
use crate::group::loan::Loan;
use crate::revision::Revision;
use crate::snapshot::Generation;

/// The values of all members of a group, as they became visible together: from a [`Coordinator`](crate::Coordinator).
///
/// `cut[member]` is a member's value. Cloning is cheap, and holds the values. A value that is in two cuts is there once.
///
/// `Debug` prints names and numbers, and no value.
#[derive(Clone)]
pub struct GroupSnapshot {
    names: Arc<Names>,
    slots: Slots,
}

/// One for each member. `None` for one that is absent.
pub(super) type Slots = Arc<[Option<Arc<Slot>>]>;

/// Who the members are.
pub(super) struct Names {
    /// What no other group of the process has.
    pub(super) group: u64,
    pub(super) names: Vec<String>,
}

/// What a member has in a cut, and in all cuts until it has something else.
pub(super) struct Slot<P: ?Sized = dyn Any + Send + Sync> {
    pub(super) generation: Generation,
    revision: Option<Revision>,
    /// Whether the value stands in for what the source should hold.
    pub(super) stands_in: bool,
    /// A `MemberValue<V>` of the member's type.
    part: P,
}

impl Slot {
    pub(super) fn of<V: Send + Sync + 'static>(loan: Loan<V>, stands_in: bool) -> Arc<Self> {
        let snapshot = loan.snapshot();
        Arc::new(Slot {
            generation: snapshot.generation(),
            revision: snapshot.revision().cloned(),
            stands_in,
            part: MemberValue::of(loan),
        })
    }
}

impl GroupSnapshot {
    pub(super) fn new(names: Arc<Names>, slots: Slots) -> Self {
        Self { names, slots }
    }

    /// The part of a member. `None` if it is absent, because it was [left out](crate::WhenAway::LeaveOut) and has never had a
    /// value; or if the key is of another group.
    pub fn get<V: Send + Sync + 'static>(&self, member: MemberKey<V>) -> Option<&MemberValue<V>> {
        self.slot(member)??.part.downcast_ref()
    }

    /// The version of each member, in the order in which they were named.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = MemberVersion<'_>> {
        let members = self.names.names.iter().zip(&*self.slots);
        members.map(|(name, slot)| MemberVersion {
            name,
            generation: slot.as_ref().map(|slot| slot.generation),
            revision: slot.as_ref().and_then(|slot| slot.revision.as_ref()),
        })
    }

    pub(super) fn part<V: Send + Sync + 'static>(&self, member: MemberKey<V>) -> &MemberValue<V> {
        match self.get(member) {
            Some(part) => part,
            None => MemberValue::absent(),
        }
    }

    /// Whether the member's value stands in for what its source should hold.
    pub(super) fn stands_in<V>(&self, member: MemberKey<V>) -> bool {
        matches!(self.slot(member), Some(Some(slot)) if slot.stands_in)
    }

    /// `None` if the key is of another group, and nothing in it if the member is absent.
    fn slot<V>(&self, member: MemberKey<V>) -> Option<Option<&Slot>> {
        let slots = (member.group == self.names.group).then_some(&self.slots)?;
        Some(slots.get(member.place)?.as_deref())
    }
}

/// # Panics
///
/// If the member is absent, or the key is of another group; [`GroupSnapshot::get`] tells.
impl<V: Send + Sync + 'static> Index<MemberKey<V>> for GroupSnapshot {
    type Output = V;

    #[track_caller]
    fn index(&self, member: MemberKey<V>) -> &V {
        match self.get(member).and_then(MemberValue::value) {
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
                "the member {:?} is absent from the cut, because it was left out and has never had a value: ask `get`",
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

/// Which value a member has in a cut.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberVersion<'c> {
    /// The name of the member.
    pub name: &'c str,
    /// The number of the value in the member's own count. `None` if the member is absent.
    pub generation: Option<Generation>,
    /// The state of the member's source that the value was loaded from, if the source has revisions.
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
