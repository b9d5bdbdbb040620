//! [`ServerError`]: why a server ended without the signal to stop.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a server ended without the signal to stop. `Display` is one line that says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// The first load found no valid configuration. The text is the reason, with its location.
    Configuration(String),
    /// The first configuration's address could not be bound.
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The task that accepts connections failed.
    Accept(String),
    /// The service that loads the file ended.
    ReloadEnded(String),
    /// The context's registry has a service of the same name. The text names its source.
    Registry(String),
}

impl ServerError {
    /// Whether another configuration would help.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::Configuration(_) | Self::Listen { .. })
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(why) | Self::Registry(why) => f.write_str(why),
            Self::Listen { address, source } => {
                write!(f, "listen: cannot listen on {address}: {}", advice(source))
            }
            Self::Accept(why) => write!(f, "accepting connections failed: {why}"),
            Self::ReloadEnded(why) => write!(f, "the configuration is no longer reloaded: {why}"),
        }
    }
}

impl StdError for ServerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            Self::Configuration(_) | Self::Accept(_) | Self::ReloadEnded(_) | Self::Registry(_) => {
                None
            }
        }
    }
}

/// What happened to a listen address, and what to do.
fn advice(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the address is in use; stop the program that uses it, or choose another port"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; choose one of its own, or 0.0.0.0 for all"
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; choose a port from 1024 up, or grant the privilege to bind lower ones"
        }
        _ => return error.to_string(),
    };
    known.to_owned()
}
