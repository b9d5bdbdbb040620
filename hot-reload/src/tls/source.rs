//! [`Expiring`]: a source of files that also hints when the date of a certificate is reached.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::expiry::Expiry;
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::source::{BoxSource, Fetched, Source};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// The files of certificates, with hints before a certificate expires.
///
/// A directory may be renewed by others where no event says so. A service in pure realtime mode would not load it again in time.
/// So the subscription hints once an hour from the warning on, and when a certificate that was refused as too early is valid.
pub(super) struct Expiring {
    pub(super) files: BoxSource,
    pub(super) expiry: Arc<Expiry>,
}

impl Source for Expiring {
    fn name(&self) -> String {
        self.files.name()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        // Content that was refused because of the date is decoded again, although it is the same.
        let seen = seen.filter(|_| !self.expiry.would_accept());
        self.files.fetch(seen).await
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        let files = self.files.subscribe(hints.clone()).await?;
        let mut reminder = JoinSet::new();
        reminder.spawn(remind(hints, Arc::clone(&self.expiry)));
        Ok(Subscription::new((files, reminder)))
    }

    fn profile(&self) -> WatchProfile {
        self.files.profile()
    }

    fn status(&self) -> Option<SourceStatus> {
        let files = self.files.status().unwrap_or_default();
        Some(self.expiry.describe(files))
    }

    fn accepts_empty(&self) -> bool {
        self.files.accepts_empty()
    }
}

/// Hints at each date, until it is aborted.
async fn remind(hints: HintSender, expiry: Arc<Expiry>) {
    let mut changes = expiry.changes();
    while !hints.is_closed() {
        changes.mark_unchanged();
        let is_date = timeout(expiry.pause(), changes.changed()).await.is_err();
        if is_date && expiry.is_due() {
            hints.hint();
        }
    }
}
