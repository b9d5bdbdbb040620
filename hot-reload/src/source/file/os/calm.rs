//! Linux: whether a file system is mounted that can keep a caller waiting for ever.

use std::process;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::MountTable;
use crate::clock;
use crate::locks::lock;
use crate::source::file::tier::answers;

/// Whether no path can lead to a file system that does not answer, because none is mounted that depends on another machine
/// or on a program.
///
/// The table of mounts is read for it when it has changed, if somebody watches it, and ten times a second at most otherwise.
pub(crate) fn is_calm() -> bool {
    let now = clock::now();
    // Locked while the table is read, so that no older answer comes after the news of a change.
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

/// The table of mounts is watched, and each change of it is told by [`mounts_have_changed`], until this is dropped.
#[derive(Debug)]
pub(crate) struct MountWatch(());

impl MountWatch {
    pub(crate) fn new() -> Self {
        let (mut known, process) = (lock(&KNOWN), process::id());
        if known.process != process {
            // Those who watched it before this process was forked are in its parent.
            (known.process, known.watchers) = (process, 0);
        }
        known.watchers += 1;
        // An answer from before may be older than a change that nobody has told of.
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

/// What is known of the table of mounts.
struct Known {
    /// When it was read last, and the answer.
    last: Option<(Instant, bool)>,
    /// How many watch it, in this process.
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

/// What is mounted in the meantime would have to hang from its first moment on.
const BELIEVED: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_watches_in_this_process_is_relied_upon() {
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
