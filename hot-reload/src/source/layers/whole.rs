//! [`Whole`]: all layers as one source, which is read at one moment.

use std::sync::{Arc, Mutex};

use super::contents::{Contents, Filled};
use super::explain::History;
use super::layer::Layer;
use super::memory::{Memory, Read, whole_name};
use super::status::{self, Notes};
use super::watch;
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::locks::lock;
use crate::revision::Revision;
use crate::source::Source;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::Node;
use crate::source::fetched::Fetched;
use crate::source::include::Companion;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// All layers as one source. Its revision is that of all of them; its parts are the documents that may have references.
#[derive(Clone)]
pub(in crate::source) struct Whole {
    pub(super) layers: Arc<Vec<Layer>>,
    pub(super) shared: Arc<Shared>,
    pub(super) quoting: Quoting,
}

/// What all clones share.
#[derive(Default)]
pub(super) struct Shared {
    /// Locked during a load, because several services may load clones. `contents` and `made` are those of this load.
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) memory: tokio::sync::Mutex<Memory>,
    contents: Mutex<Arc<Contents>>,
    pub(super) made: Mutex<Option<Made>>,
    pub(super) filled: Mutex<Filled>,
    /// The files that references name.
    pub(super) companion: Companion,
    pub(super) notes: Mutex<Notes>,
    pub(super) history: Arc<Mutex<History>>,
}

/// What a value was decoded from, and the keys that it ignores.
pub(super) struct Made {
    pub(super) trees: Vec<Option<Arc<Node>>>,
    pub(super) ignored: Vec<Error>,
    pub(super) count: usize,
}

impl Whole {
    /// The content that was fetched last.
    pub(super) fn contents(&self) -> Arc<Contents> {
        Arc::clone(&lock(&self.shared.contents))
    }
}

impl Source for Whole {
    fn name(&self) -> String {
        whole_name(&self.layers)
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let mut memory = self.shared.memory.lock().await;
        Ok(match memory.read(&self.layers, self.quoting).await? {
            Read::Held { hold, again } => Fetched::Held { hold, again },
            Read::Missing => Fetched::Absent,
            Read::Whole(revision) if seen == Some(&revision) => Fetched::Unchanged,
            Read::Whole(revision) => {
                let contents = Arc::new(memory.contents());
                let files = contents.documents();
                *lock(&self.shared.contents) = contents;
                Fetched::Files { files, revision }
            }
        })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        let (subscription, without) = watch::open(&self.layers, hints).await?;
        lock(&self.shared.notes).unwatched = without;
        Ok(subscription)
    }

    fn profile(&self) -> WatchProfile {
        watch::profile(&self.layers)
    }

    fn status(&self) -> Option<SourceStatus> {
        Some(status::status(&self.layers, &lock(&self.shared.notes)))
    }
}
