//! Reads a file so that its bytes are of one state: stamp, read, stamp, and check the path again.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::memory::NEAR;
use super::stamp::{Kind, Stamp};
use crate::source::file::{fault, os};

/// The result of a read.
#[derive(Debug)]
pub(crate) enum ReadOnce {
    /// These bytes, which are all of the file in the state of this stamp.
    Whole { bytes: Vec<u8>, stamp: Stamp },
    /// The same, but another file has the name by now.
    Replaced { bytes: Vec<u8>, stamp: Stamp },
    /// The file changed during the read.
    Torn,
    /// More than the limit.
    TooLarge { stamp: Stamp },
    /// A directory, a pipe, a device.
    NotAFile,
}

/// Opens and reads once. Blocks, but never for a writer at the other end of a pipe.
pub(crate) fn read_once(path: &Path, max_size: u64) -> io::Result<ReadOnce> {
    let file = os::open(path)?;
    let before = os::stamp_of(&file)?;
    read_opened(&file, path, before, false, max_size)
}

/// Reads a file that was opened under this path with this stamp. `is_local`: it is known to be on a local file system.
/// Blocks.
pub(crate) fn read_opened(
    file: &File,
    path: &Path,
    before: Stamp,
    is_local: bool,
    max_size: u64,
) -> io::Result<ReadOnce> {
    if before.kind != Kind::File {
        return Ok(ReadOnce::NotAFile);
    }
    if before.size > max_size {
        return Ok(ReadOnce::TooLarge { stamp: before });
    }
    let bytes = read_up_to(file, before.size, max_size.saturating_add(1))?;
    let after = os::stamp_of(file)?;
    if bytes.len() as u64 > max_size {
        return Ok(ReadOnce::TooLarge { stamp: after });
    }
    // Files of the kernel, such as those under /proc, claim to be empty.
    let complete = bytes.len() as u64 == after.size || after.size == 0;
    let stamp = after;
    // Removing or replacing the name changes the file's times and link count. Local file systems show that at once, so
    // there is no need to check the path again.
    let is_named =
        (is_local && before == stamp) || os::stamp_at(path).is_ok_and(|now| now.same_inode(&stamp));
    Ok(match is_named {
        _ if !complete || !before.same_content(&stamp) => ReadOnce::Torn,
        // Losing its name changes the file's times, but not its content.
        false => ReadOnce::Replaced { bytes, stamp },
        true if before == stamp => ReadOnce::Whole { bytes, stamp },
        true => ReadOnce::Torn,
    })
}

/// Reads a whole regular file in one consistent state, for a loader that reads files itself, such as an `AsyncFileLoad`.
/// Blocks.
///
/// It never waits for the other end of a pipe, and allocates only for bytes that it has read, whatever size the file
/// claims. If the file changes during the read, it reads again, for at most half a second. It does not check whether
/// somebody has the file open for writing: a `FileReloader` does that for its file and its dependent paths.
///
/// # Errors
///
/// - [`NotFound`](io::ErrorKind::NotFound) and all other errors of the operating system as they are;
/// - [`InvalidInput`](io::ErrorKind::InvalidInput): the path leads to no regular file;
/// - [`FileTooLarge`](io::ErrorKind::FileTooLarge): it has more than `max_size` bytes;
/// - [`ResourceBusy`](io::ErrorKind::ResourceBusy): it is written to without a pause.
///
/// ```
/// use hot_reload::source::file::read;
///
/// # fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("motd.txt");
/// # std::fs::write(&path, "hello")?;
/// let bytes = read(&path, 1 << 20)?;
/// assert_eq!(bytes, b"hello");
/// # Ok(())
/// # }
/// ```
pub fn read(path: impl AsRef<Path>, max_size: u64) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    let mut pause = Duration::from_millis(1);
    loop {
        // Anything but a regular file is not opened, because opening a device may have side effects.
        let found = os::stamp_at(path)?;
        if found.kind != Kind::File {
            return Err(not_a_file(found.kind));
        }
        match read_once(path, max_size)? {
            // Another file may have the name by now, but this one was read whole.
            ReadOnce::Whole { bytes, .. } | ReadOnce::Replaced { bytes, .. } => return Ok(bytes),
            ReadOnce::NotAFile => return Err(not_a_file(Kind::Other)),
            ReadOnce::TooLarge { .. } => {
                let text = format!("it is larger than the limit of {max_size} bytes");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
            }
            ReadOnce::Torn if pause > LAST_PAUSE => {
                let text = "it is written to without a pause";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
            ReadOnce::Torn => {
                // May return early if the thread was unparked; then the file is just read again sooner.
                std::thread::park_timeout(pause);
                pause *= 2;
            }
        }
    }
}

