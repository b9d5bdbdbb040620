//! Reading a file so that its bytes are of one state: stat, read, stat, and ask the path again.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::memory::NEAR;
use super::os;
use super::stamp::{Kind, Stamp};

/// What a read has found.
#[derive(Debug)]
pub(crate) enum ReadOnce {
    /// These bytes, which are all of the file in the state of this stamp.
    Whole { bytes: Vec<u8>, stamp: Stamp },
    /// The same, but by now another file has the name.
    Replaced { bytes: Vec<u8>, stamp: Stamp },
    /// The file changed under the reader's hands.
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
    read_opened(&file, path, before, max_size)
}

/// Reads what was opened under this path, had this stamp, and was not read yet. Blocks.
pub(crate) fn read_opened(
    file: &File,
    path: &Path,
    before: Stamp,
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
    // Files of the kernel, such as those under /proc, say that they are empty and are not.
    let complete = bytes.len() as u64 == after.size || after.size == 0;
    let stamp = after;
    let is_named = Stamp::of(path).is_ok_and(|now| now.same_inode(&stamp));
    Ok(match is_named {
        _ if !complete || !before.same_content(&stamp) => ReadOnce::Torn,
        // Taking its name away is a change of the file, too, but none of its content.
        false => ReadOnce::Replaced { bytes, stamp },
        true if before == stamp => ReadOnce::Whole { bytes, stamp },
        true => ReadOnce::Torn,
    })
}

/// One byte more than is expected, so that a file that has grown is noticed.
fn read_up_to(mut file: &File, expected: u64, limit: u64) -> io::Result<Vec<u8>> {
    let capacity = usize::try_from(expected.min(limit)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(capacity.saturating_add(1));
    // What claims to be empty may be a file of the kernel, which answers in pieces of its own choice.
    if (1..=NEAR).contains(&expected) {
        // All that is expected in one go, and room for more that is not used: then it is known without asking again that
        // this was the end.
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
    // One that has grown is read anew; one of the kernel does not say how much there is.
    let limit = match expected {
        0 => limit,
        _ => limit.min(expected.saturating_add(1)),
    };
    let limit = limit.saturating_sub(bytes.len() as u64);
    (&mut file).take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_kernel_is_read_although_it_claims_to_be_empty() {
        let read = read_once(Path::new("/proc/self/stat"), 1 << 20).unwrap();
        assert!(matches!(read, ReadOnce::Whole { bytes, .. } if !bytes.is_empty()));
    }

    #[test]
    fn a_directory_and_a_device_are_no_files() {
        for path in ["/", "/dev/null"] {
            let read = read_once(Path::new(path), 10).unwrap();
            assert!(matches!(read, ReadOnce::NotAFile), "{path}: {read:?}");
        }
    }

    #[test]
    fn an_endless_file_ends_at_the_limit() {
        let read = read_once(Path::new("/proc/self/maps"), 10).unwrap();
        assert!(matches!(read, ReadOnce::TooLarge { .. }), "{read:?}");
    }

    #[test]
    fn a_file_that_loses_its_name_is_whole_and_one_that_is_written_to_is_torn() {
        let folder = std::env::temp_dir().join(format!("hot-reload-read-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (path, draft) = (folder.join("c"), folder.join("draft"));
        std::fs::write(&path, "one").unwrap();
        std::fs::write(&draft, "two").unwrap();
        let file = os::open(&path).unwrap();
        let before = os::stamp_of(&file).unwrap();
        std::fs::rename(&draft, &path).unwrap();
        let read = read_opened(&file, &path, before, 10).unwrap();
        assert!(matches!(read, ReadOnce::Replaced { bytes, .. } if bytes == b"one"));

        let file = os::open(&path).unwrap();
        let before = os::stamp_of(&file).unwrap();
        std::fs::write(&path, "three").unwrap();
        let read = read_opened(&file, &path, before, 10).unwrap();
        assert!(matches!(read, ReadOnce::Torn));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
