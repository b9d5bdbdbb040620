//! [`Witness`]: a participant that records all its calls and all visible values.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hot_reload::{Live, Participant, async_trait};
use tokio::time::sleep;

use super::record::{Entry, Record};
use super::schedule::Setup;

#[derive(Clone)]
pub(super) struct Witness {
    record: Record,
    /// Set before the service first runs.
    pub(super) live: Arc<OnceLock<Live<String>>>,
    refuses: Arc<AtomicBool>,
    open: Arc<AtomicUsize>,
    prepare_takes: Duration,
    commit_takes: Duration,
}

/// The prepared value that is not in use.
pub(super) struct Prepared(Arc<AtomicUsize>);

impl Drop for Prepared {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Witness {
    pub(super) fn new(setup: &Setup, record: &Record) -> Self {
        Self {
            record: record.clone(),
            live: Arc::default(),
            refuses: Arc::default(),
            open: Arc::default(),
            prepare_takes: setup.prepare_takes,
            commit_takes: setup.commit_takes,
        }
    }

    pub(super) fn refuse(&self, refuses: bool) {
        self.record.add(Entry::Refuses(refuses));
        self.refuses.store(refuses, Ordering::Relaxed);
    }

    /// How much is prepared, and neither committed nor given up.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Participant<String> for Witness {
    type Prepared = Prepared;

    async fn prepare(&self, candidate: &String) -> Result<Prepared, Box<dyn Error + Send + Sync>> {
        self.open.fetch_add(1, Ordering::Relaxed);
        let prepared = Prepared(Arc::clone(&self.open));
        sleep(self.prepare_takes).await;
        let ready = !self.refuses.load(Ordering::Relaxed);
        self.record.add(Entry::Voted {
            value: candidate.clone(),
            ready,
        });
        match ready {
            true => Ok(prepared),
            false => Err("not now".into()),
        }
    }

    /// It begins as soon as the value is visible: nothing runs in between.
    async fn commit(&self, prepared: Prepared) {
        let visible = self.live.get().unwrap().get();
        self.record.add(Entry::Published((&visible).into()));
        drop(visible);
        drop(prepared);
        sleep(self.commit_takes).await;
    }

    async fn abort(&self, prepared: Prepared) {
        self.record.add(Entry::Aborted);
        drop(prepared);
    }
}
