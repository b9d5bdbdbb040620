//! [`MemberLive`]: the read handle of one member of a group.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use futures_util::stream::FusedStream;

use super::member::{MemberKey, MemberValue};
use super::snapshot::GroupSnapshot;
use crate::live::callback::methods::{Followed, IsSame, callback_methods};
use crate::live::guard::Guard;
use crate::live::{Live, PartChanges, Projection};
use crate::runtime::callbacks::Callbacks;
use crate::snapshot::{Generation, Snapshot};

/// The read handle of one member of a group: from [`Live::member`]. It reads the visible value of the group.
///
/// Cloning is cheap. Like the handle it was made from, it keeps the group running. Two handles may read different snapshots of
/// the group, so read consistent values from one [`GroupSnapshot`].
///
/// A member can be absent only in a group that [leaves members out](crate::group::WhenAway::LeaveOut), until its first value.
/// For such a member, use [`try_load`](Self::try_load) and [`try_get`](Self::try_get).
///
/// ```
/// use hot_reload::Live;
/// use hot_reload::group::{GroupSnapshot, MemberKey, MemberLive};
///
/// struct Router {
///     routes: MemberLive<Vec<String>>,
/// }
///
/// fn router(group: &Live<GroupSnapshot>, routes: MemberKey<Vec<String>>) -> Router {
///     Router { routes: group.member(routes) }
/// }
///
/// fn count(router: &Router) -> usize {
///     router.routes.load().len()
/// }
/// ```
pub struct MemberLive<V>(Values<V>);

/// `None` for an absent member.
type Values<V> = Projection<GroupSnapshot, Option<MemberValue<V>>, Find<V>>;

/// Finds the value of the member.
type Find<V> = Box<dyn Fn(&GroupSnapshot) -> &Option<MemberValue<V>> + Send + Sync>;

impl Live<GroupSnapshot> {
    /// Returns a read handle for one member of a group.
    pub fn member<V: Send + Sync + 'static>(&self, member: MemberKey<V>) -> MemberLive<V> {
        MemberLive(self.map(Box::new(move |group| group.member_value(member))))
    }
}

impl<V: Send + Sync + 'static> MemberLive<V> {
    /// Borrows the value of the member, as [`Live::load`] borrows a value. The generation of the guard is that of the group.
    ///
    /// # Panics
    ///
    /// If the group has published nothing yet, if the member is absent, or if the key was of another group.
    /// [`try_load`](Self::try_load) returns `None` instead.
    #[track_caller]
    pub fn load(&self) -> Guard<'_, GroupSnapshot, V> {
        self.try_load().expect(ABSENT)
    }

    /// Borrows the value of the member. `None` before the group's first publication, and if the member is absent.
    pub fn try_load(&self) -> Option<Guard<'_, GroupSnapshot, V>> {
        let guard = self.0.try_load()?;
        guard.as_ref()?;
        Some(Guard::map(guard, |value| match value {
            Some(value) => value.value(),
            None => unreachable!("the same snapshot has the same value"),
        }))
    }

    /// Returns the member's own snapshot, with the generation in the member's numbering. It may be kept across `.await`.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[track_caller]
    pub fn get(&self) -> Snapshot<V> {
        self.try_get().expect(ABSENT)
    }

    /// Returns the member's own snapshot. `None` before the group's first publication, and if the member is absent.
    pub fn try_get(&self) -> Option<Snapshot<V>> {
        let guard = self.0.try_load()?;
        Some(guard.as_ref()?.snapshot().clone())
    }

    /// Subscribes to changes of the member from now on. The visible value counts as seen. Changes of other members wake nobody.
    pub fn subscribe(&self) -> MemberChanges<V> {
        MemberChanges(self.0.subscribe())
    }

    /// The handle of the group.
    pub fn group(&self) -> &Live<GroupSnapshot> {
        self.0.live()
    }
}

impl<V: Send + Sync + 'static> MemberLive<V> {
    callback_methods!(
        "MemberLive",
        Snapshot<V>,
        "# async fn example(handle: hot_reload::group::MemberLive<String>) {"
    );
}

impl<V: Send + Sync + 'static> Followed for MemberLive<V> {
    type Item = Snapshot<V>;

    /// A member that changes twice before a call, and is then rolled back with its group, has not changed for the function.
    const IS_SAME: Option<IsSame<Self::Item>> =
        Some(|old, new| Arc::ptr_eq(old.node(), new.node()));

    fn publications(
        &self,
    ) -> (
        Option<Snapshot<V>>,
        impl Stream<Item = Snapshot<V>> + Send + 'static,
    ) {
        let mut changes = self.0.unkept().subscribe();
        let visible = changes.newest();
        let visible = visible.and_then(|value| Some(value.as_ref()?.snapshot().clone()));
        (visible, MemberChanges(changes))
    }

    fn callbacks(&self) -> &Callbacks {
        self.group().callbacks()
    }

    fn generation(snapshot: &Snapshot<V>) -> Generation {
        snapshot.generation()
    }
}

const ABSENT: &str = "the member has no value: its group is not ready, the member is left out, or the key is of another group; \
                      use `try_load` or `try_get`";

impl<V> Clone for MemberLive<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: fmt::Debug + Send + Sync + 'static> fmt::Debug for MemberLive<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemberLive").field(&self.try_get()).finish()
    }
}

/// The subscription to changes of one member: from [`MemberLive::subscribe`]. It is also a `Stream`.
///
/// ```
/// use hot_reload::group::MemberLive;
///
/// async fn follow(routes: MemberLive<Vec<String>>) {
///     let mut changes = routes.subscribe();
///     while let Some(routes) = changes.changed().await {
///         println!("{} routes", routes.len());
///     }
/// }
/// ```
#[must_use = "a subscription does nothing unless it is awaited"]
pub struct MemberChanges<V>(PartChanges<GroupSnapshot, Option<MemberValue<V>>, Find<V>>);

impl<V: Send + Sync + 'static> MemberChanges<V> {
    /// Waits until the member has a new value. `None` once the group has stopped, and again `None` at every further call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the change.
    pub async fn changed(&mut self) -> Option<Snapshot<V>> {
        loop {
            // Without a value, the member is still absent.
            if let Some(value) = &*self.0.changed().await? {
                return Some(value.snapshot().clone());
            }
        }
    }
}

impl<V: Send + Sync + 'static> Stream for MemberChanges<V> {
    type Item = Snapshot<V>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(newest) = ready!(Pin::new(&mut self.0).poll_next(cx)) else {
                return Poll::Ready(None);
            };
            if let Some(value) = &*newest {
                return Poll::Ready(Some(value.snapshot().clone()));
            }
        }
    }
}

impl<V: Send + Sync + 'static> FusedStream for MemberChanges<V> {
    /// Whether the group has stopped and the last value was returned.
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<V> fmt::Debug for MemberChanges<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberChanges").finish_non_exhaustive()
    }
}
