//! [`LastGood`]: the last good value in a file, for starts while the source is away.
//!
//! - `format`: the bytes of the file;
//! - `store`: how it is replaced and read, as a whole;
//! - `disk`: the operations of the system that this takes;
//! - `leftovers`: what killed writers leave behind;
//! - `fault`: what a person is told;
//! - `json`: values of types that serde knows.

mod disk;
mod fault;
mod format;
#[cfg(feature = "json")]
mod json;
mod leftovers;
mod restored;
mod store;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::spawn_blocking;

use self::disk::{Disk, System};
use self::format::Facts;
use self::store::Store;
use crate::clock::time_of_day;
use crate::error::Result;
use crate::locks::lock;
use crate::panics::{discard, panic_text};
use crate::snapshot::Snapshot;

pub use self::restored::Restored;

/// The last good value, kept in a file for starts while the source is away.
///
/// A save replaces the file as a whole, and a restore takes it as a whole or not at all: it has a checksum, and the
/// versions of its format and of its content. Whatever happens in between, the death of the process and the loss of power
/// included, the file is the one before or the new one.
///
/// # The file
///
/// - On Unix only this user can read it (mode 0600, whatever the umask is, and whatever the mode of the file before was).
/// - It is written beside its place and renamed, so the process must be able to write to the *folder*, which has to exist.
/// - Several processes may save to one path: the file is always a whole one of one of them. Unfinished files of writers
///   that were killed (`.name.0123456789abcdef.unfinished`) are removed by the next save. Where the file system has no
///   locks they stay.
/// - A symbolic link, a directory, or a file that is not a saved value is neither read nor replaced: saving to the path of
///   the configuration by mistake is an error and costs nothing. (The folder may be a link.)
/// - The checksum finds accidents and no forgery. Whoever can write to the folder decides what is restored: it should
///   belong to the service alone.
/// - On other systems than Unix the rights are those of the folder, and a loss of power may undo a save that is done.
///
/// # Functions of yours
///
/// Both run on a thread where they may block, and their panics are caught. The first line of their errors and
/// panics becomes a part of the [`Error`](crate::Error), so it must not quote secrets. Nothing else here shows content.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use hot_reload::{LastGood, Live};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let state = folder.path();
/// let last_good = LastGood::new(
///     state.join("motto.last-good"),
///     |motto: &String| Ok::<_, Infallible>(motto.clone().into_bytes()),
///     |bytes| String::from_utf8(bytes.to_vec()),
/// );
/// assert!(last_good.restore().await?.is_none());
///
/// let motto = Live::fixed("keep the last good value".to_owned());
/// last_good.save(motto.get()).await?;
///
/// let restored = last_good.restore().await?.expect("it was saved");
/// assert_eq!(restored.value(), "keep the last good value");
/// assert_eq!(restored.generation().get(), 1);
/// # Ok(())
/// # }
/// ```
pub struct LastGood<V> {
    store: Store,
    shared: Arc<Shared<V>>,
}

type Encode<V> = dyn Fn(&V) -> Result<Vec<u8>, String> + Send + Sync;
type Decode<V> = dyn Fn(&[u8]) -> Result<V, String> + Send + Sync;

struct Shared<V> {
    encode: Box<Encode<V>>,
    decode: Box<Decode<V>>,
    /// How many saves were asked for.
    asked: AtomicU64,
    /// The number of the one that is in the file. Held while the next is written.
    written: Mutex<u64>,
}

/// More than any configuration has, and little enough to be held in memory twice.
const MAX_SIZE: u64 = 64 << 20;

impl<V> LastGood<V> {
    /// A file at this path, and the functions that turn a value into bytes and back. Nothing is read or written yet.
    ///
    /// The schema is 0, and the largest file 64 MiB. A relative path is one from the folder that is the current
    /// one now.
    pub fn new<E: Display, D: Display>(
        path: impl Into<PathBuf>,
        encode: impl Fn(&V) -> Result<Vec<u8>, E> + Send + Sync + 'static,
        decode: impl Fn(&[u8]) -> Result<V, D> + Send + Sync + 'static,
    ) -> Self {
        let path = path.into();
        Self {
            store: Store {
                path: std::path::absolute(&path).unwrap_or(path),
                schema: 0,
                max_size: MAX_SIZE,
            },
            shared: Arc::new(Shared {
                encode: Box::new(move |value| encode(value).map_err(first_line)),
                decode: Box::new(move |bytes| decode(bytes).map_err(first_line)),
                asked: AtomicU64::new(0),
                written: Mutex::new(0),
            }),
        }
    }

