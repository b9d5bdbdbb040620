//! [`Engine`]: everything of a service but its source.

use std::sync::Arc;

use super::changes::Changes;
use super::housekeeping::FreeOnThread;
use super::timing::Tuning;
use crate::service::pipeline::Pipeline;
use crate::service::policy::probation::Probation;
use crate::service::shared::Shared;

/// See the [module documentation](self).
pub(crate) struct Engine<V> {
    pub(crate) shared: Arc<Shared<V>>,
    pub(crate) pipeline: Pipeline<V>,
    /// Whether an explicit removal from a watch clears the value of the compatible receivers.
    pub(crate) removed_clears: bool,
    pub(crate) probation: Option<Probation<V>>,
    /// Finds what a published value changed, if that is reported.
    pub(crate) changes: Option<Box<Changes<V>>>,
    /// The limits of attempts, and the settings that the value has, if there are any.
    pub(crate) tuning: Option<Box<Tuning<V>>>,
    /// How values are freed on another thread, if they may be sent to one.
    pub(crate) free_on_thread: Option<FreeOnThread<V>>,
}
