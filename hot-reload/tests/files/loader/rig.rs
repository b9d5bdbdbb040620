//! A source with a loader, driven like by a service.

use hot_reload::source::file::LoadFile;
use hot_reload::source::file::LoadedFile;
use hot_reload::{Error, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, Revision, WatchEvent};
use tokio::time::timeout;

use crate::file::DEADLINE;

/// A source that is driven like by a service, and everything that it returned.
pub(crate) struct Rig<L: LoadFile> {
    pub(crate) source: LoadedFile<L>,
    pub(crate) handle: Option<RealtimeWatchHandle<L::Value>>,
    pub(crate) revision: Option<Revision>,
    pub(crate) seen: Vec<L::Value>,
}

impl<L: LoadFile> Rig<L>
where
    L::Value: Clone + PartialEq + std::fmt::Debug,
{
    pub(crate) fn poll(source: LoadedFile<L>) -> Self {
        Self {
            source,
            handle: None,
            revision: None,
            seen: Vec::new(),
        }
    }

    pub(crate) async fn watch(source: LoadedFile<L>) -> Self {
        let mut rig = Self::poll(source);
        rig.handle = Some(rig.source.watch_realtime().await.unwrap());
        rig.load().await.unwrap();
        rig
    }

    pub(crate) async fn load(&mut self) -> Result<Loaded<()>, Error> {
        let loading = self.source.reload_since(self.revision.as_ref());
        match timeout(DEADLINE, loading)
            .await
            .expect("a load takes too long")
        {
            Ok(Loaded::Value { value, revision }) => {
                self.revision.clone_from(&revision);
                if self.seen.last() != Some(&value) {
                    self.seen.push(value);
                }
                let value = ();
                Ok(Loaded::Value { value, revision })
            }
            Ok(Loaded::Emptied {
                value,
                revision,
                file,
            }) => {
                self.revision.clone_from(&revision);
                Ok(Loaded::Emptied {
                    value: value.map(|_| ()),
                    revision,
                    file,
                })
            }
            Ok(Loaded::Unchanged) => Ok(Loaded::Unchanged),
            Ok(_) => {
                self.revision = None;
                Ok(Loaded::Missing)
            }
            Err(error) => {
                let error = Error::from(error);
                self.revision = error.revision().cloned().or_else(|| self.revision.take());
                Err(error)
            }
        }
    }

    /// Waits for hints until this is seen.
    pub(crate) async fn expect(&mut self, value: &L::Value) {
        while self.seen.last() != Some(value) {
            let rx = &mut self.handle.as_mut().expect("a watch").rx;
            let event = timeout(DEADLINE, rx.recv()).await;
            assert!(
                matches!(event, Ok(Some(WatchEvent::Hint))),
                "{event:?} before {value:?}, but {:?}",
                self.seen
            );
            let _ = self.load().await;
        }
    }
}
