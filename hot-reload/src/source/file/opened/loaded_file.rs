//! [`LoadedFile`]: a file and a loader that gets it opened, as one source of values.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::attempt::{Attempt, Parts, Step};
use super::open_file::LoadFile;
use crate::error::Error;
use crate::hints::{Content, HintSender, Subscription};
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::source::Source;
use crate::source::file::one::File;
use crate::source::file::turns::blocking;
use crate::source::on_drop::OnDrop;
use crate::source::values::source_of_values;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// A file that a loader makes a value of: made by [`File::load_with`].
///
/// Cloning shares the source.
pub struct LoadedFile<L>(Arc<Parts<L>>);

impl File {
    /// The values that `loader` makes of this file, which it gets opened. This is for files that are mapped, too large for
    /// memory, or read by a library that wants a file or a path.
    ///
    /// ```
    /// use std::io::{self, Read};
    ///
    /// use hot_reload::source::{File, OpenFile};
    ///
    /// let magic = File::new("words.fst").load_with(|file: &OpenFile| {
    ///     let mut bytes = [0; 8];
    ///     file.file().read_exact(&mut bytes)?;
    ///     Ok::<_, io::Error>(u64::from_le_bytes(bytes))
    /// });
    /// ```
    ///
    /// The loader is called when the file is at rest, by the same rules as for [reading](crate::source::file#at-rest), and
    /// has not changed for 20 ms. If timestamps are whole seconds, or other machines change the files, that time is two
    /// seconds. Without it, the stamp would not show a change right after the load. Nothing but the loader reads the file,
    /// and it is not called while the stamp (device, inode, size, times) stays.
    ///
    /// - **What changed while it was loaded is not published**, be it a value or an error: the file is loaded again. If this
    ///   happens three times in a row, a whole file that no longer has the name is accepted, and a file that was written to
    ///   is an error.
    /// - **An error** refuses the content until the stamp changes, and has the name of the file. If the cause is an error of
    ///   the operating system, the file counts as unreadable for now and is tried again.
    /// - **A file that becomes empty** is [`Loaded::Emptied`], whatever the loader returns.
    /// - **A change of attributes alone**, or a rewrite with the same bytes, has another stamp, and is loaded. If the values
    ///   can be compared, it is no change for the service.
    /// - **Time**: the loader runs on the runtime's threads for blocking work. A service waits for its load deadline:
    ///   [`load_deadline`](crate::Builder::load_deadline), 10 s without it, or
    ///   [`with_load_deadline`](crate::ReloaderService::with_load_deadline). A loader that takes longer cannot be stopped:
    ///   its value is dropped when it ends, and the next load waits for that.
    /// - **Memory**: the old value stays until the new one is published, so there is room needed for both.
    /// - **A mapped file has to be replaced by renaming** another one over it. The mapping keeps the old file. A mapped file
    ///   that is written in place changes under its readers. A mapped file that is truncated ends the program with `SIGBUS`.
    pub fn load_with<L: LoadFile>(self, loader: L) -> LoadedFile<L> {
        LoadedFile(Arc::new(Parts {
            file: self,
            loader,
            had_content: AtomicBool::new(false),
        }))
    }
}

impl<L: LoadFile> LoadedFile<L> {
    /// The file.
    pub fn file(&self) -> &File {
        &self.0.file
    }

    /// Waits for a running load without a limit: a loader may be slow.
    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        let file = &self.0.file;
        file.open(file.memory().take_patiently().await, hints).await
    }

    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<L::Value>, Error> {
        let mut attempt = Attempt::new();
        loop {
            let mut memory = self.0.file.memory().take_patiently().await;
            let (parts, seen) = (Arc::clone(&self.0), seen.cloned());
            let step = move || {
                let step = || attempt.step(&parts, &mut memory, seen.as_ref());
                (catch_unwind(AssertUnwindSafe(step)), attempt)
            };
            match blocking(step).await? {
                (Ok(Step::Done(result)), _) => return result,
                (Ok(Step::Wait(pause)), unfinished) => {
                    attempt = unfinished;
                    pause.wait().await;
                }
                // As if the loader had been called on this thread.
                (Err(panic), _) => resume_unwind(panic),
            }
        }
    }

    async fn plan(&self, seen: Option<&Revision>) -> Result<Loaded<L::Value>, Error> {
        let had_content = &self.0.had_content;
        let before = had_content.load(Ordering::Relaxed);
        let _restored = OnDrop(|| had_content.store(before, Ordering::Relaxed));
        self.load(seen).await
    }

    /// Its watch only sends hints.
    fn decode_content(&self, _: Content) -> Result<Option<Loaded<L::Value>>, Error> {
        Ok(None)
    }

    fn name(&self) -> String {
        self.0.file.name()
    }

    fn status(&self) -> Option<SourceStatus> {
        self.0.file.status()
    }

    fn profile(&self) -> WatchProfile {
        self.0.file.profile()
    }
}

source_of_values!(impl<L: LoadFile> for LoadedFile<L>, of L::Value);

impl<L> Clone for LoadedFile<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L> fmt::Debug for LoadedFile<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoadedFile")
            .field(&self.0.file.name())
            .finish()
    }
}
