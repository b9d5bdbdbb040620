//! The check that a call runs within a tokio runtime.

use tokio::runtime::Handle;

/// Checks it before anything is done, so that a panic leaves nothing behind.
///
/// # Panics
///
/// Outside of a tokio runtime, with what to do about it.
#[track_caller]
pub(crate) fn require(call: &str) {
    assert!(
        Handle::try_current().is_ok(),
        "`{call}` needs a tokio runtime: call it in async code, or after `let _entered = runtime.enter();`"
    );
}
