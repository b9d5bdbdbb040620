//! [`Address`]: where the admin server listens.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::lookup_host;

use crate::error::{Error, ErrorKind};

/// The prefix of a unix socket.
const UNIX: &str = "unix:";

#[derive(Debug)]
pub(in crate::admin) enum Address {
    /// The text, and what it resolves to.
    Tcp(String, Vec<SocketAddr>),
    Unix(PathBuf),
}

impl Address {
    pub(in crate::admin) async fn resolve(text: &str) -> Result<Self, Error> {
        if let Some(path) = text.strip_prefix(UNIX) {
            return match path {
                "" => Err(misconfigured(format!("`{text}` has no path"))),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let resolved = lookup_host(text).await.map_err(|error| {
            misconfigured(format!(
                "the admin address `{text}` is neither `HOST:PORT` nor `unix:PATH`: {error}"
            ))
        })?;
        Ok(Self::Tcp(text.to_owned(), resolved.collect()))
    }

    /// Whether only this machine can reach it.
    pub(in crate::admin) fn is_local(&self) -> bool {
        match self {
            Self::Tcp(_, resolved) => resolved
                .iter()
                .all(|one| one.ip().to_canonical().is_loopback()),
            Self::Unix(_) => true,
        }
    }

    /// The error of an address that others can reach, without a token.
    pub(in crate::admin) fn needs_token(&self) -> Error {
        misconfigured(format!(
            "the admin address `{self}` can be reached from other machines, so it needs a token file; \
             otherwise use 127.0.0.1 or a unix socket"
        ))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(text, _) => f.write_str(text),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

pub(super) fn misconfigured(message: String) -> Error {
    Error::new(ErrorKind::Misconfigured, message)
}
