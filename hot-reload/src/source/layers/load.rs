//! Loads and watches [`Layers`].

use std::fmt;
use std::mem;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::builder::Layers;
use super::memory::{Emptied, Memory, Read, whole_name};
use super::status;
use super::unknown::Unknown;
use super::watch;
use crate::error::Error;
use crate::hints::{Content, HintSender, Subscription};
use crate::locks::lock;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::snapshot::Snapshot;
use crate::source::decode::tree::{Decoded, Node, Tree, merged};
use crate::source::values::source_of_values;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

source_of_values!(impl<T: DeserializeOwned> for Layers<T>, of T, published note_visible, where T: Send + Sync + 'static);

impl<T: DeserializeOwned + Send + Sync + 'static> Layers<T> {
    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<T>, Error> {
        let mut memory = self.shared.memory.lock().await;
        let remember = |decoded: &mut Decoded<T>, trees: Vec<_>, revision: &Revision| {
            let mut notes = lock(&self.shared.notes);
            notes.unknown = mem::take(&mut decoded.ignored);
            notes.unknown_count = decoded.count;
            drop(notes);
            // Without a handle, nobody can ask for an explanation.
            if Arc::strong_count(&self.shared.history) > 1 {
                let names = self.layers.iter().map(|layer| layer.name.clone());
                let loaded = names.zip(trees).collect();
                let mut history = lock(&self.shared.history);
                history.remember(revision.clone(), loaded, self.quoting);
            }
        };
        self.load_with(&mut memory, seen, remember).await
    }

    /// Loads on a copy of the memory, and forgets everything.
    async fn plan(&self, seen: Option<&Revision>) -> Result<Loaded<T>, Error> {
        let memory = self.shared.memory.lock().await;
        self.load_with(&mut memory.clone(), seen, |_, _, _| {})
            .await
    }

    async fn load_with(
        &self,
        memory: &mut Memory,
        seen: Option<&Revision>,
        remember: impl FnOnce(&mut Decoded<T>, Vec<Option<Arc<Node>>>, &Revision) + Send,
    ) -> Result<Loaded<T>, Error> {
        let revision = match memory.read(&self.layers, self.quoting).await? {
            Read::Held { hold, again } => return Ok(Loaded::Held { hold, again }),
            Read::Missing => return Ok(Loaded::Missing),
            Read::Whole(revision) if seen == Some(&revision) => return Ok(Loaded::Unchanged),
            Read::Whole(revision) => revision,
        };
        let decoded = memory
            .trees()
            .and_then(|trees| Ok((self.decode(&trees)?, trees)));
        let decoded = decoded.map(|(mut decoded, trees)| {
            remember(&mut decoded, trees, &revision);
            decoded.value
        });
        match memory.fill() {
            Emptied::One(file) if !self.empty_is_content => {
                blank(decoded, revision, Some(file), true)
            }
            Emptied::All { had_content } if !self.empty_is_content && had_content => {
                blank(decoded, revision, None, had_content)
            }
            Emptied::None | Emptied::One(_) | Emptied::All { .. } => match decoded {
                Ok(value) => Ok(Loaded::Value {
                    value,
                    revision: Some(revision),
                }),
                Err(error) => Err(error.with_revision(revision)),
            },
        }
    }

    /// Merges the layers, and decodes the whole.
    fn decode(&self, trees: &[Option<Arc<Node>>]) -> Result<Decoded<T>, Error> {
        let name = self.name();
        let root = merged(trees.iter().flatten().map(|tree| &**tree), &name);
        let tree = Tree {
            root: &root,
            name: &name,
            quoting: self.quoting,
        };
        let mut decoded = tree.decode(self.unknown == Unknown::Refuse)?;
        if self.unknown == Unknown::Ignore {
            decoded.ignored.clear();
            decoded.count = 0;
        }
        Ok(decoded)
    }

    /// Content has the bytes of one layer only, so it is a hint.
    fn decode_content(&self, _: Content) -> Result<Option<Loaded<T>>, Error> {
        Ok(None)
    }

    fn name(&self) -> String {
        whole_name(&self.layers)
    }

    fn status(&self) -> Option<SourceStatus> {
        Some(status::status(&self.layers, &lock(&self.shared.notes)))
    }

    fn note_visible(&self, visible: &Snapshot<T>) {
        lock(&self.shared.history).note_visible(visible.revision());
    }

    fn profile(&self) -> WatchProfile {
        watch::profile(&self.layers)
    }

    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        let (subscription, without) = watch::open(&self.layers, hints).await?;
        lock(&self.shared.notes).unwatched = without;
        Ok(subscription)
    }
}

impl<T> fmt::Debug for Layers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layers")
            .field(&whole_name(&self.layers))
            .finish()
    }
}
