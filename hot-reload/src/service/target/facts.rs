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

    /// Waits until the task of the service answers. Returns at once if the service stops or has stopped.
    #[cfg(all(feature = "systemd", target_os = "linux"))]
    pub(crate) async fn ping(&self) {
        if let Some(service) = self.service.upgrade() {
            service.ping().await;
        }
    }
}
