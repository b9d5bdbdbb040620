//! Publications in two steps: a plan and its application, and the confirmation of a value on probation.

use super::Control;
use crate::error::Error;
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::service::commands;
use crate::service::shared::request::Requester;
use crate::snapshot::Generation;

impl<V> Control<V> {
    /// Says what a load would do now, without doing it.
    ///
    /// The content is loaded, decoded, validated and compared with the visible value, and the [guards](crate::admission) judge
    /// it. [Participants](crate::Participant) are not asked. Nothing is published, and the next load finds everything as if there
    /// had been no plan: status, counters, events, holds and the schedule stay. Rejected content is tried again, as by
    /// [`reload`](Self::reload). Content that is gone or empty is reported at once, without a second load to confirm it.
    ///
    /// A plan waits for a running load, and other loads wait for it. If the service has not been started yet, the call waits for
    /// the start. A group cannot be planned.
    ///
    /// ```
    /// # async fn example(control: hot_reload::Control<String>) {
    /// let plan = control.plan().await;
    /// if let Some(changed) = &plan.changed {
    ///     println!("changes {changed}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// In the [outcome](Plan::outcome): as of [`reload`](Self::reload), and
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) for a group.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the source may still be loaded, without an effect.
    pub async fn plan(&self) -> Plan {
        commands::plan(&self.shared).await
    }

    /// Loads the source as [`reload`](Self::reload) does, and publishes only the content of a [plan](Self::plan), over the
    /// generation that was visible then.
    ///
    /// Holds still apply. If the source has other content by now, or another generation is visible, nothing happens: no
    /// counter or event shows the load. A token does not outlive the process.
    ///
    /// # Errors
    ///
    /// In the receipt: those of [`reload`](Self::reload). [`Failed`](crate::Outcome::Failed) with
    /// [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict) if the content or the visible generation is not that of the
    /// plan. The same if the token was made by another process or for another service.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the content may still be published.
    pub async fn apply(&self, token: &str) -> Receipt {
        self.apply_for(Requester::Manual, token).await
    }

    /// Applies a plan as [`apply`](Self::apply) does, for this requester, which events and logs name as the trigger.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    ///
    /// # Cancel safety
    ///
    /// As [`apply`](Self::apply).
    pub async fn apply_for(&self, requester: Requester, token: &str) -> Receipt {
        commands::apply(&self.shared, token, requester.into()).await
    }

    /// Ends the probation of this generation: its value stays. For values that
    /// [must be confirmed](crate::policy::Probation::until_confirmed), and for any other probation.
    ///
    /// [`Status::on_probation`](crate::Status::on_probation) has the generation.
    ///
    /// ```
    /// # async fn example(control: hot_reload::Control<String>) -> Result<(), hot_reload::Error> {
    /// if let Some(generation) = control.status().on_probation {
    ///     control.confirm(generation).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict) if this generation is not on probation: it never was, it has
    /// passed or failed, or another one is visible. [`ErrorKind::Stopped`](crate::error::ErrorKind::Stopped) if the service has
    /// stopped.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the generation is still confirmed.
    pub async fn confirm(&self, generation: Generation) -> Result<(), Error> {
        self.shared.inbox.confirm(generation).await
    }
}
