//! The limit of open files.

/// Raises the soft limit of open files to the hard one. The soft limit is low only for programs that use `select`, and
/// each connection takes a descriptor. If that is refused, the server accepts fewer connections.
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
