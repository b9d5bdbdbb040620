//! Rollbacks, without the type of the value.

use super::Target;
use crate::event::Trigger;
use crate::receipt::Receipt;
use crate::service::shared::inbox::stopped;
use crate::service::shared::request::Earlier;
use crate::snapshot::Generation;

impl Target {
    /// Publishes the value before the visible one again, as [`Control::rollback`](crate::Control::rollback).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the rollback still takes place.
    pub async fn rollback(&self) -> Receipt {
        self.roll_back(Earlier::Previous).await
    }

    /// Publishes an earlier value again, as [`Control::rollback_to`](crate::Control::rollback_to).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the rollback still takes place.
    pub async fn rollback_to(&self, generation: Generation) -> Receipt {
        self.roll_back(Earlier::Generation(generation)).await
    }

    async fn roll_back(&self, to: Earlier) -> Receipt {
        match self.service.upgrade() {
            Some(service) => service.roll_back(to).await,
            None => stopped(Trigger::Rollback),
        }
    }

    /// The generations of the history, the newest first: those that [`rollback_to`](Self::rollback_to) can publish again.
    pub fn history(&self) -> Vec<Generation> {
        let service = self.service.upgrade();
        service.map_or_else(Vec::new, |service| service.generations())
    }
}
