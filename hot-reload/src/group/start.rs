//! Starts members for a group, and the service over them.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::link::MemberState;
use crate::compat::WatchStrategy;
use crate::hints::HintSender;
use crate::service::builder::start::report;
use crate::service::builder::{Builder, Mode};
use crate::service::control::Control;
use crate::service::feed::Feed;
use crate::service::pipeline::candidate::Sameness;
use crate::service::settings::{LOAD_DEADLINE, LONGEST};
use crate::watch::WatchProfile;

/// A member that runs.
pub(crate) struct Begun<V> {
    /// It does not keep the member running.
    pub(crate) control: Control<V>,
    /// Stops the member when it is dropped.
    pub(crate) keep: Arc<dyn Any + Send + Sync>,
    /// Resolves when its first load has ended.
    pub(crate) first_load: BoxFuture<'static, ()>,
}

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Configures a service over services. They hint at each of their changes, so the service does not poll them.
    pub(crate) fn over(feed: T, group: GroupProfile<T>) -> Self
    where
        T: Feed<V>,
    {
        let mode = Mode {
            source_name: |_| None,
            inside: group.inside,
            strategy: WatchStrategy::Realtime,
            profile: group.profile,
            run: |feed, engine, settings| {
                Box::pin(async move { engine.run(settings, &feed).await })
            },
        };
        let builder = Self::with(feed, Sameness::Revision, mode);
        builder.load_deadline(group.patience.max(LOAD_DEADLINE))
    }

    /// The longest duration of one load: loading, restoring the saved value, and the validators.
    pub(crate) fn longest_load(&self) -> Duration {
        let asking = self.load_deadline.min(LONGEST).saturating_mul(2);
        asking.saturating_add(self.validators.deadline)
    }

    /// Starts the service as a member. It notifies the group of new values, from its first load on.
    pub(crate) fn begin(self, group: Option<HintSender>) -> Begun<V> {
        let first = |control: &Control<V>, registered| {
            report(registered);
            control.set_group(group);
            control.shared().inbox.next_receipt()
        };
        let (_, control, receipt) = self.launch(first);
        let (control, keep) = control.into_parts();
        Begun {
            control,
            keep,
            first_load: Box::pin(async move {
                // An error means that it was stopped before.
                let _ = receipt.await;
            }),
        }
    }
}

/// The properties of a service over services.
pub(crate) struct GroupProfile<T> {
    pub(crate) inside: fn(&T) -> Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) profile: fn(&T) -> WatchProfile,
    /// The deadline of one load of all members together.
    pub(crate) patience: Duration,
}

impl<V> Control<V> {
    /// The state of the service as a member.
    pub(crate) fn member_state(&self) -> MemberState {
        self.shared().member_state()
    }

    /// Sets the sender that notifies the group of a new value or another state of the service.
    pub(crate) fn set_group(&self, group: Option<HintSender>) {
        self.shared().group_link.join(group);
    }

    /// A number that changes whenever its [`MemberState`] changes.
    pub(crate) fn version(&self) -> u64 {
        self.shared().group_link.version()
    }

    /// The members, if the source is made of other services.
    pub(crate) fn inside(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.shared().inside.get()
    }
}
