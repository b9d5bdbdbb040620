//! A temporary folder, and a source that is loaded at every hint.
#![allow(dead_code, reason = "each program of tests uses a part of it")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hot_reload::source::{Decode, DecodeWith, Decoded, File, Source};
use hot_reload::status::Hold;
use hot_reload::testing::files::atomic_save;
use hot_reload::{Error, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, Revision, WatchEvent};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

/// How long anything may take before the test has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// A folder of its own, removed in the end.
pub(crate) struct World(PathBuf);

impl World {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hot-reload-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        write(&path, text);
        path
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Writes a finished file and gives it the name.
    pub(crate) fn rename_into(&self, name: &str, text: &str) {
        atomic_save(self.path(name), text).unwrap();
    }

    /// Points the name at another target in one step.
    #[cfg(unix)]
    pub(crate) fn relink(&self, name: &str, target: impl AsRef<Path>) {
        let path = self.path(name);
        let draft = self.path(&format!("{name}.draft"));
        std::os::unix::fs::symlink(target, &draft).unwrap();
        fs::rename(&draft, &path).unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn write(path: impl AsRef<Path>, text: &str) {
    fs::write(path, text).unwrap();
}

type Text = Decoded<File, TextDecoder>;

pub(crate) struct TextDecoder;

impl Decode for TextDecoder {
    type Value = String;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<String, Error> {
        let text = DecodeWith::new(|bytes| {
            Ok::<_, Infallible>(String::from_utf8_lossy(bytes).into_owned())
        });
        text.decode(bytes, name)
    }
}

/// A watched file, and every text that it was seen to hold.
pub(crate) struct Rig {
    reload: Text,
    handle: Option<RealtimeWatchHandle<String>>,
    revision: Option<Revision>,
    /// `None`: absent.
    pub(crate) current: Option<String>,
    pub(crate) published: Vec<Option<String>>,
    pub(crate) loads: usize,
    /// The number of loads that returned content, even if it was that of the load before.
    pub(crate) contents: usize,
    /// The number of loads that found the file emptied.
    pub(crate) emptied: usize,
    /// The number of loads that failed.
    pub(crate) failures: usize,
    error: Option<Error>,
    /// The hold of the last load, and the time until the next one.
    pub(crate) hold: Option<Hold>,
    again: Option<Instant>,
}

impl Rig {
    /// Opens the watch, then loads for the first time, as a service does.
    pub(crate) async fn watch(path: impl AsRef<Path>) -> Self {
        Self::watch_source(File::new(path)).await
    }

    pub(crate) async fn watch_source(file: File) -> Self {
        let mut rig = Self::poll(file);
        rig.handle = Some(rig.reload.watch_realtime().await.unwrap());
        rig.load().await.unwrap();
        rig
    }

    /// The same, with a first load that must fail.
    pub(crate) async fn watch_failing(path: impl AsRef<Path>) -> Self {
        let mut rig = Self::poll(File::new(path));
        rig.handle = Some(rig.reload.watch_realtime().await.unwrap());
        assert!(rig.load().await.is_err());
        rig
    }

    /// Without a watch.
    pub(crate) fn poll(file: File) -> Self {
        Self {
            reload: file.decode(TextDecoder),
            handle: None,
            revision: None,
            current: None,
            published: Vec::new(),
            loads: 0,
            contents: 0,
            emptied: 0,
            failures: 0,
            error: None,
            hold: None,
            again: None,
        }
    }

    /// The reasons for which the source is degraded.
    pub(crate) fn degraded(&self) -> Vec<String> {
        let status = self.reload.source_status().unwrap();
        status
            .degraded
            .iter()
            .map(|why| why.reason.to_string())
            .collect()
    }

    /// Loads until the source has no degradation.
    pub(crate) async fn until_well(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while !self.degraded().is_empty() {
            assert!(Instant::now() < deadline, "{:?}", self.degraded());
            sleep(Duration::from_millis(10)).await;
            self.load().await.unwrap();
        }
    }

    /// Loads repeatedly, as a service without a watch, until the source is ready.
    pub(crate) async fn load_until_ready(&mut self) {
        self.load().await.unwrap();
        while let Some(again) = self.again {
            sleep_until(again).await;
            self.load().await.unwrap();
        }
    }

    /// Waits for the next hint or the time of the next load, at most until the deadline.
    async fn next(&mut self, deadline: Instant) -> Option<Option<WatchEvent<String>>> {
        let rx = &mut self.handle.as_mut().expect("a watch").rx;
        let until = self.again.map_or(deadline, |again| again.min(deadline));
        match timeout_at(until, rx.recv()).await {
            Ok(event) => Some(event),
            Err(_) if until < deadline => Some(Some(WatchEvent::Hint)),
            Err(_) => None,
        }
    }

    pub(crate) async fn load(&mut self) -> Result<(), Error> {
        self.loads += 1;
        (self.hold, self.again) = (None, None);
        let loaded = timeout(DEADLINE, self.reload.reload_since(self.revision.as_ref()))
            .await
            .expect("a load takes too long");
        let now = match loaded {
            Ok(Loaded::Value { value, revision }) => {
                self.revision = revision;
                self.contents += 1;
                Some(value)
            }
            Ok(Loaded::Emptied {
                value, revision, ..
            }) => {
                self.revision = revision;
                self.contents += 1;
                self.emptied += 1;
                value
            }
            Ok(Loaded::Missing) => {
                self.revision = None;
                None
            }
            Ok(Loaded::Held { hold, again }) => {
                (self.hold, self.again) = (Some(hold), Some(Instant::now() + again));
                return Ok(());
            }
            Ok(_) => {
                self.error = None;
                return Ok(());
            }
            Err(error) => {
                let error = Error::from(error);
                self.revision = error.revision().cloned().or_else(|| self.revision.take());
                self.error = Some(error.clone());
                self.failures += 1;
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

    /// Loads at every hint until the content is this text.
    pub(crate) async fn expect(&mut self, text: &str) {
        self.until(|rig| rig.current.as_deref() == Some(text), text)
            .await;
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

    pub(crate) fn last_error(&self) -> Error {
        self.error.clone().expect("an error")
    }

    /// The counter of the source with this name.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let status = self.reload.source_status();
        status.and_then(|status| status.counter(name)).unwrap()
    }

    /// All texts that were seen, in order.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.published
            .iter()
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// Loads at every hint until this condition is met.
    pub(crate) async fn until(&mut self, reached: impl Fn(&Self) -> bool, what: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !reached(self) {
            match self.next(deadline).await {
                Some(Some(WatchEvent::Hint)) => {}
                Some(other) => panic!("the watch has ended: {other:?}"),
                None => panic!(
                    "no hint led to {what:?}; {} loads, {:?}",
                    self.loads, self.error
                ),
            }
            let _ = self.load().await;
        }
    }

    /// Loads at every hint until the content is this, or there is none.
    pub(crate) async fn converge(&mut self, expected: Option<&str>, context: &str) {
        let reached = |rig: &Self| rig.current.as_deref() == expected;
        self.until(reached, context).await;
    }

    /// Takes in the hints that are still on their way, until none has come for a while.
    pub(crate) async fn settle(&mut self) {
        loop {
            match self.next(Instant::now() + Duration::from_millis(200)).await {
                Some(Some(WatchEvent::Hint)) => {
                    let _ = self.load().await;
                }
                Some(other) => panic!("the watch has ended: {other:?}"),
                None => return,
            }
        }
    }
}
