//! Methods of [`Live`] and [`Control`] that only a group has.

use super::cut::GroupSnapshot;
use super::member::{MemberKey, MemberValue};
use super::roster::Roster;
use crate::live::{Live, Projection};
use crate::service::control::Control;
use crate::status::Status;

/// How a handle on a member finds its part: the type of the function in
/// `Projection<GroupSnapshot, MemberValue<V>, MemberOf<V>>`, which [`Live::member`] returns.
pub type MemberOf<V> = Box<dyn Fn(&GroupSnapshot) -> &MemberValue<V> + Send + Sync>;

impl Live<GroupSnapshot> {
    /// A handle on one member of a group. It reads what is visible of the group, so two of them are of one cut only if they
    /// are read from one; its subscribers are woken when that member has changed.
    ///
    /// ```
    /// use hot_reload::{GroupSnapshot, Live, MemberKey, MemberValue, MemberOf, Projection};
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
        self.map(Box::new(move |cut| cut.part(member)))
    }
}

impl Control<GroupSnapshot> {
    /// How a member is. `None` if the key is of another group.
    ///
    /// Its values are not visible by themselves, so what it says of being published is about what it offers to the group.
    pub fn member_status<V>(&self, member: MemberKey<V>) -> Option<Status> {
        self.inside()?.downcast_ref::<Roster>()?.status(member)
    }
}
