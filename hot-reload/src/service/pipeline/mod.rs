//! [`Pipeline`]: the steps of one load, from the source to the visible value.

pub(crate) mod candidate;
pub(crate) mod deadline;
mod fetch;
mod hold;
mod load;
pub(crate) mod plan;
pub(crate) mod prepare;
mod removal;
mod restore;
mod rollback;
pub(crate) mod state;
mod swap;
pub(crate) mod trace;
pub(crate) mod validate;

use std::sync::{Arc, Mutex, MutexGuard};

use self::candidate::Sameness;
use self::deadline::Deadline;
use self::prepare::Participants;
use self::state::LoadState;
use self::validate::Validators;
use super::admission::Admission;
use super::policy::keeper::{Keeper, Restoring};
use super::policy::removal::Removal;
use super::shared::Shared;
use crate::locks::lock;

/// The steps between a source and the visible value. One load at a time goes through it.
pub(crate) struct Pipeline<V> {
    pub(crate) shared: Arc<Shared<V>>,
    pub(crate) sameness: Sameness<V>,
    /// Boxed, because most services have none.
    pub(crate) validators: Option<Box<Validators<V>>>,
    pub(crate) participants: Participants<V>,
    pub(crate) keeper: Option<Arc<dyn Keeper<V>>>,
    pub(crate) removal: Removal<V>,
    /// Whether content that becomes empty is treated like any other.
    pub(crate) empty_is_content: bool,
    pub(crate) admission: Vec<Box<dyn Admission<V>>>,
    /// How a replaced value is copied, if any are kept.
    pub(crate) copy: Option<fn(&V) -> V>,
    pub(crate) deadline: Deadline,
    pub(crate) state: Mutex<LoadState>,
    /// A read of the kept value that missed its deadline and still runs.
    pub(crate) restoring: Mutex<Option<Restoring<V>>>,
}

impl<V> Pipeline<V> {
    pub(crate) fn state(&self) -> MutexGuard<'_, LoadState> {
        lock(&self.state)
    }
}