    /// Your own version of the content, 0 if not set. A file with another one is not restored, which is an error, and is
    /// replaced by the next save.
    #[must_use]
    pub fn schema(mut self, schema: u32) -> Self {
        self.store.schema = schema;
        self
    }

    /// How many bytes the file may have, 64 MiB if not set. The file is the encoded value, the revision (mostly 16 bytes) and
    /// 84 bytes. What is larger is neither saved nor restored.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.store.max_size = bytes;
        self
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.store.path
    }
}

impl<V: Send + Sync + 'static> LastGood<V> {
    /// Saves a value, with its generation and revision, and returns when it is on the disk.
    ///
    /// The service does this by itself; it is public for tools that prepare a start. Of several saves through one
    /// `LastGood` and its clones, the one that was asked for last stays, in whatever order they are done.
    ///
    /// # Errors
    ///
    /// The value cannot be encoded, is too large, or the disk refuses; the file is as it was. Only an error whose
    /// [message](crate::Error::message) begins with `saved` leaves the new value there: the disk does not promise to keep it
    /// through a loss of power.
    ///
    /// # Cancel safety
    ///
    /// A save that has begun goes on when its future is dropped.
    pub async fn save(&self, snapshot: Snapshot<V>) -> Result<()> {
        let number = self.shared.asked.fetch_add(1, Ordering::Relaxed) + 1;
        self.blocking(move |this| {
            let saved = this.save_now(&System, &snapshot, number);
            // This may be the last holder, and freeing the value is code of the user's.
            discard(snapshot);
            saved
        })
        .await
    }

    /// Reads back what was saved last; `None` if there is no file.
    ///
    /// The service does this by itself at a start without its source; it is public for tools that show what that would give.
    /// Nothing is written or removed.
    ///
    /// # Errors
    ///
    /// There is something that is not restored: cut short, damaged, not a saved value, in a newer format, with another
    /// schema, too large, or refused by the decoder or the disk. The error says which, and what can be done about it.
    ///
    /// # Cancel safety
    ///
    /// Safe: reading changes nothing.
    pub async fn restore(&self) -> Result<Option<Restored<V>>> {
        self.blocking(Self::restore_now).await
    }

    fn save_now(&self, disk: &dyn Disk, snapshot: &Snapshot<V>, number: u64) -> Result<()> {
        let shared = &self.shared;
        let mut written = lock(&shared.written);
        if number < *written {
            return Ok(());
        }
        let path = self.path();
        let payload = self
            .contained("encoding the value to save", || (shared.encode)(snapshot))?
            .map_err(|why| fault::not_encoded(path, why))?;
        let facts = Facts {
            schema: self.store.schema,
            generation: snapshot.generation(),
            revision: snapshot.revision().cloned(),
            loaded_at: snapshot.loaded_at(),
            saved_at: time_of_day(),
        };
        self.store.write(disk, &facts, &payload)?;
        *written = number;
        self.store.settle(disk)
    }

    fn restore_now(&self) -> Result<Option<Restored<V>>> {
        let Some(bytes) = self.store.read()? else {
            return Ok(None);
        };
        let path = self.path();
        let (facts, payload) = format::parse(&bytes, self.store.schema)
            .map_err(|refusal| fault::refused(path, &refusal))?;
        let value = self
            .contained("decoding the saved value", || (self.shared.decode)(payload))?
            .map_err(|why| fault::not_decoded(path, why))?;
        Ok(Some(Restored {
            value,
            generation: facts.generation,
            revision: facts.revision,
            loaded_at: facts.loaded_at,
            saved_at: facts.saved_at,
        }))
    }

    /// Runs code of the user's, whose panic becomes an error.
    fn contained<R>(&self, what: &str, code: impl FnOnce() -> R) -> Result<R> {
        catch_unwind(AssertUnwindSafe(code))
            .map_err(|panic| fault::panicked(self.path(), what, &panic_text(panic.as_ref())))
    }

    /// Has work on files done on a thread that may block. The runtime panics if there is none to be had.
    async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let this = self.clone();
        let task = catch_unwind(AssertUnwindSafe(|| spawn_blocking(move || work(&this))));
        let no_thread = || fault::no_thread(self.path());
        let done = task.map_err(|_| no_thread())?.await;
        done.unwrap_or_else(|_| Err(no_thread()))
    }
}

/// Of the user's words, because many parsers quote the content in the lines that follow.
fn first_line(error: impl Display) -> String {
    let text = error.to_string();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("no reason was given").to_owned()
}

/// Shares the functions and the order of saves.
impl<V> Clone for LastGood<V> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<V> fmt::Debug for LastGood<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastGood")
            .field("path", &self.store.path)
            .field("schema", &self.store.schema)
            .field("max_size", &self.store.max_size)
            .finish_non_exhaustive()
    }
}
