//! [`Pipeline`]: the steps of one load, from the source to the visible value.

pub(crate) mod candidate;
mod hold;
mod load;
pub(crate) mod prepare;
mod removal;
mod rollback;
pub(crate) mod state;
mod swap;
pub(crate) mod trace;
pub(crate) mod validate;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use self::candidate::Sameness;
use self::prepare::Participants;
use self::state::Memory;
use self::validate::Validators;
use super::admission::Doubts;
use super::policy::keeper::Keeper;
use super::policy::removal::Removal;
use super::shared::Board;
use crate::locks::lock;

/// The steps between a source and the visible value. One look at a time goes through it.
pub(crate) struct Pipeline<V> {
    pub(crate) board: Arc<Board<V>>,
    pub(crate) sameness: Sameness<V>,
    pub(crate) validators: Validators<V>,
    pub(crate) participants: Participants<V>,
    pub(crate) keeper: Option<Arc<dyn Keeper<V>>>,
    pub(crate) removal: Removal<V>,
    /// Whether content that becomes empty is treated like any other.
    pub(crate) empty_is_content: bool,
    pub(crate) doubts: Vec<Box<dyn Doubts<V>>>,
    /// How a value of before is copied, if any are kept.
    pub(crate) copy: Option<fn(&V) -> V>,
    pub(crate) deadline: Duration,
    pub(crate) memory: Mutex<Memory>,
}

impl<V> Pipeline<V> {
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}
