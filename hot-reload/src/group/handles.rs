//! Methods of [`Control`] that only a group has.

use super::member::MemberKey;
use super::roster::Roster;
use super::snapshot::GroupSnapshot;
use super::typed::Typed;
use crate::service::control::Control;
use crate::status::Status;

impl<C: Typed> Control<C> {
    /// The status of the member with this name, which is that of its field. `None` if there is no such field.
    ///
    /// A member publishes its values only to the group. So its `published` and `generation` do not describe the visible value of
    /// the group.
    pub fn member_status(&self, member: &str) -> Option<Status> {
        let roster = self.inside()?.downcast_ref::<Roster>()?;
        let place = roster.names.names.iter().position(|name| name == member)?;
        roster.status_at(place)
    }
}

impl Control<GroupSnapshot> {
    /// The status of a member. `None` if the key is of another group.
    ///
    /// A member publishes its values only to the group. So its `published` and `generation` do not describe the visible value of
    /// the group.
    pub fn member_status<V>(&self, member: MemberKey<V>) -> Option<Status> {
        self.inside()?.downcast_ref::<Roster>()?.status(member)
    }
}
