//! Linux: detects mounted file systems that may never answer a call.

use std::process;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::mount_table::MountTable;
use super::tier::answers;
use crate::clock;
use crate::locks::lock;

/// Whether all mounted file systems are local and of the kernel, so that no path leads to a file system that may hang.
///
/// The answer needs the table of mounts. If the table is watched, it is read after each change; otherwise at most ten times
/// a second.
pub(crate) fn is_calm() -> bool {
    let now = clock::now();
    // Locked while the table is read, so that no older answer overwrites a newer one.
    let mut known = lock(&KNOWN);
    if let Some((asked, calm)) = known.last
        && (known.is_watched() || now.saturating_duration_since(asked) < BELIEVED)
    {
        return calm;
    }
    let calm = MountTable::read().is_some_and(|table| table.kinds().all(answers));
    known.last = Some((now, calm));
    calm
}

/// Something was mounted or unmounted.
pub(crate) fn mounts_have_changed() {
    lock(&KNOWN).last = None;
}

/// Announces that the table of mounts is watched until this is dropped: [`mounts_have_changed`] is called at each change.
#[derive(Debug)]
pub(crate) struct MountWatch(());

impl MountWatch {
    pub(crate) fn new() -> Self {
        let (mut known, process) = (lock(&KNOWN), process::id());
        if known.process != process {
            // Watchers from before a fork belong to the parent process.
            (known.process, known.watchers) = (process, 0);
        }
        known.watchers += 1;
        // An earlier answer may be older than a change that was not reported.
        known.last = None;
        Self(())
    }
}

impl Drop for MountWatch {
    fn drop(&mut self) {
        let mut known = lock(&KNOWN);
        if known.process == process::id() {
            known.watchers = known.watchers.saturating_sub(1);
        }
    }
}

/// The cached answer from the table of mounts.
struct Known {
    /// When the table was last read, and the answer.
    last: Option<(Instant, bool)>,
    /// The number of watchers, and the process that they belong to.
    watchers: u32,
    process: u32,
}

impl Known {
    fn is_watched(&self) -> bool {
        self.watchers > 0 && self.process == process::id()
    }
}

static KNOWN: Mutex<Known> = Mutex::new(Known {
    last: None,
    watchers: 0,
    process: 0,
});

/// Short enough: only a file system that is mounted within this time and hangs at once does harm.
const BELIEVED: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_watchers_of_this_process_count() {
        let known = |watchers, process| Known {
            last: None,
            watchers,
            process,
        };
        assert!(known(1, process::id()).is_watched());
        assert!(!known(0, process::id()).is_watched());
        assert!(!known(1, process::id() + 1).is_watched(), "a parent's");
    }
}
