//! Loads and watches [`Layers`].

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::builder::Layers;
use super::contents::Emptied;
#[cfg(feature = "expand")]
use super::expand;
use super::unknown::Unknown;
use super::whole::{Made, Shared, Whole};
use crate::error::Error;
use crate::hints::{Content, HintSender, Subscription};
use crate::locks::lock;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::snapshot::Snapshot;
#[cfg(feature = "expand")]
use crate::source::decode::expand::Values;
use crate::source::decode::tree::{Decoded, Node, Tree, merged};
use crate::source::fetched::Fetched;
use crate::source::files::Files;
use crate::source::include::decoding::{Decoding, Input};
use crate::source::on_drop::OnDrop;
use crate::source::values::source_of_values;
use crate::source::{Source as _, include};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

source_of_values!(impl<T: DeserializeOwned> for Layers<T>, of T, published note_visible, where T: Send + Sync + 'static);

impl<T: DeserializeOwned + Send + Sync + 'static> Layers<T> {
    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<T>, Error> {
        let shared = &*self.whole.shared;
        let _turn = shared.turn.lock().await;
        let loaded = include::load(self, &shared.companion, seen).await;
        let made = lock(&shared.made).take();
        if let Ok(
            Loaded::Value {
                revision: Some(revision),
                ..
            }
            | Loaded::Emptied {
                revision: Some(revision),
                ..
            },
        ) = &loaded
            && let Some(made) = made
        {
            self.note(made, revision);
        }
        loaded
    }

    /// Loads, and forgets everything.
    async fn plan(&self, seen: Option<&Revision>) -> Result<Loaded<T>, Error> {
        let shared = &*self.whole.shared;
        let _turn = shared.turn.lock().await;
        let memory = shared.memory.lock().await.clone();
        let filled = lock(&shared.filled).clone();
        let _restored = OnDrop(|| {
            lock(&shared.filled).clone_from(&filled);
            // It is locked during a load only, which has ended.
            if let Ok(mut now) = shared.memory.try_lock() {
                now.clone_from(&memory);
            }
            *lock(&shared.made) = None;
        });
        include::plan(self, &shared.companion, seen).await
    }

    /// Content has the bytes of one layer only, so it is a hint.
    fn decode_content(&self, _: Content) -> Result<Option<Loaded<T>>, Error> {
        Ok(None)
    }

    fn name(&self) -> String {
        self.whole.name()
    }

    fn status(&self) -> Option<SourceStatus> {
        include::status(&self.whole.shared.companion, &self.whole)
    }

    fn note_visible(&self, visible: &Snapshot<T>) {
        lock(&self.whole.shared.history).note_visible(visible.revision());
    }

    fn profile(&self) -> WatchProfile {
        self.whole.profile()
    }

    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        include::open(&self.whole.shared.companion, &self.whole, hints).await
    }

    /// Merges the trees of the layers, and decodes the whole. `hide` removes the values of references from an error.
    fn decode_trees(
        &self,
        trees: Vec<Option<Arc<Node>>>,
        hide: impl Fn(Error) -> Error,
    ) -> Result<T, Error> {
        let name = self.name();
        let root = merged(trees.iter().flatten().map(|tree| &**tree), &name);
        let tree = Tree {
            root: &root,
            name: &name,
            quoting: self.whole.quoting,
        };
        let decoded = tree.decode(self.unknown == Unknown::Refuse);
        let Decoded {
            value,
            mut ignored,
            mut count,
        } = decoded.map_err(&hide)?;
        if self.unknown == Unknown::Ignore {
            ignored.clear();
            count = 0;
        }
        *lock(&self.whole.shared.made) = Some(Made {
            trees,
            ignored: ignored.into_iter().map(hide).collect(),
            count,
        });
        Ok(value)
    }

    /// Records the facts about a value that its status reports.
    fn note(&self, made: Made, revision: &Revision) {
        let Shared { notes, history, .. } = &*self.whole.shared;
        let mut notes = lock(notes);
        notes.unknown = made.ignored;
        notes.unknown_count = made.count;
        drop(notes);
        // Without a handle, nobody can ask for an explanation.
        if Arc::strong_count(history) > 1 {
            let names = self.whole.layers.iter().map(|layer| layer.name.clone());
            let loaded = names.zip(made.trees).collect();
            lock(history).remember(revision.clone(), loaded, self.whole.quoting);
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Decoding for Layers<T> {
    type Source = Whole;
    type Value = T;

    fn source(&self) -> &Whole {
        &self.whole
    }

    fn parts(&self, fetched: Fetched) -> Result<Input<T>, Error> {
        Ok(Input::of(fetched, || self.name()))
    }

    /// Decodes the contents of the last fetch. `files` are its documents.
    fn decode(&self, files: &Files) -> Result<T, Error> {
        let contents = self.whole.contents();
        *lock(&self.whole.shared.made) = None;
        #[cfg(feature = "expand")]
        if self.expands {
            let mut values = Values::default();
            let trees = expand::trees(&contents, files, self.whole.quoting, &mut values)?;
            return self.decode_trees(trees, |error| values.hide(error));
        }
        let _ = files;
        self.decode_trees(contents.trees()?, |error| error)
    }

    fn finish(
        &self,
        decoded: Result<T, Error>,
        _: &Files,
        revision: Revision,
        referenced: Option<String>,
    ) -> Result<Loaded<T>, Error> {
        let emptied = lock(&self.whole.shared.filled).fill(&self.whole.contents());
        let checks = !self.empty_is_content;
        match (decoded, emptied) {
            (decoded, Emptied::One(file)) if checks => blank(decoded, revision, Some(file), true),
            (decoded, Emptied::All { had_content: true }) if checks => {
                blank(decoded, revision, None, true)
            }
            (decoded, _) if checks && referenced.is_some() => {
                blank(decoded, revision, referenced, true)
            }
            (Ok(value), _) => Ok(Loaded::Value {
                value,
                revision: Some(revision),
            }),
            (Err(error), _) => Err(error.with_revision(revision)),
        }
    }
}

impl<T> fmt::Debug for Layers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("Layers");
        shown.field(&self.whole.name()).finish()
    }
}
