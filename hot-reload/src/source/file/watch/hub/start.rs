//! Starts the backend that a source has chosen.

use std::sync::Arc;

use super::backend::Backend;
#[cfg(target_os = "linux")]
use super::inotify as native;
#[cfg(not(target_os = "linux"))]
use super::portable as native;
use super::table::Table;
use crate::error::Error;
use crate::source::file::watch::file_events::FileEvents;

/// Starts the backend, which reports to this table.
///
/// # Errors
///
/// The system has no watcher left.
pub(super) fn start(events: FileEvents, table: &Arc<Table>) -> Result<Arc<dyn Backend>, Error> {
    match events {
        FileEvents::Native => native::start(table),
        #[cfg(feature = "notify")]
        FileEvents::Notify => super::portable::start(table),
    }
}
