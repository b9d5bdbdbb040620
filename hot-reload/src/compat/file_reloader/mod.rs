//! [`FileReloader`]: a value that loads itself from a file.
//!
//! The loader is the caller's: `TryFrom<&PathBuf>`, and for a watched file [`AsyncFileLoad`]. It may read further files
//! and name them in [`dependent_paths`](AsyncFileLoad::dependent_paths), or none at all. So every look loads anew, and
//! whether anything has changed is decided by comparing the values.
//!
//! For a format that is built in, [`source::File`](crate::source::File) with a decoder is less to write, and finds out
//! without loading that nothing has changed.

mod memory;

use std::fmt;
use std::fmt::Display;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;

use self::memory::{Blank, Memory, in_order};
use crate::clock;
use crate::error::{Error, ErrorKind, Location, ReloadResult, ReloaderError};
use crate::reload::{Loaded, Reload};
use crate::revision::Revision;
use crate::source::file::read::load::{Look, Rest, Unready, View};
use crate::source::file::read::stamp::{Kind, Stamp};
use crate::source::file::turns::{Turn, Turns};
use crate::source::file::watch::handle::{watch_handle, watch_hints};
use crate::source::file::watch::subscription::{Follow, blocking};
use crate::source::file::watch::tier;
use crate::source::file::{absolute, fault, os};
use crate::source::{HintSender, Subscription};
use crate::status::SourceStatus;
use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchProfile};

/// A value that can be loaded from a file without blocking.
#[async_trait]
pub trait AsyncFileLoad: Sized {
    /// Why it cannot.
    type Error: Send;

    /// Loads the value from the file at this path.
    async fn async_load_from<T>(path: T) -> Result<Self, Self::Error>
    where
        T: AsRef<Path> + Send;

    /// Which other files this value was made of. They are watched too; a relative path is meant from the folder of the
    /// file. Provided: none.
    fn dependent_paths(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The other files that the failed load has read, or has tried to read. Provided: none.
    ///
    /// Until the next good load the service watches them beside those of the last good value. So a load follows as soon as
    /// somebody creates the missing file or fixes the wrong one. A relative path counts from the folder of the main file.
    /// An [`Error`](crate::Error) can carry them: [`Error::with_files`](crate::Error::with_files).
    ///
    /// ```
    /// use std::path::{Path, PathBuf};
    ///
    /// use hot_reload::{AsyncFileLoad, Error, ErrorKind, async_trait};
    ///
    /// #[derive(Clone, PartialEq, Eq)]
    /// struct Greeting {
    ///     text: String,
    ///     footer: PathBuf,
    /// }
    ///
    /// #[async_trait]
    /// impl AsyncFileLoad for Greeting {
    ///     type Error = Error;
    ///
    ///     async fn async_load_from<T>(path: T) -> Result<Self, Error>
    ///     where
    ///         T: AsRef<Path> + Send,
    ///     {
    ///         let footer = path.as_ref().with_file_name("footer.txt");
    ///         let unreadable = |error: std::io::Error| Error::new(ErrorKind::Unavailable, error.to_string());
    ///         let text = std::fs::read_to_string(path).map_err(unreadable)?;
    ///         let end = std::fs::read_to_string(&footer);
    ///         let end = end.map_err(|error| unreadable(error).with_files([footer.clone()]))?;
    ///         Ok(Self { text: text + &end, footer })
    ///     }
    ///
    ///     fn dependent_paths(&self) -> Vec<PathBuf> {
    ///         vec![self.footer.clone()]
    ///     }
    ///
    ///     fn paths_of_error(error: &Error) -> Vec<PathBuf> {
    ///         error.files().to_vec()
    ///     }
    /// }
    /// ```
    fn paths_of_error(error: &Self::Error) -> Vec<PathBuf> {
        let _ = error;
        Vec::new()
    }
}

/// Loads `F` from a file, and watches the file and those that the value depends on.
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
    /// The file, absolute. Its links are followed anew at every look.
    pub file_path: PathBuf,
    shared: Arc<Shared<F>>,
}

struct Shared<F> {
    /// The path as it was given.
    name: String,
    follow: Arc<Follow>,
    /// Locked while the files are asked for, which makes that one at a time.
    memory: Arc<Turns<Memory>>,
    /// Set by the first watch. Before that nobody has said that the value can load itself without blocking.
    load: OnceLock<Load<F>>,
}

