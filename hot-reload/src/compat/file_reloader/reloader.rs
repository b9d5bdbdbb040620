//! [`FileReloader`]: a file and the caller's loader, as a source for a service.

use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;

use super::async_file_load::AsyncFileLoad;
use super::loader::{Loader, is_readable, load, revision, stamps};
use super::memory::{Blank, Memory};
use crate::clock;
use crate::error::reloader::ReloaderError;
use crate::error::{Error, ErrorKind, Location, ReloadResult};
use crate::reload::{Loaded, Reload};
use crate::revision::Revision;
use crate::source::file::path::absolute;
use crate::source::file::read::load::Load;
use crate::source::file::read::readiness::{Readiness, Unready};
use crate::source::file::read::stamp::Stamp;
use crate::source::file::read::view::View;
use crate::source::file::turns::{Turn, Turns, blocking};
use crate::source::file::watch::handle::{watch_handle, watch_hints};
use crate::source::file::watch::profile;
use crate::source::file::watch::subscription::FileWatch;
use crate::source::file::{fault, os};
use crate::source::{HintSender, Subscription};
use crate::status::SourceStatus;
use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchProfile};

/// Loads `F` from a file, and watches the file and its dependencies.
///
/// Cloning shares the watch.
///
/// ```
/// use std::path::PathBuf;
///
/// use hot_reload::FileReloader;
///
/// #[derive(Debug, PartialEq, Eq)]
/// struct Motto(String);
///
/// impl TryFrom<&PathBuf> for Motto {
///     type Error = std::io::Error;
///
///     fn try_from(path: &PathBuf) -> Result<Self, Self::Error> {
///         std::fs::read_to_string(path).map(Self)
///     }
/// }
///
/// type MottoReloader = FileReloader<Motto>;
/// ```
pub struct FileReloader<F> {
    /// The absolute path of the file. Its links are followed again at every load.
    pub file_path: PathBuf,
    shared: Arc<Shared<F>>,
}

struct Shared<F> {
    /// The path as it was given.
    name: String,
    watch: Arc<FileWatch>,
    /// Locked during each step and each load, so that they run one at a time.
    memory: Arc<Turns<Memory>>,
    /// Set by the first watch. Until then it is unknown whether the value can load itself without blocking.
    load: OnceLock<Loader<F>>,
}

#[async_trait]
impl<F> Reload<F, String> for FileReloader<F>
where
    F: Eq + PartialEq + for<'a> TryFrom<&'a PathBuf> + Sync,
    for<'a> <F as TryFrom<&'a PathBuf>>::Error: Display,
{
    type Source = String;

    async fn new(source: &Self::Source) -> ReloadResult<Self, F, String> {
        Ok(Self {
            file_path: absolute(Path::new(source)),
            shared: Arc::new(Shared {
                name: source.clone(),
                watch: Arc::default(),
                memory: Arc::new(Turns::new(Memory::default)),
                load: OnceLock::new(),
            }),
        })
    }

    /// Loads at once, even if somebody is writing the file. A service uses [`reload_since`](Self::reload_since).
    async fn reload(&self) -> ReloadResult<Option<F>, F, String> {
        match F::try_from(&self.file_path) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(ReloaderError::Reload(error.to_string())),
        }
    }

    /// The path as it was given.
    fn source_name(&self) -> Option<String> {
        Some(self.shared.name.clone())
    }

    fn source_status(&self) -> Option<SourceStatus> {
        Some(self.shared.watch.status())
    }

    /// Waits until the files are at rest, and loads them in one state. The revision does not matter, because the value may
    /// depend on more files than are known here.
    async fn reload_since(&self, _: Option<&Revision>) -> ReloadResult<Loaded<F>, F, String> {
        let mut waits = Load::new();
        loop {
            let (view, mut memory) = match self.wait_for_rest(&mut waits).await? {
                Ok(rest) => rest,
                Err(Unready { hold, again }) => return Ok(Loaded::Held { hold, again }),
            };
            let paths = self.paths(&memory);
            // A block of its own, because the value may not be `Send` and must not live across an await.
            let pause = {
                let (loaded, named) = match self.shared.load.get() {
                    Some(load) => load(&self.file_path).await,
                    None => {
                        let loaded = F::try_from(&self.file_path);
                        (loaded.map_err(|error| error.to_string()), Vec::new())
                    }
                };
                let known = memory.name(named, loaded.is_ok());
                let (stamps, observed) = (stamps(&paths), clock::time_of_day());
                let before = view.stamps.iter().map(|stamp| stamp.as_ref().ok());
                let settled = before.eq(stamps.iter().map(Option::as_ref)) && view.still_holds();
                // A dependency that was not watched yet may have changed since it was read.
                let over = waits.is_over() && view.may_be_taken(&self.shared.watch);
                let holds = (known && settled) || over;
                self.shared.watch.counters().read(!holds);
                if holds {
                    let revision = revision(&stamps);
                    let certain = |stamp: Option<Stamp>| Some(stamp?.certain(observed));
                    let blank = memory.fill(&paths, &stamps);
                    memory.stamps = stamps.into_iter().map(certain).collect();
                    view.accept();
                    return self.conclude(loaded, blank, revision);
                }
                drop(memory);
                waits.retry(&view)
            };
            pause.wait().await;
        }
    }
}

