//! Publications in two steps, without the type of the value.

use super::Target;
use crate::error::Error;
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::service::shared::inbox::{has_stopped, stopped};
use crate::service::shared::request::Requester;
use crate::snapshot::Generation;

impl Target {
    /// Says what a load would do now, as [`Control::plan`](crate::Control::plan).
    ///
    /// # Errors
    ///
    /// The plan has the error: [`Plan::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the source may still be loaded, without an effect.
    pub async fn plan(&self) -> Plan {
        match self.service.upgrade() {
            Some(service) => service.plan().await,
            None => Plan::failed(has_stopped()),
        }
    }

    /// Publishes the content of a plan, as [`Control::apply`](crate::Control::apply).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the content may still be published.
    pub async fn apply(&self, token: &str) -> Receipt {
        self.apply_for(Requester::Manual, token).await
    }

    /// Publishes the content of a plan for this requester, which events and logs name as the trigger.
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the content may still be published.
    pub async fn apply_for(&self, requester: Requester, token: &str) -> Receipt {
        let trigger = requester.into();
        match self.service.upgrade() {
            Some(service) => service.apply(token.to_owned(), trigger).await,
            None => stopped(trigger),
        }
    }

    /// Ends the probation of this generation, as [`Control::confirm`](crate::Control::confirm).
    ///
    /// # Errors
    ///
    /// As [`Control::confirm`](crate::Control::confirm).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the generation is still confirmed.
    pub async fn confirm(&self, generation: Generation) -> Result<(), Error> {
        match self.service.upgrade() {
            Some(service) => service.confirm(generation).await,
            None => Err(has_stopped()),
        }
    }
}
