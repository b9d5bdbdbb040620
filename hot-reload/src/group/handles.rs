//! Methods of [`Control`] that only a group has.

use super::member::MemberKey;
use super::roster::Roster;
use super::snapshot::GroupSnapshot;
use crate::service::control::Control;
use crate::status::Status;

impl Control<GroupSnapshot> {
    /// The status of a member. `None` if the key is of another group.
    ///
    /// A member publishes its values only to the group. So its `published` and `generation` do not describe the visible value of
    /// the group.
    pub fn member_status<V>(&self, member: MemberKey<V>) -> Option<Status> {
        self.inside()?.downcast_ref::<Roster>()?.status(member)
    }
}
