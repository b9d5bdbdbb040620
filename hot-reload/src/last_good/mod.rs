//! [`LastGood`]: keeps the last good value in a file, for starts while the source is unavailable.
//!
//! - `format`: the format of the file;
//! - `store`: atomic replacement and reading;
//! - `disk`: the operations of the system;
//! - `leftovers`: removal of unfinished files;
//! - `fault`: the errors;
//! - `json`: values in JSON.

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

/// Keeps the last good value in a file, for starts while the source is unavailable.
///
/// A save replaces the file atomically. Even after a crash or a power failure, the path holds the old file or the new one.
/// A restore verifies a checksum, the version of the format and the schema, and returns the whole value or an error.
///
/// # The file
///
/// - On Unix only this user can read it: its mode is 0600, whatever the umask and the mode of the previous file.
/// - A save writes a temporary file in the same directory and renames it. So the directory must exist, and the process must be
///   able to write to the *directory*.
/// - Several processes may save to one path: the path always holds a complete file of one of them. The next save removes the
///   temporary files of killed writers (`.name.0123456789abcdef.unfinished`). On file systems without locks they stay.
/// - A symbolic link, a directory, or a file that is not a saved value is neither read nor replaced. So a save to the path of
///   the configuration is an error, and that file stays. The directory may be a symbolic link.
/// - The checksum detects accidents, not forgery. Everybody who can write to the directory decides what is restored, so the
///   directory should belong to the service alone.
/// - On systems other than Unix, the file has the permissions of its directory, and a power failure may undo a completed save.
///
/// # Encoder and decoder
///
/// Both run on a blocking thread, and their panics are caught. The first line of their errors and panics becomes part of the
/// [`Error`](crate::Error), so it must not quote secrets. No other error quotes the content.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use hot_reload::Live;
/// use hot_reload::policy::LastGood;
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
    /// How many saves have been requested.
    asked: AtomicU64,
    /// The number of the save in the file. Locked during a save.
    written: Mutex<u64>,
}

/// The default limit: larger than usual configurations, and small enough to be in memory twice.
const MAX_SIZE: u64 = 64 << 20;

impl<V> LastGood<V> {
    /// Configures a file at this path, with an encoder and a decoder. Reads and writes nothing yet.
    ///
    /// The schema is 0 and the limit is 64 MiB. A relative path refers to the current directory at this call.
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

    /// Sets the version of the content; the default is 0.
    ///
    /// Restoring a file with another schema is an error. The next save replaces that file.
    #[must_use]
    pub fn schema(mut self, schema: u32) -> Self {
        self.store.schema = schema;
        self
    }

    /// Sets the largest size of the file in bytes; the default is 64 MiB.
    ///
    /// The file contains the encoded value, the revision (mostly 16 bytes) and 84 bytes of metadata. A larger file is neither
    /// saved nor restored.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.store.max_size = bytes;
        self
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.store.path
    }
}

impl<V: Send + Sync + 'static> LastGood<V> {
    /// Saves a value with its generation and revision. Returns once it is on the disk.
    ///
    /// The service saves automatically; this is for tools that prepare a start. Of several saves through one `LastGood` and its
    /// clones, the file keeps the one that was requested last, even if they complete in another order.
    ///
    /// # Errors
    ///
    /// The value cannot be encoded or is too large, or the disk refuses; then the file is unchanged. There is one exception:
    /// if the [message](crate::Error::message) begins with `saved`, the new value is in place, but a power failure may undo it.
    ///
    /// # Cancel safety
    ///
    /// A save that has begun continues if its future is dropped.
    pub async fn save(&self, snapshot: Snapshot<V>) -> Result<()> {
        let number = self.shared.asked.fetch_add(1, Ordering::Relaxed) + 1;
        self.blocking(move |this| {
            let saved = this.save_now(&System, &snapshot, number);
            // This may be the last snapshot, and freeing the value runs the user's code.
            discard(snapshot);
            saved
        })
        .await
    }

    /// Restores the saved value. `None` if there is no file.
    ///
    /// The service restores automatically if it starts without its source; this is for tools that show the saved value. It writes
    /// and removes nothing.
    ///
    /// # Errors
    ///
    /// The file is cut short, damaged, too large or not a saved value, or it has a newer format or another schema. The decoder
    /// or the disk may also fail. The error names the reason and what to do.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: restoring changes nothing.
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

    /// Runs the user's code and turns a panic into an error.
    fn contained<R>(&self, what: &str, code: impl FnOnce() -> R) -> Result<R> {
        catch_unwind(AssertUnwindSafe(code))
            .map_err(|panic| fault::panicked(self.path(), what, &panic_text(panic.as_ref())))
    }

    /// Runs work on files on a blocking thread. `spawn_blocking` panics if it cannot start one.
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

/// The first line of the user's error. Many parsers quote the content in the following lines.
fn first_line(error: impl Display) -> String {
    let text = error.to_string();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("the error has no text").to_owned()
}

/// A clone shares the functions and the order of saves.
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