/// A loader that also returns the other files that the value or the error depends on.
type Load<F> = for<'a> fn(&'a Path) -> Loading<'a, F>;
type Loading<'a, F> = Pin<Box<dyn Future<Output = Named<F>> + Send + 'a>>;
type Named<F> = (Result<F, String>, Vec<PathBuf>);

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
                follow: Arc::default(),
                memory: Arc::new(Turns::new(Memory::default)),
                load: OnceLock::new(),
            }),
        })
    }

    /// Loads at once, whatever the file is going through. A service uses [`reload_since`](Self::reload_since).
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
        Some(self.shared.follow.status())
    }

    /// Waits until the files are at rest, and loads them in one state. What was seen before does not matter: the value
    /// may depend on more than the files that are known here.
    async fn reload_since(&self, _: Option<&Revision>) -> ReloadResult<Loaded<F>, F, String> {
        let mut look = Look::new();
        loop {
            let (view, mut memory) = match self.rest(&mut look).await? {
                Ok(rest) => rest,
                Err(Unready { hold, again }) => return Ok(Loaded::Held { hold, again }),
            };
            let paths = self.paths(&memory);
            // In a block of its own: a value that must not go to another thread cannot wait either.
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
                let over = look.is_over() && view.may_be_taken(&self.shared.follow);
                let holds = (known && settled) || over;
                self.shared.follow.tally().read(!holds);
                if holds {
                    let revision = revision(&stamps);
                    let certain = |stamp: Option<Stamp>| Some(stamp?.certain(observed));
                    let blank = memory.fill(&paths, &stamps);
                    memory.stamps = stamps.into_iter().map(certain).collect();
                    view.accept();
                    return self.conclude(loaded, blank, revision);
                }
                drop(memory);
                look.retry(&view)
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
        Ok(watch_handle(&self.shared.follow, memory, paths).await?)
    }

    /// As [`watch_realtime`](Self::watch_realtime).
    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, F, String> {
        self.shared.load.get_or_init(|| load::<F>);
        let (memory, paths) = self.known().await?;
        let watch = watch_hints(&self.shared.follow, memory, paths, hints);
        Ok(Some(watch.await?))
    }

    fn profile(&self) -> WatchProfile {
        tier::profile(&self.file_path)
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
            name, follow, load, ..
        } = &*self.shared;
        let shared = Shared {
            name: name.clone(),
            follow: Arc::new(follow.with_writers(longest)),
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
    async fn rest(&self, look: &mut Look) -> Result<Result<(View, Turn<Memory>), Unready>, Error> {
        loop {
            let memory = self.turn().await?;
            let turns = Arc::clone(&self.shared.memory);
            let (follow, paths) = (Arc::clone(&self.shared.follow), self.paths(&memory));
            let mut step = look.clone();
            let (rest, memory, step) = blocking(move || {
                let before = |index| memory.stamps.get(index).copied().flatten();
                let rest = step.step(&follow, &paths, before);
                if !turns.is_last(turns.number(&memory)) {
                    follow.came_late();
                }
                (rest, memory, step)
            })
            .await?;
            *look = step;
            match rest {
                Rest::Reached(view) => return Ok(Ok((view, memory))),
                Rest::BeingWritten(unready) => return Ok(Err(unready)),
                Rest::Wait(pause) => {
                    drop(memory);
                    pause.wait().await;
                }
            }
        }
    }

    /// All paths that are known, which stay the known ones as long as the memory is locked.
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

    /// The file, and what it is known to depend on.
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
        Stamp::of(&self.file_path).is_err_and(|error| fault::is_absent(&error))
    }

    /// The loader's own words, and the file's name where they leave it out.
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

fn load<F>(path: &Path) -> Loading<'_, F>
where
    F: AsyncFileLoad + Send + 'static,
    <F as AsyncFileLoad>::Error: Display,
{
    Box::pin(async move {
        let beside = |named: &PathBuf| absolute(&path.with_file_name(named));
        let absolute = |named: &[PathBuf]| in_order(named.iter().map(beside).collect());
        match F::async_load_from(path).await {
            Ok(value) => {
                let named = absolute(&value.dependent_paths());
                (Ok(value), named)
            }
            Err(error) => {
                let named = absolute(&F::paths_of_error(&error));
                (Err(error.to_string()), named)
            }
        }
    })
}

/// The stamps of those paths that lead somewhere.
fn stamps(paths: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |path: &PathBuf| Stamp::of(path).ok();
    paths.iter().map(stamp).collect()
}

/// The revision of these files by their metadata, without reading them.
fn revision(stamps: &[Option<Stamp>]) -> Revision {
    let token = |stamp: &Option<Stamp>| stamp.map(Stamp::content).unwrap_or_default();
    Revision::join(stamps.iter().map(token))
}

/// Whether the file can be opened, so that the fault lies in what it holds. Never waits for the other end of a pipe.
fn is_readable(path: &Path) -> bool {
    let is_file = |found: Stamp| found.kind == Kind::File;
    // The first check avoids opening a device; the second one catches a device that has replaced the file since.
    Stamp::of(path).is_ok_and(is_file)
        && os::open(path)
            .and_then(|file| os::stamp_of(&file))
            .is_ok_and(is_file)
}
