//! The asymmetric barrier: the kernel issues a barrier in every running thread when the publisher asks for it (`membarrier`).

use std::sync::OnceLock;
use std::sync::atomic::compiler_fence;

use rustix::io;
use rustix::thread::{MembarrierCommand, membarrier, membarrier_query};

use super::super::sync::{Ordering, fence};

/// Whether the kernel grants `membarrier` to this process. Asked once, because readers rely on the answer.
static GRANTED: OnceLock<bool> = OnceLock::new();

/// The reader's half: orders the compiler only. The publisher's half orders the processor.
#[inline(always)]
pub(in crate::live) fn light() {
    compiler_fence(Ordering::SeqCst);
}

/// Whether [`light`] suffices. If not, readers use a fence.
///
/// The first call registers the process with the kernel, which may take milliseconds in a process of many threads. So the first
/// service makes it, not a reader.
pub(in crate::live) fn is_light_enough() -> bool {
    *GRANTED.get_or_init(|| {
        membarrier_query().contains_command(MembarrierCommand::PrivateExpedited)
            && register().is_ok()
            && interrupt().is_ok()
    })
}

/// The publisher's half. `false` if the kernel refuses now what it granted before, as in a process that entered a sandbox. Then
/// protected pointers cannot be known, and nothing may be reclaimed.
pub(in crate::live) fn heavy() -> bool {
    fence(Ordering::SeqCst);
    // A forked process may have to register again.
    !is_light_enough() || interrupt().is_ok() || (register().is_ok() && interrupt().is_ok())
}

fn register() -> io::Result<()> {
    membarrier(MembarrierCommand::RegisterPrivateExpedited)
}

fn interrupt() -> io::Result<()> {
    membarrier(MembarrierCommand::PrivateExpedited)
}
