//! [`Tls`]: a certificate chain and its key, checked by `hot_reload::tls`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hot_reload::Error;
use hot_reload::error::Location;
use hot_reload::source::files::{DecodeFiles, Files, Part};
use hot_reload::tls::{Certificate, CertifiedFiles, Moment, ServerCertificates, ServerTls};
use tokio_rustls::TlsAcceptor;

use super::file::TlsTable;

/// A certificate chain and its key, ready to serve.
#[derive(Clone)]
pub struct Tls {
    cert_path: PathBuf,
    key_path: PathBuf,
    ready: ServerTls,
    warnings: Arc<[String]>,
}

/// The period in which a certificate chain is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

impl Tls {
    /// Builds it from the content of both files, whose names in the table are relative to `folder`. An error names the key
    /// of the configuration and the reason.
    pub(super) fn build(
        table: &TlsTable,
        folder: &Path,
        cert: &[u8],
        key: &[u8],
    ) -> Result<Self, (&'static str, String)> {
        let (cert_path, key_path) = (&table.cert, &table.key);
        let ready = checked(table, cert, key).map_err(|error| fault(table, &error))?;
        let chain = ready.certificates().iter();
        let chain = chain.filter_map(Certificate::chain_fault).map(|fault| {
            let cert = cert_path.display();
            format!("the chain of {cert} does not fit: {fault}; put each issuer after the certificate that it has signed")
        });
        let open = is_open_to_all(&folder.join(key_path)).then(|| {
            let key = key_path.display();
            format!(
                "every user of this machine can read the private key {key}; restrict it (chmod 600)"
            )
        });
        let warnings = chain.chain(open).collect();
        Ok(Self {
            cert_path: cert_path.clone(),
            key_path: key_path.clone(),
            ready,
            warnings,
        })
    }

    /// The acceptor for new connections.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.ready.server_config())
    }

    /// The period in which the chain is valid.
    pub(crate) fn validity(&self) -> Validity {
        let certificates = self.ready.certificates().iter();
        let from = certificates.map(Certificate::not_before).max();
        Validity {
            from: from.unwrap_or(Moment::from_unix_seconds(0)),
            until: self.ready.not_after(),
        }
    }

    /// The paths of the certificate and of its key.
    pub(super) fn paths(&self) -> (&Path, &Path) {
        (&self.cert_path, &self.key_path)
    }

    /// Problems that do not prevent serving, for the log.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Chooses the TLS provider, here and nowhere else, so that the default of the process does not matter.
///
/// The server goes on with an expired certificate, and warns about it: an edit of another key must not be refused because of it.
fn checked(table: &TlsTable, cert: &[u8], key: &[u8]) -> Result<ServerTls, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificates = ServerCertificates::new(CertifiedFiles::new(&table.cert, &table.key))
        .provider(provider)
        .alpn(["http/1.1"])
        .allow_expired();
    let mut parts = vec![part(&table.cert, cert)];
    // One file may have both.
    if table.key != table.cert {
        parts.push(part(&table.key, key));
    }
    certificates.decode_files(&Files::new(parts)?, "tls")
}

fn part(path: &Path, content: &[u8]) -> Part {
    Part::new(path.display().to_string(), content)
}

/// The key of the configuration whose file is at fault, and the error with the name of that file.
fn fault(table: &TlsTable, error: &Error) -> (&'static str, String) {
    let named = |path: &Path| Location::new(path.display().to_string());
    let at = error.location().map(Location::name);
    let is_at = |path: &Path| at == Some(named(path).name());
    let key = match (is_at(&table.cert), is_at(&table.key)) {
        (true, false) => "tls.cert",
        (false, true) => "tls.key",
        _ => "tls",
    };
    let message = error.message();
    match at {
        // A word right after `tls.key:` would look like a secret, and not be shown.
        Some(file) => (key, format!("the file {file} {message}")),
        None => (key, message.to_owned()),
    }
}

/// Whether users other than the owner and the group may read a file.
fn is_open_to_all(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).is_ok_and(|found| found.mode() & 0o004 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

impl PartialEq for Tls {
    fn eq(&self, other: &Self) -> bool {
        self.ready == other.ready
    }
}

impl Eq for Tls {}

/// Shows the paths, never the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("cert", &self.cert_path)
            .field("key", &self.key_path)
            .finish_non_exhaustive()
    }
}
