//! Methods of [`Live`] and [`Control`] that only a group has.

use super::member::{MemberKey, MemberValue};
use super::roster::Roster;
use super::snapshot::GroupSnapshot;
use crate::live::{Live, Projection};
use crate::service::control::Control;
use crate::status::Status;

/// The function that finds the value of a member in a value of the group: the last parameter of
/// `Projection<GroupSnapshot, MemberValue<V>, MemberOf<V>>`, which [`Live::member`] returns.
pub type MemberOf<V> = Box<dyn Fn(&GroupSnapshot) -> &MemberValue<V> + Send + Sync>;

impl Live<GroupSnapshot> {
    /// Returns a read handle for one member of a group. It reads the visible value of the group. Two such handles may read
    /// different snapshots, so read consistent values from one [`GroupSnapshot`]. Subscribers of the handle are woken when its
    /// member has changed.
    ///
    /// ```
    /// use hot_reload::Live;
    /// use hot_reload::group::{GroupSnapshot, MemberKey, MemberOf, MemberValue};
    /// use hot_reload::live::Projection;
    ///
    /// struct Router { routes: Projection<GroupSnapshot, MemberValue<Vec<String>>, MemberOf<Vec<String>>> }
    ///
    /// fn router(group: &Live<GroupSnapshot>, routes: MemberKey<Vec<String>>) -> Router {
    ///     Router { routes: group.member(routes) }
    /// }
    ///
    /// fn count(router: &Router) -> usize { router.routes.load().len() }
    /// ```
    pub fn member<V: Send + Sync + 'static>(
        &self,
        member: MemberKey<V>,
    ) -> Projection<GroupSnapshot, MemberValue<V>, MemberOf<V>> {
        self.map(Box::new(move |snapshot| snapshot.member_value(member)))
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
