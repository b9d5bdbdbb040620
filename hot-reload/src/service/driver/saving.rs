//! [`Saver`]: saves the newest good value, one save at a time.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::error::Error;
use crate::service::policy::keeper::Keeper;
use crate::service::settings::SAVE_DEADLINE;
use crate::service::shared::Shared;
use crate::snapshot::Snapshot;

/// Saves published values, one at a time. Of the values published meanwhile, only the newest is saved.
pub(crate) struct Saver<'e, V> {
    shared: &'e Shared<V>,
    keeper: Arc<dyn Keeper<V>>,
    saving: Option<BoxFuture<'static, Result<(), Error>>>,
    waiting: Option<Snapshot<V>>,
    /// The logged error of the last save, if it failed.
    logged: Option<String>,
}

impl<'e, V> Saver<'e, V> {
    pub(crate) fn new(shared: &'e Shared<V>, keeper: Arc<dyn Keeper<V>>) -> Self {
        Self {
            shared,
            keeper,
            saving: None,
            waiting: None,
            logged: None,
        }
    }

    /// A value from the source was published.
    pub(crate) fn published(&mut self, newest: Snapshot<V>) {
        self.waiting = Some(newest);
        self.begin();
    }

    /// Waits until a save is done, and begins the next. Cancel safe.
    pub(crate) async fn saved(&mut self) {
        let Some(saving) = &mut self.saving else {
            return std::future::pending().await;
        };
        let saved = saving.await;
        self.saving = None;
        self.log(saved);
        self.begin();
    }

    /// The service ends: saves the newest published value, within a deadline.
    pub(crate) async fn finish(&mut self) {
        while self.saving.is_some() {
            if timeout(SAVE_DEADLINE, self.saved()).await.is_err() {
                warn!(target: "hot_reload", name = self.name(), "the last good value was not saved within {SAVE_DEADLINE:?}");
                return;
            }
        }
    }

    fn begin(&mut self) {
        if self.saving.is_none()
            && let Some(snapshot) = self.waiting.take()
        {
            self.saving = Some(self.keeper.save(snapshot).boxed());
        }
    }

    /// Logs a failure once.
    fn log(&mut self, saved: Result<(), Error>) {
        let text = saved.err().map(|error| error.to_string());
        match &text {
            Some(text) if self.logged.as_ref() == Some(text) => {
                debug!(target: "hot_reload", name = self.name(), "the last good value could still not be saved: {text}");
            }
            Some(text) => {
                warn!(target: "hot_reload", name = self.name(), "the last good value could not be saved: {text}");
            }
            None => {}
        }
        self.logged = text;
    }

    fn name(&self) -> &str {
        &self.shared.observers.target
    }
}

/// Waits until a save is done, and begins the next. Pending without a saver. Cancel safe.
pub(super) async fn saved<V>(saver: &mut Option<Box<Saver<'_, V>>>) {
    match saver {
        Some(saver) => saver.saved().await,
        None => std::future::pending().await,
    }
}