fn not_a_file(kind: Kind) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, fault::what_it_is(kind))
}

/// The last pause before a file that changes is read again: 1, 2, 4 … 256 ms, half a second in all.
const LAST_PAUSE: Duration = Duration::from_millis(256);

/// Reads one byte more than is expected, so that a file that has grown is noticed.
fn read_up_to(mut file: &File, expected: u64, limit: u64) -> io::Result<Vec<u8>> {
    let capacity = usize::try_from(expected.min(limit).min(AT_FIRST)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(capacity.saturating_add(1));
    // A file that claims to be empty may be one of the kernel's, which arrive in pieces of any size.
    if (1..=NEAR).contains(&expected) {
        // One call for all that is expected, with room for one byte more. If that stays free, this was the end.
        bytes.resize(capacity.saturating_add(1), 0);
        let count = match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            answer => answer?,
        };
        bytes.truncate(count);
        if count == capacity {
            return Ok(bytes);
        }
    }
    // A file that has grown is read again. A file of the kernel does not report its size.
    let limit = match expected {
        0 => limit,
        _ => limit.min(expected.saturating_add(1)),
    };
    let limit = limit.saturating_sub(bytes.len() as u64);
    (&mut file).take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The largest allocation by a file's size alone. Beyond it, memory is allocated as the bytes arrive, because a sparse file
/// can claim any size.
const AT_FIRST: u64 = 1 << 20;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn file_of_the_kernel_is_read_although_it_claims_to_be_empty() {
        let read = read_once(Path::new("/proc/self/stat"), 1 << 20).unwrap();
        assert!(matches!(read, ReadOnce::Whole { bytes, .. } if !bytes.is_empty()));
    }

    #[test]
    fn directory_and_device_are_not_files() {
        for path in ["/", "/dev/null"] {
            let read = read_once(Path::new(path), 10).unwrap();
            assert!(matches!(read, ReadOnce::NotAFile), "{path}: {read:?}");
        }
    }

    #[test]
    fn claimed_size_of_a_sparse_file_takes_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        File::create(&path).unwrap().set_len(100 << 30).unwrap();
        let error = read(&path, 16 << 20).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);

        // Without any limit, and cut short between the question and the read.
        let file = os::open(&path).unwrap();
        let claimed = os::stamp_of(&file).unwrap();
        std::fs::write(&path, "short").unwrap();
        assert_eq!(read_up_to(&file, claimed.size, u64::MAX).unwrap(), b"short");
        let torn = read_opened(&file, &path, claimed, false, u64::MAX).unwrap();
        assert!(matches!(torn, ReadOnce::Torn), "{torn:?}");
    }

    #[test]
    fn anything_but_a_regular_file_is_an_error_without_blocking() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), 0o600.into()).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path("device")).unwrap();
        for name in ["pipe", "socket", "device", "."] {
            let error = read(path(name), 10).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}: {error}");
            // The same if it has just replaced a regular file.
            if name != "socket" {
                let read = read_once(&path(name), 10).unwrap();
                assert!(matches!(read, ReadOnce::NotAFile), "{name}: {read:?}");
            }
        }
        assert_eq!(
            read(path("nothing"), 10).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }

    #[test]
    fn endless_file_ends_at_the_limit() {
        let read = read_once(Path::new("/proc/self/maps"), 10).unwrap();
        assert!(matches!(read, ReadOnce::TooLarge { .. }), "{read:?}");
    }

    #[test]
    fn renamed_over_file_is_whole_and_rewritten_file_is_torn() {
        let folder = std::env::temp_dir().join(format!("hot-reload-read-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (path, draft) = (folder.join("c"), folder.join("draft"));
        std::fs::write(&path, "one").unwrap();
        std::fs::write(&draft, "two").unwrap();
        let file = os::open(&path).unwrap();
        let before = os::stamp_of(&file).unwrap();
        std::fs::rename(&draft, &path).unwrap();
        let read = read_opened(&file, &path, before, true, 10).unwrap();
        assert!(matches!(read, ReadOnce::Replaced { bytes, .. } if bytes == b"one"));

        let file = os::open(&path).unwrap();
        let before = os::stamp_of(&file).unwrap();
        std::fs::write(&path, "three").unwrap();
        let read = read_opened(&file, &path, before, true, 10).unwrap();
        assert!(matches!(read, ReadOnce::Torn));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
