//! Where tasks run: in the runtime of the caller, or on the [engine's thread](engine).

pub(crate) mod callbacks;
#[cfg(feature = "blocking")]
pub(crate) mod engine;
#[cfg(feature = "blocking")]
pub(crate) mod park;

use std::panic::Location;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Checks that a call runs within a tokio runtime, before anything is done, so that a panic leaves nothing behind.
///
/// # Panics
///
/// Outside of a tokio runtime, with what to do about it.
#[track_caller]
pub(crate) fn require(call: &str) {
    assert!(is_present(), "`{call}` {NEEDED}");
}

/// As [`require`], for a future that was made there.
pub(crate) fn require_for(call: &str, caller: &Location<'_>) {
    assert!(is_present(), "`{call}` {NEEDED} (called at {caller})");
}

fn is_present() -> bool {
    Handle::try_current().is_ok()
}

const NEEDED: &str =
    "needs a tokio runtime: call it in async code, or after `let _entered = runtime.enter();`";

/// Whether the present runtime is the engine's.
pub(crate) fn is_engines() -> bool {
    #[cfg(feature = "blocking")]
    return engine::lease_of_this_runtime().is_some();
    #[cfg(not(feature = "blocking"))]
    false
}

/// Spawns a task into the present runtime. If that is the engine's, its thread does not end before the task.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    #[cfg(feature = "blocking")]
    if let Some(lease) = engine::lease_of_this_runtime() {
        return lease.spawn(task);
    }
    tokio::spawn(task)
}

/// Checks that a callback can be registered, as [`require`]. With the feature `blocking`, it can be everywhere.
#[track_caller]
pub(crate) fn require_for_callback(call: &str) {
    if cfg!(not(feature = "blocking")) {
        require(call);
    }
}

/// Runs the user's function on a thread that nothing else waits for, so it may block, also on the engine.
pub(crate) fn unguarded<R>(call: impl FnOnce() -> R) -> R {
    #[cfg(feature = "blocking")]
    let _free = engine::Unguarded::enter();
    call()
}
