//! [`Expiring`]: a source of files that also hints when the date of a certificate is reached.

use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::expiry::{Expiry, PERIOD};
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::locks::lock;
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
    /// The content that has become valid.
    pub(super) valid: Mutex<Option<Valid>>,
}

/// Content that was refused because of a date, and is good since. It keeps its second revision until it changes.
#[derive(Clone)]
pub(super) struct Valid {
    /// The revision of the files.
    files: Revision,
    revision: Revision,
}

impl Source for Expiring {
    fn name(&self) -> String {
        self.files.name()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        // Content that was refused because of the date is good now, although it is the same. So it is another state.
        let has_become_valid = self.expiry.would_accept();
        let valid = lock(&self.valid).clone();
        let of_files = match &valid {
            Some(valid) if seen == Some(&valid.revision) => Some(&valid.files),
            _ => seen,
        };
        let of_files = of_files.filter(|_| !has_become_valid);
        let mut fetched = self.files.fetch(of_files).await?;
        if let Fetched::Content { revision, .. } | Fetched::Files { revision, .. } = &mut fetched {
            let valid = valid.filter(|valid| valid.files == *revision);
            let valid = valid.or_else(|| has_become_valid.then(|| Valid::of(revision)));
            if let Some(valid) = &valid {
                revision.clone_from(&valid.revision);
            }
            *lock(&self.valid) = valid;
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

impl Valid {
    fn of(files: &Revision) -> Self {
        Self {
            files: files.clone(),
            revision: Revision::join([files.clone(), Revision::new("valid")]),
        }
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
