//! [`MemberParticipant`]: a participant of a member, in the swap of its group.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};

use crate::error::Error;
use crate::event::Stage;
use crate::locks::lock;
use crate::service::boundary::within;
use crate::service::pipeline::prepare::{DynParticipant, Ending, Ready};
use crate::snapshot::{Generation, Snapshot};

/// Finds the member's value in a value of the group.
type FindValue<C, V> = dyn Fn(&C) -> Option<Snapshot<V>> + Send + Sync;

/// A participant of a member as one of the group: it prepares when the member's value has changed.
pub(super) struct MemberParticipant<C, V> {
    pub(super) name: String,
    pub(super) participant: Box<dyn DynParticipant<V>>,
    /// The member's own.
    pub(super) deadline: Duration,
    pub(super) find: Arc<FindValue<C, V>>,
    /// The value that the participant committed last.
    pub(super) in_use: Mutex<Option<Generation>>,
}

impl<C: Sync, V: Send + Sync> DynParticipant<C> for MemberParticipant<C, V> {
    fn name(&self) -> &str {
        &self.name
    }

    fn prepare<'p: 'v, 'v>(
        &'p self,
        visible: Option<&'v C>,
        candidate: &'v C,
    ) -> BoxFuture<'v, Result<Ready<'p>, Error>> {
        Box::pin(async move {
            let in_use = *lock(&self.in_use);
            let value = (self.find)(candidate);
            let Some(value) = value.filter(|value| Some(value.generation()) != in_use) else {
                return Ok(nothing_to_end());
            };
            let visible = visible.and_then(|visible| (self.find)(visible));
            let prepare = || self.participant.prepare(visible.as_deref(), &value);
            let end = within(Stage::Prepare, self.deadline, "was not ready", prepare).await??;
            let generation = value.generation();
            Ok(Box::new(move |ending| {
                // A failed commit is not repeated: the value is visible.
                if ending == Ending::Commit {
                    *lock(&self.in_use) = Some(generation);
                }
                end(ending)
            }) as Ready<'p>)
        })
    }
}

/// The preparation of a participant whose member has not changed.
fn nothing_to_end<'p>() -> Ready<'p> {
    Box::new(|_| Box::pin(ready(())))
}
