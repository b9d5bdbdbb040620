//! Moments on the machine's clock: the earliest of several, and whether one has come.

use std::time::Duration;

pub(super) fn earliest<const N: usize>(times: [Option<Duration>; N]) -> Option<Duration> {
    times.into_iter().flatten().min()
}

/// Whether this moment has come; if so, it is taken away.
pub(super) fn take_due(moment: &mut Option<Duration>, now: Duration) -> bool {
    moment.take_if(|due| *due <= now).is_some()
}
