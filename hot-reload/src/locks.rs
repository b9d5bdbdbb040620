//! Locks without poisoning. No code that may leave guarded data inconsistent runs under a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the mutex, even if its last holder panicked.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
