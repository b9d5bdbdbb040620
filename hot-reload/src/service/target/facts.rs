//! Facts about a service that its status does not have.

use super::Target;
#[cfg(any(feature = "admin", feature = "metrics", feature = "prometheus"))]
use crate::revision::Revision;

impl Target {
    /// The revision of the source that the visible value was loaded from. It may be a plain hash of the content, by which guesses
    /// of a weak secret can be tested.
    #[cfg(any(feature = "admin", feature = "metrics", feature = "prometheus"))]
    pub(crate) fn revision(&self) -> Option<Revision> {
        self.service.upgrade()?.revision()
    }

    /// Waits until the task of the service answers. Returns whether it does: `false` if the service has stopped.
    #[cfg(all(feature = "systemd", target_os = "linux"))]
    pub(crate) async fn ping(&self) -> bool {
        match self.service.upgrade() {
            Some(service) => service.ping().await,
            None => false,
        }
    }
}
