//! The asymmetric form: the publisher has the system put a barrier into every running thread of the process.

use std::sync::OnceLock;
use std::sync::atomic::compiler_fence;

use rustix::io;
use rustix::thread::{MembarrierCommand, membarrier, membarrier_query};

use super::super::sync::{Ordering, fence};

/// Whether the system puts barriers into other threads for this process: asked once, because readers rely on the answer.
static GRANTED: OnceLock<bool> = OnceLock::new();

/// The reader's half: the compiler keeps the order, and the processor is made to by the publisher.
#[inline(always)]
pub(in crate::live) fn light() {
    compiler_fence(Ordering::SeqCst);
}

/// Whether [`light`] does. Where it does not, a reader takes a fence.
///
/// The first call registers the process, which may take some milliseconds in one of many threads; so it is made when a
/// service is, and not by a reader.
pub(in crate::live) fn is_light_enough() -> bool {
    *GRANTED.get_or_init(|| {
        membarrier_query().contains_command(MembarrierCommand::PrivateExpedited)
            && register().is_ok()
            && interrupt().is_ok()
    })
}

/// The publisher's half. Whether it stands: if the system refuses later what it granted at first, as it does when a
/// process locks itself up, nobody can say what is read, and nothing may be freed.
pub(in crate::live) fn heavy() -> bool {
    fence(Ordering::SeqCst);
    // A process forked off this one may have to register anew.
    !is_light_enough() || interrupt().is_ok() || (register().is_ok() && interrupt().is_ok())
}

fn register() -> io::Result<()> {
    membarrier(MembarrierCommand::RegisterPrivateExpedited)
}

fn interrupt() -> io::Result<()> {
    membarrier(MembarrierCommand::PrivateExpedited)
}
