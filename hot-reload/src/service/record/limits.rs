//! Writes to status, events and log that the service counts as given up, and that it is enabled or disabled.

use std::mem;

use tracing::{error, info};

use super::log::stays;
use super::{Recorder, TARGET};
use crate::event::EventKind;

impl<V> Recorder<V> {
    /// Reports that this many loads in a row have failed. The status says so already.
    pub(crate) fn gave_up(&self, attempts: u32) {
        let status = self.shared.status();
        let (error, generation) = (status.last_error.clone(), status.generation);
        drop(status);
        let (name, source) = self.shared.names();
        let stays = stays(generation.is_some());
        let why = error.as_ref().map(ToString::to_string).unwrap_or_default();
        error!(target: TARGET, name, source, attempts, "given up: {attempts} loads in a row failed or were rejected, {stays}; the service keeps retrying; the last error: {why}");
        self.shared
            .notify(|| EventKind::GivenUp { attempts, error });
    }

    /// Writes whether the service loads without a request.
    pub(crate) fn enabled(&self, enabled: bool) {
        if mem::replace(&mut self.shared.status().enabled, enabled) == enabled {
            return;
        }
        let (name, source) = self.shared.names();
        match enabled {
            true => info!(target: TARGET, name, source, "enabled"),
            false => info!(target: TARGET, name, source, "disabled: only requests load the source"),
        }
    }
}
