//! [`Tray`]: a source of values of any type, each loaded once. [`Ledger`]: records when values are freed.

use std::sync::{Arc, Mutex};
use std::thread;

use hot_reload::error::ErrorKind;
use hot_reload::{
    Builder, Control, Error, Live, Loaded, Outcome, Reload, ReloadResult, ReloaderError,
    ReloaderService, Revision, async_trait,
};
use tokio::time::Instant;

/// A source that holds what a test has put into it.
pub(crate) struct Tray<V>(Arc<Mutex<Held<V>>>);

struct Held<V> {
    next: Option<V>,
    put: u64,
}

impl<V: Send + Sync + 'static> Tray<V> {
    pub(crate) fn empty() -> Self {
        Self(Arc::new(Mutex::new(Held { next: None, put: 0 })))
    }

    pub(crate) fn with(value: V) -> Self {
        let tray = Self::empty();
        tray.put(value);
        tray
    }

    pub(crate) fn put(&self, value: V) {
        let mut held = self.0.lock().unwrap();
        held.next = Some(value);
        held.put += 1;
    }

    /// A service on it that loads on request, and otherwise once an hour.
    pub(crate) fn builder(&self) -> Builder<Self, V, String> {
        ReloaderService::builder_by_revision(self.clone()).interval(crate::script::seconds(3600))
    }

    pub(crate) async fn service(&self) -> (Live<V>, Control<V>) {
        self.builder().start().await.unwrap()
    }

    /// Makes the service load this value.
    pub(crate) async fn offer(&self, control: &Control<V>, value: V) -> Outcome {
        self.put(value);
        control.reload().await.outcome
    }

    /// As [`offer`](Self::offer), of a value that nothing is wrong with.
    pub(crate) async fn publish(&self, control: &Control<V>, value: V) {
        let outcome = self.offer(control, value).await;
        assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    }
}

impl<V> Clone for Tray<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[async_trait]
impl<V: Send + Sync + 'static> Reload<V, String> for Tray<V> {
    type Source = Self;

    async fn new(tray: &Self) -> ReloadResult<Self, V, String> {
        Ok(tray.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<V>, V, String> {
        Ok(self.0.lock().unwrap().next.take())
    }

    async fn reload_since(&self, seen: Option<&Revision>) -> ReloadResult<Loaded<V>, V, String> {
        let mut held = self.0.lock().unwrap();
        let revision = Some(Revision::new(held.put.to_string()));
        match held.next.take() {
            Some(value) => Ok(Loaded::Value { value, revision }),
            None if seen.is_some() => Ok(Loaded::Unchanged),
            None => Err(ReloaderError::Other(anyhow::Error::new(Error::new(
                ErrorKind::Unavailable,
                "the tray is empty",
            )))),
        }
    }
}

/// Which values were freed: when, and by which thread.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<Freed>>>);

#[derive(Debug, Clone)]
pub(crate) struct Freed {
    pub(crate) number: u64,
    pub(crate) at: Instant,
    pub(crate) by: Option<String>,
}

impl Ledger {
    /// A value that writes here when it is freed.
    pub(crate) fn value(&self, number: u64) -> Entry {
        Entry {
            number,
            text: number.to_string(),
            ledger: self.clone(),
        }
    }

    pub(crate) fn entries(&self) -> Vec<Freed> {
        self.0.lock().unwrap().clone()
    }

    /// The numbers of those that were freed, in that order.
    pub(crate) fn freed(&self) -> Vec<u64> {
        let entries = self.0.lock().unwrap();
        entries.iter().map(|freed| freed.number).collect()
    }
}

pub(crate) struct Entry {
    pub(crate) number: u64,
    /// The number again.
    pub(crate) text: String,
    ledger: Ledger,
}

impl Entry {
    /// Whether this value is intact, rather than freed.
    pub(crate) fn is_whole(&self) -> bool {
        self.text.parse() == Ok(self.number)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // So that a later read notices.
        self.text.clear();
        self.ledger.0.lock().unwrap().push(Freed {
            number: self.number,
            at: Instant::now(),
            by: thread::current().name().map(str::to_owned),
        });
    }
}
