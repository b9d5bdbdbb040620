//! Linux: whether a file system is mounted that can keep a caller waiting for ever.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::MountTable;
use crate::clock;
use crate::locks::lock;
use crate::source::file::tier::answers;

/// Whether no path can lead to a file system that does not answer, because none is mounted that depends on another machine
/// or on a program. The table of mounts is read for it ten times a second at most, and when it is known to have changed.
pub(crate) fn is_calm() -> bool {
    let now = clock::now();
    // Locked while the table is read, so that no older answer comes after the news of a change.
    let mut last = lock(&LAST);
    if let Some((asked, calm)) = *last
        && now.saturating_duration_since(asked) < BELIEVED
    {
        return calm;
    }
    let calm = MountTable::read().is_some_and(|table| table.kinds().all(answers));
    *last = Some((now, calm));
    calm
}

/// Something was mounted or unmounted.
pub(crate) fn mounts_have_changed() {
    *lock(&LAST) = None;
}

/// When it was asked last, and the answer.
static LAST: Mutex<Option<(Instant, bool)>> = Mutex::new(None);

/// What is mounted in the meantime would have to hang from its first moment on, and nobody watch the table of mounts.
const BELIEVED: Duration = Duration::from_millis(100);
