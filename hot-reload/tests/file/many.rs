//! A source of several files that is loaded at every hint.
#![allow(dead_code, reason = "each program of tests uses a part of it")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeMap;

use hot_reload::source::Dir;
use hot_reload::source::files::DecodeFiles;
use hot_reload::source::files::{DecodedFiles, Each};
use hot_reload::{Error, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, Revision, WatchEvent};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use crate::file::{DEADLINE, TextDecoder};

/// The text of each file by its path.
pub(crate) type Texts = BTreeMap<std::path::PathBuf, String>;

/// A watched source of several files, and every value that it was seen to hold.
pub(crate) struct ManyRig<D: DecodeFiles> {
    reload: DecodedFiles<D>,
    handle: Option<RealtimeWatchHandle<D::Value>>,
    revision: Option<Revision>,
    /// `None`: absent.
    pub(crate) current: Option<D::Value>,
    pub(crate) published: Vec<Option<D::Value>>,
    pub(crate) loads: usize,
    /// The files that loads have reported as emptied. `None` means all.
    pub(crate) emptied: Vec<Option<String>>,
    /// The number of loads that returned "unchanged".
    pub(crate) unchanged: usize,
    pub(crate) error: Option<Error>,
}

impl ManyRig<Each<TextDecoder>> {
    pub(crate) async fn watch(dir: Dir) -> Self {
        Self::watch_source(dir.each(TextDecoder)).await
    }

    /// Loads at every hint until the files are these.
    pub(crate) async fn expect(&mut self, files: &[(&str, &str)]) {
        let files: Texts = texts(files);
        let what = format!("{files:?}");
        self.until(|rig| rig.current.as_ref() == Some(&files), &what)
            .await;
    }
}

/// As they are published.
pub(crate) fn texts(files: &[(&str, &str)]) -> Texts {
    let file = |(path, text): &(&str, &str)| ((*path).into(), (*text).to_owned());
    files.iter().map(file).collect()
}

impl<D: DecodeFiles> ManyRig<D>
where
    D::Value: Clone + PartialEq + std::fmt::Debug,
{
    /// Opens the watch, then loads for the first time, as a service does.
    pub(crate) async fn watch_source(reload: DecodedFiles<D>) -> Self {
        let mut rig = Self::poll(reload);
        rig.handle = Some(rig.reload.watch_realtime().await.unwrap());
        let _ = rig.load().await;
        rig
    }

    /// Without a watch.
    pub(crate) fn poll(reload: DecodedFiles<D>) -> Self {
        Self {
            reload,
            handle: None,
            revision: None,
            current: None,
            published: Vec::new(),
            loads: 0,
            emptied: Vec::new(),
            unchanged: 0,
            error: None,
        }
    }

    pub(crate) async fn load(&mut self) -> Result<(), Error> {
        self.loads += 1;
        let loaded = timeout(DEADLINE, self.reload.reload_since(self.revision.as_ref()))
            .await
            .expect("a load takes too long");
        let now = match loaded {
            Ok(Loaded::Value { value, revision }) => {
                self.revision = revision;
                Some(value)
            }
            Ok(Loaded::Emptied {
                value,
                revision,
                file,
            }) => {
                self.revision = revision;
                self.emptied.push(file);
                value
            }
            Ok(Loaded::Missing) => {
                self.revision = None;
                None
            }
            Ok(_) => {
                self.unchanged += 1;
                return Ok(());
            }
            Err(error) => {
                let error = Error::from(error);
                self.revision = error.revision().cloned().or_else(|| self.revision.take());
                self.error = Some(error.clone());
                return Err(error);
            }
        };
        self.error = None;
        if self.published.last() != Some(&now) {
            self.published.push(now.clone());
        }
        self.current = now;
        Ok(())
    }

    pub(crate) async fn expect_absent(&mut self) {
        self.until(|rig| rig.current.is_none(), "nothing").await;
    }

    /// Loads at every hint until a load fails with this message.
    pub(crate) async fn expect_error(&mut self, part: &str) {
        let fits = |rig: &Self| {
            let error = rig.error.as_ref();
            error.is_some_and(|error| error.to_string().contains(part))
        };
        self.until(fits, part).await;
    }

    pub(crate) async fn until(&mut self, reached: impl Fn(&Self) -> bool, what: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !reached(self) {
            let rx = &mut self.handle.as_mut().expect("a watch").rx;
            match timeout_at(deadline, rx.recv()).await {
                Ok(Some(WatchEvent::Hint)) => {}
                Ok(other) => panic!("the watch has ended: {other:?}"),
                Err(_) => panic!(
                    "no hint led to {what}; {} loads, {:?}, {:?}",
                    self.loads, self.current, self.error
                ),
            }
            let _ = self.load().await;
        }
    }

    /// Takes in the hints that are still on their way, until none has come for a while.
    pub(crate) async fn settle(&mut self) {
        loop {
            let rx = &mut self.handle.as_mut().expect("a watch").rx;
            match timeout(Duration::from_millis(200), rx.recv()).await {
                Ok(Some(WatchEvent::Hint)) => {
                    let _ = self.load().await;
                }
                Ok(other) => panic!("the watch has ended: {other:?}"),
                Err(_) => return,
            }
        }
    }
}
