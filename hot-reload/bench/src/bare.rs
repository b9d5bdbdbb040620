//! The baseline: a thread that waits for the inotify events of one folder.

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;

use anyhow::Context;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

/// Calls `told` with the name of each file that was renamed into the folder or closed after writing. The thread ends when the
/// folder is removed.
pub(crate) fn watch(
    folder: &Path,
    mut told: impl FnMut(&OsStr) + Send + 'static,
) -> anyhow::Result<()> {
    let events = inotify::init(CreateFlags::CLOEXEC).context("no inotify instance")?;
    let flags = WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE | WatchFlags::ONLYDIR;
    inotify::add_watch(&events, folder, flags).context("no inotify watch")?;
    thread::Builder::new()
        .name("bare".to_owned())
        .spawn(move || {
            let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
            let mut reader = Reader::new(&events, &mut buffer);
            while let Ok(event) = reader.next() {
                if event.events().contains(ReadFlags::IGNORED) {
                    return;
                }
                if let Some(name) = event.file_name() {
                    told(OsStr::from_bytes(name.to_bytes()));
                }
            }
        })?;
    Ok(())
}

const BUFFER: usize = 64 * 1024;
