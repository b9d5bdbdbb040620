//! [`Subject`]: an implementation that follows a file, of this crate or another.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rustix::process::Pid;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::version::Published;
use crate::world::now;

/// An implementation under test.
pub(crate) trait Subject: Send + Sync {
    /// Follows this file until the returned guard is dropped.
    fn follow(&self, path: &Path) -> impl Future<Output = Followed> + Send;

    /// Whether it reports a removed file, or keeps the last content.
    fn reports_absence(&self) -> bool;

    /// Whether it is this process that watches.
    fn is_here(&self) -> bool {
        true
    }
}

/// A file that is being followed.
pub(crate) struct Followed {
    pub(crate) published: UnboundedReceiver<(Instant, Published)>,
    /// How often it was woken.
    pub(crate) wakes: Arc<AtomicUsize>,
    /// The process that watches, if it is another one.
    pub(crate) process: Option<Pid>,
    /// Ends it. Says how many changes were found without having been announced.
    pub(crate) end: Pin<Box<dyn Future<Output = u64> + Send>>,
}

/// Where an implementation says what it has published.
#[derive(Clone)]
pub(crate) struct Publisher {
    sender: UnboundedSender<(Instant, Published)>,
    wakes: Arc<AtomicUsize>,
}

impl Publisher {
    pub(crate) fn new() -> (Self, UnboundedReceiver<(Instant, Published)>) {
        let (sender, published) = mpsc::unbounded_channel();
        let wakes = Arc::default();
        (Self { sender, wakes }, published)
    }

    pub(crate) fn publish(&self, published: Published) {
        let _ = self.sender.send((now(), published));
    }

    pub(crate) fn woken(&self) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn wakes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.wakes)
    }
}