#[async_trait]
impl<F> RealtimeWatch<F, String> for FileReloader<F>
where
    F: Eq + PartialEq + for<'a> TryFrom<&'a PathBuf> + AsyncFileLoad + Sync + Send + 'static,
    for<'a> <F as TryFrom<&'a PathBuf>>::Error: Display,
    <F as AsyncFileLoad>::Error: Display,
{
    /// Opens a watch that only sends [`WatchEvent::Hint`](crate::WatchEvent::Hint)s: the service loads. From then on
    /// this reloader and its clones load through [`AsyncFileLoad`].
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<F>, F, String> {
        self.shared.load.get_or_init(|| load::<F>);
        let (memory, paths) = self.known().await?;
        Ok(watch_handle(&self.shared.watch, memory, paths).await?)
    }

    /// As [`watch_realtime`](Self::watch_realtime).
    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, F, String> {
        self.shared.load.get_or_init(|| load::<F>);
        let (memory, paths) = self.known().await?;
        let watch = watch_hints(&self.shared.watch, memory, paths, hints);
        Ok(Some(watch.await?))
    }

    fn profile(&self) -> WatchProfile {
        profile::profile(&self.file_path)
    }
}

impl<F> FileReloader<F>
where
    F: AsyncFileLoad + Send + 'static,
    <F as AsyncFileLoad>::Error: Display,
{
    /// From now on, this reloader and its clones load through [`AsyncFileLoad`] even without a watch, and wait until the
    /// [dependent paths](AsyncFileLoad::dependent_paths) are at rest too. A watch implies this.
    pub fn follow_dependencies(&self) {
        self.shared.load.get_or_init(|| load::<F>);
    }
}

impl<F> FileReloader<F> {
    /// The same reloader with this longest wait for a writer, as
    /// [`File::wait_for_writers`](crate::source::File::wait_for_writers). Default: 60 s. Earlier clones keep theirs.
    #[must_use]
    pub fn wait_for_writers(self, longest: Duration) -> Self {
        let Shared {
            name, watch, load, ..
        } = &*self.shared;
        let shared = Shared {
            name: name.clone(),
            watch: Arc::new(watch.with(|options| options.with_max_writer_wait(longest))),
            memory: Arc::new(Turns::new(Memory::default)),
            load: load.clone(),
        };
        Self {
            file_path: self.file_path,
            shared: Arc::new(shared),
        }
    }

    /// Waits until the file and its known dependencies are at rest. Returns [`Unready`] if somebody writes for longer than a
    /// load may wait. The memory stays locked for the load.
    async fn wait_for_rest(
        &self,
        waits: &mut Load,
    ) -> Result<Result<(View, Turn<Memory>), Unready>, Error> {
        loop {
            let memory = self.turn().await?;
            let turns = Arc::clone(&self.shared.memory);
            let (watch, paths) = (Arc::clone(&self.shared.watch), self.paths(&memory));
            let mut load = waits.clone();
            let (readiness, memory, load) = blocking(move || {
                let before = |index| memory.stamps.get(index).copied().flatten();
                let readiness = load.step(&watch, &paths, before);
                if !turns.is_last(turns.number(&memory)) {
                    watch.came_late();
                }
                (readiness, memory, load)
            })
            .await?;
            *waits = load;
            match readiness {
                Readiness::Ready(view) => return Ok(Ok((view, memory))),
                Readiness::BeingWritten(unready) => return Ok(Err(unready)),
                Readiness::Wait(pause) => {
                    drop(memory);
                    pause.wait().await;
                }
            }
        }
    }

    /// All known paths. They stay the same while the memory is locked.
    async fn known(&self) -> Result<(Turn<Memory>, Vec<PathBuf>), Error> {
        let memory = self.turn().await?;
        let paths = self.paths(&memory);
        Ok((memory, paths))
    }

    async fn turn(&self) -> Result<Turn<Memory>, Error> {
        let place = || Location::new(&self.shared.name);
        let turn = self.shared.memory.take().await;
        turn.map_err(|error| error.at(place()))
    }

    /// The file and its known dependencies.
    fn paths(&self, memory: &Memory) -> Vec<PathBuf> {
        let own = std::iter::once(&self.file_path);
        own.chain(&memory.dependencies).cloned().collect()
    }

    /// A value gets no revision, since it may depend on files that are unknown here. An error gets one, so that the next
    /// error about other content is reported too. `blank` is a file that is blank.
    fn conclude(
        &self,
        loaded: Result<F, String>,
        blank: Option<Blank>,
        revision: Revision,
    ) -> ReloadResult<Loaded<F>, F, String> {
        match (loaded, blank) {
            (loaded, Some(blank)) if blank.had_content || loaded.is_ok() => Ok(Loaded::Emptied {
                value: loaded.ok(),
                revision: None,
                file: Some(blank.path)
                    .filter(|path| *path != self.file_path)
                    .map(|path| path.display().to_string()),
            }),
            (Ok(value), _) => Ok(Loaded::Value {
                value,
                revision: None,
            }),
            (Err(_), _) if self.is_absent() => Ok(Loaded::Missing),
            (Err(text), _) => Err(self.refusal(&text).with_revision(revision).into()),
        }
    }

    fn is_absent(&self) -> bool {
        os::stamp_at(&self.file_path).is_err_and(|error| fault::is_absent(&error))
    }

    /// The loader's error, with the name of the file if its text lacks the path.
    fn refusal(&self, text: &str) -> Error {
        let kind = match is_readable(&self.file_path) {
            true => ErrorKind::Decode,
            false => ErrorKind::Unavailable,
        };
        let error = Error::new(kind, text);
        // The loader is called with an absolute path, and its text may name that one.
        match text.contains(&*self.file_path.to_string_lossy()) {
            true => error,
            false => error.about(&self.shared.name),
        }
    }
}

impl<F> Clone for FileReloader<F> {
    fn clone(&self) -> Self {
        Self {
            file_path: self.file_path.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<F> fmt::Debug for FileReloader<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReloader")
            .field("file_path", &self.file_path)
            .finish_non_exhaustive()
    }
}
