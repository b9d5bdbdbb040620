//! The limit of open files.

/// Raises the soft limit of open files to the hard one. The soft one is low for the sake of programs that still use
/// `select`, and each connection takes a descriptor. Where that is refused, the server lets in fewer connections.
pub(crate) fn raise() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let found = getrlimit(Resource::Nofile);
        if found.current == found.maximum {
            return;
        }
        let raised = Rlimit {
            current: found.maximum,
            ..found
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => {
                tracing::debug!(from = ?found.current, to = ?found.maximum, "limit of open files raised");
            }
            Err(error) => {
                tracing::debug!(limit = ?found.current, %error, "limit of open files not raised");
            }
        }
    }
}
