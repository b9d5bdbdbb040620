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
    ///
    /// ```
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// use hot_reload::source::from_fn;
    /// use hot_reload::ReloaderService;
    ///
    /// hot_reload::group::typed! {
    ///     struct State { limit: u32, users: Vec<String> }
    /// }
    ///
    /// let limit = from_fn("limit", || async { Ok(7) });
    /// let users = from_fn("users", || async { Ok(Vec::new()) });
    /// let members = State::group(ReloaderService::builder(limit), ReloaderService::builder(users));
    /// let (_state, control) = members.into_builder().start().await?;
    /// let status = control.member_status("limit").expect("a field of the group");
    /// assert!(status.last_error.is_none());
    /// assert!(control.member_status("limits").is_none());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// use hot_reload::source::from_fn;
    /// use hot_reload::{Coordinator, ReloaderService};
    ///
    /// let mut group = Coordinator::new();
    /// let limit = from_fn("limit", || async { Ok(7) });
    /// let limit = group.member("limit", ReloaderService::builder(limit));
    /// let (_state, control) = group.into_builder().start().await?;
    /// let status = control.member_status(limit).expect("a member of the group");
    /// assert!(status.last_error.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn member_status<V>(&self, member: MemberKey<V>) -> Option<Status> {
        self.inside()?.downcast_ref::<Roster>()?.status(member)
    }
}
