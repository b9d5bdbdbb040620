//! The synchronization primitives of the cell. The models of the cell use those of loom instead.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex, OnceLock};
