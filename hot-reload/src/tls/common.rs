//! [`Common`]: what certificates of servers and of clients have in common, and the parts of a load that both need.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{DEFAULT_VERSIONS, RootCertStore, SupportedProtocolVersion};

use super::expiry::Expiry;
use super::pem;
use super::source::Expiring;
use crate::error::{Error, ErrorKind, Location};
use crate::source::files::{Files, Part};
use crate::source::{BoxSource, Group};

/// What certificates of servers and of clients have in common.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) provider: Option<Arc<CryptoProvider>>,
    pub(super) clock: Arc<dyn TimeProvider>,
    pub(super) versions: &'static [&'static SupportedProtocolVersion],
    pub(super) alpn: Vec<Vec<u8>>,
    pub(super) warning: Duration,
    pub(super) allow_expired: bool,
    /// Where to read instead of the files at the paths.
    pub(super) source: Option<BoxSource>,
}

/// A function of the application that changes each configuration.
pub(super) type Configure<C> = Arc<dyn Fn(&mut C) + Send + Sync>;

impl Default for Common {
    fn default() -> Self {
        Self {
            provider: None,
            clock: Arc::new(DefaultTimeProvider),
            versions: DEFAULT_VERSIONS,
            alpn: Vec::new(),
            warning: WARNING,
            allow_expired: false,
            source: None,
        }
    }
}

impl Common {
    /// The provider of the application.
    pub(super) fn provider(&self) -> Result<Arc<CryptoProvider>, Error> {
        let installed = || CryptoProvider::get_default().cloned();
        self.provider.clone().or_else(installed).ok_or_else(|| {
            let text = "no TLS provider is installed; call `install_default` of a `CryptoProvider` first, or give one with `provider`";
            Error::new(ErrorKind::Misconfigured, text)
        })
    }

    pub(super) fn expiry(&self) -> Arc<Expiry> {
        let clock = Arc::clone(&self.clock);
        Arc::new(Expiry::new(clock, self.warning, self.allow_expired))
    }

    /// The files at these paths as one source, with hints at the dates.
    pub(super) fn source<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a Path>,
        expiry: Arc<Expiry>,
    ) -> Expiring {
        let group = || Group::new(paths.into_iter().map(|path| (path, path))).into_source();
        let files = self.source.clone().unwrap_or_else(group);
        Expiring {
            files,
            expiry,
            valid: Mutex::default(),
        }
    }
}

/// The part at this path.
pub(super) fn part<'a>(files: &'a Files, path: &Path) -> Result<&'a Part, Error> {
    files.get(path).ok_or_else(|| {
        let place = Location::new(path.display().to_string());
        Error::new(
            ErrorKind::Misconfigured,
            "is not among the parts of the source; check the key given to `CertifiedFiles` or as an authority",
        )
        .at(place)
    })
}

/// The authorities in the file at this path.
pub(super) fn authorities(files: &Files, path: &Path) -> Result<RootCertStore, Error> {
    let part = part(files, path)?;
    let found = pem::certificates(part.bytes()).map_err(|what| part.refuse(what))?;
    let mut roots = RootCertStore::empty();
    for (index, one) in found.into_iter().enumerate() {
        roots.add(one).map_err(|_| {
            let number = index + 1;
            part.refuse(format!(
                "contains a certificate that cannot be an authority (number {number}); remove it or copy it again"
            ))
        })?;
    }
    Ok(roots)
}

/// The error of rustls about a whole configuration.
pub(super) fn unusable(error: impl std::fmt::Display) -> Error {
    let text = format!("the TLS configuration cannot be used: {error}");
    Error::new(ErrorKind::Misconfigured, text)
}

/// A renewal is usual 30 days before the expiry; two weeks later it has failed for a while.
const WARNING: Duration = Duration::from_secs(14 * 24 * 60 * 60);
