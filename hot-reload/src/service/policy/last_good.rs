//! [`LastGood`] as the [`Keeper`] of a service.

use futures_util::future::BoxFuture;

use super::keeper::{Keeper, Restoring};
use crate::error::Error;
use crate::last_good::LastGood;
use crate::snapshot::Snapshot;

impl<V: Send + Sync + 'static> Keeper<V> for LastGood<V> {
    fn save(&self, snapshot: Snapshot<V>) -> BoxFuture<'static, Result<(), Error>> {
        let this = self.clone();
        Box::pin(async move { Self::save(&this, snapshot).await })
    }

    fn restore(&self) -> Restoring<V> {
        let this = self.clone();
        Box::pin(async move {
            let restored = Self::restore(&this).await?;
            Ok(restored.map(|restored| {
                let (revision, loaded_at) = (restored.revision().cloned(), restored.loaded_at());
                (restored.into_value(), revision, loaded_at)
            }))
        })
    }
}
