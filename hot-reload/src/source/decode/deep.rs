//! Decoding on a stack that is large enough.

use std::panic;
use std::thread;

use crate::error::{Error, ErrorKind};

/// The greatest depth of content that is decoded on the caller's stack.
const SHALLOW: usize = 16;

/// The stack for each level: decoding YAML takes up to 26 KiB of it without optimisation.
const PER_LEVEL: usize = 64 << 10;

/// Runs `decode`, on a thread of its own if `depth` levels might not fit on the caller's stack.
///
/// # Errors
///
/// [`ErrorKind::Unavailable`] if the system cannot start a thread.
pub(super) fn with_stack<R: Send>(
    depth: usize,
    decode: impl FnOnce() -> R + Send,
) -> Result<R, Error> {
    if depth <= SHALLOW {
        return Ok(decode());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("hot_reload decode".to_owned())
            .stack_size((depth + SHALLOW) * PER_LEVEL)
            .spawn_scoped(scope, decode);
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(decoded)) => Ok(decoded),
            // The panic continues on the caller's thread.
            Ok(Err(panic)) => panic::resume_unwind(panic),
            Err(error) => Err(Error::new(
                ErrorKind::Unavailable,
                "cannot start the thread that decodes deeply nested content",
            )
            .with_source(error)),
        }
    })
}
