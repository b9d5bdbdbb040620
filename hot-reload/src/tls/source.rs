//! [`Expiring`]: a source of files that also hints when the date of a certificate is reached.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::expiry::{Expiry, PERIOD};
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::source::{Base, BoxSource, Fetched, Source};
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
        // Content that was refused because of the date is good now, although it is the same. So it is another state.
        let has_become_valid = self.expiry.would_accept();
        let seen = seen.filter(|_| !has_become_valid);
        let mut fetched = self.files.fetch(seen).await?;
        if has_become_valid
            && let Fetched::Content { revision, .. } | Fetched::Files { revision, .. } =
                &mut fetched
        {
            *revision = Revision::join([revision.clone(), Revision::new("valid")]);
        }
        Ok(fetched)
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        // The watch ends with the sender of the files.
        let quiet = hints.quiet();
        let files = self.files.subscribe(hints).await?;
        if files.is_none() {
            return Ok(files);
        }
        let mut reminder = JoinSet::new();
        reminder.spawn(remind(
            HintSender::quietly(&quiet),
            Arc::clone(&self.expiry),
        ));
        Ok(Subscription::new((files, reminder)))
    }

    fn profile(&self) -> WatchProfile {
        self.files.profile()
    }

    fn status(&self) -> Option<SourceStatus> {
        let files = self.files.status().unwrap_or_default();
        Some(self.expiry.describe(files))
    }

    fn base(&self) -> Base {
        self.files.base()
    }

    fn accepts_empty(&self) -> bool {
        self.files.accepts_empty()
    }
}

/// Hints at each date, until it is aborted.
async fn remind(hints: HintSender, expiry: Arc<Expiry>) {
    let mut changes = expiry.changes();
    let mut next = Instant::now() + PERIOD;
    while !hints.is_closed() {
        changes.mark_unchanged();
        // A change of the dates never postpones the hourly hint.
        let end = next.min(Instant::now() + expiry.pause());
        if timeout_at(end, changes.changed()).await.is_err() {
            next = end + PERIOD;
            if expiry.is_due() {
                hints.hint();
            }
        }
    }
}
