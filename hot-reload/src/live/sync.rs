//! What the cell is made of. The models of the cell put the parts of a model checker in their place.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex, OnceLock};
