//! The primitives of the cell. The models of the cell replace them by those of a model checker.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex, OnceLock};
