//! [`Memory`]: a source of parts that changes without a hint, and the clock of a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use tokio::time::{Duration, Instant};

use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::locks::lock;
use crate::revision::Revision;
use crate::source::files::{Files, Part};
use crate::source::{Fetched, Source};

/// Parts that change without a hint: a directory that others renew where no event says so.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<BTreeMap<String, String>>>);

impl Memory {
    pub(super) fn put(&self, key: &str, text: &str) {
        lock(&self.0).insert(key.to_owned(), text.to_owned());
    }
}

impl Source for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let parts = lock(&self.0).clone();
        let tokens = parts
            .iter()
            .flat_map(|(key, text)| [Revision::new(key), Revision::new(text)]);
        let revision = Revision::join(tokens);
        if seen == Some(&revision) {
            return Ok(Fetched::Unchanged);
        }
        let files = Files::new(parts.into_iter().map(|(key, text)| Part::new(key, text)))?;
        Ok(Fetched::Files { files, revision })
    }

    /// A watch that never hints.
    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        Ok(Subscription::new(hints))
    }
}

/// The clock of the runtime, from a moment on.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    at: u64,
}

impl Clock {
    pub(super) fn starts_at(at: u64) -> Arc<Self> {
        let began = Instant::now();
        Arc::new(Self { began, at })
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = Duration::from_secs(self.at) + self.began.elapsed();
        Some(UnixTime::since_unix_epoch(now))
    }
}
