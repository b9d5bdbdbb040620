//! [`File`]: one file, as a source of bytes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::os;
use super::read::load::Load;
use super::read::memory::{Memory, NEAR};
use super::step::{Spec, Step};
use super::turns::{Turn, Turns, blocking};
use super::watch::options::{Options, file_options};
use super::watch::profile;
use super::watch::subscription::FileWatch;
use crate::error::{Error, Location};
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::source::{Base, Fetched, Source};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// One file, as a source of bytes.
///
/// ```
/// use hot_reload::source::File;
///
/// let file = File::new("app.toml").max_size(1 << 20);
/// assert!(file.path().is_absolute());
/// ```
#[must_use = "it does nothing until a service loads it"]
pub struct File {
    spec: Arc<Spec>,
    watch: Arc<FileWatch>,
    /// Locked during each step, so that one step runs at a time, even if a step hangs.
    memory: Arc<Turns<Memory>>,
}

impl File {
    /// The file at this path. A relative path is resolved against the current directory of the process now. Links are followed
    /// again at every load.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            spec: Arc::new(Spec::new(path.as_ref())),
            watch: Arc::default(),
            memory: Arc::new(Turns::new(Memory::default)),
        }
    }

    /// Refuses a file of more than this many bytes. Default: 64 MiB; for [`load_with`](Self::load_with), no limit.
    pub fn max_size(mut self, bytes: u64) -> Self {
        Arc::make_mut(&mut self.spec).max_size = Some(bytes);
        self
    }

    /// Whether content that becomes empty or blank is treated like any other, for instance a list that may be cleared.
    /// Default: `false`: once a second load after the debounce window has confirmed it, an emptied file is treated like a
    /// removed one; see [`Loaded::Emptied`](crate::Loaded::Emptied).
    pub fn empty_is_content(mut self, is_content: bool) -> Self {
        Arc::make_mut(&mut self.spec).empty_is_content = is_content;
        self
    }

    fn with(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.watch = Arc::new(self.watch.with(change));
        self
    }

    /// The absolute path.
    pub fn path(&self) -> &Path {
        let [path] = &self.spec.path;
        path
    }

    pub(super) fn paths(&self) -> &[PathBuf] {
        self.spec.paths()
    }

    /// The limit that was set.
    pub(super) fn limit(&self) -> Option<u64> {
        self.spec.max_size
    }

    pub(super) fn watch(&self) -> &FileWatch {
        &self.watch
    }

    /// Waits for the turn of a step, which is short.
    async fn turn(&self) -> Result<Turn<Memory>, Error> {
        let place = || Location::new(self.spec.name());
        self.memory.take().await.map_err(|error| error.at(place()))
    }

    /// Opens the watch, never during a load, because one walk would release the watches that the other has added.
    pub(super) async fn open(
        &self,
        turn: Turn<Memory>,
        hints: HintSender,
    ) -> Result<Subscription, Error> {
        let (spec, watch) = (Arc::clone(&self.spec), Arc::clone(&self.watch));
        let guard = blocking(move || {
            let _alone = turn;
            watch.open(hints, spec.paths())
        });
        Ok(Subscription::new(guard.await??))
    }

    pub(super) fn memory(&self) -> &Arc<Turns<Memory>> {
        &self.memory
    }
}

file_options!(File);

impl Source for File {
    fn name(&self) -> String {
        self.spec.name().into_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let mut load = Load::new();
        loop {
            let memory = self.turn().await?;
            // The path may lead elsewhere by now, but only to file systems that answer.
            let step = if memory.is_near() && os::is_calm() {
                self.spec.step(&self.watch, memory, &mut load, seen, NEAR)
            } else {
                Step::TooFar(memory)
            };
            let step = match step {
                Step::TooFar(memory) => {
                    let (spec, watch) = (Arc::clone(&self.spec), Arc::clone(&self.watch));
                    let (seen, turns) = (seen.cloned(), Arc::clone(&self.memory));
                    let step = move || {
                        let turn = turns.number(&memory);
                        let step = spec.step(&watch, memory, &mut load, seen.as_ref(), u64::MAX);
                        if !turns.is_last(turn) {
                            watch.came_late();
                        }
                        (step, load)
                    };
                    let (step, unfinished) = blocking(step).await?;
                    load = unfinished;
                    step
                }
                step => step,
            };
            match step {
                Step::Done(result) => return result,
                Step::Wait(pause) => pause.wait().await,
                // Not on the thread that may block.
                Step::TooFar(_) => {}
            }
        }
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.open(self.turn().await?, hints).await
    }

    fn profile(&self) -> WatchProfile {
        profile::profile(self.path())
    }

    fn status(&self) -> Option<SourceStatus> {
        Some(self.watch.status())
    }

    fn accepts_empty(&self) -> bool {
        self.spec.empty_is_content
    }

    fn base(&self) -> Base {
        let name = self.spec.name();
        Base::at_file(self.path(), Path::new(&*name)).with_options(self.watch.options())
    }
}

impl AsRef<Path> for File {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("File").field(&self.spec.name()).finish()
    }
}
