//! Locks that a panic does not spoil: none is held while somebody else's code runs that could leave what it guards half
//! changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks it, whatever became of who held it before.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
