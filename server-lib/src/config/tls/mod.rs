//! [`Tls`]: a certificate chain and its key, verified to match.
//!
//! - `holds`: reads the files, and names what a wrong one holds;
//! - `validity`: the period in which a chain is valid.

mod holds;
mod validity;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error as RustlsError, ServerConfig as RustlsConfig};
use tokio_rustls::TlsAcceptor;

pub(crate) use self::validity::{Moment, Validity};
use super::file::TlsTable;

/// A certificate chain and its key, ready to serve.
#[derive(Clone)]
pub struct Tls {
    cert_path: PathBuf,
    key_path: PathBuf,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
    ready: Arc<RustlsConfig>,
    validity: Validity,
    warnings: Arc<[String]>,
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
        let of_cert = |what: String| ("tls.cert", format!("{} {what}", cert_path.display()));
        let of_key = |what: String| ("tls.key", format!("{} {what}", key_path.display()));
        let chain = holds::certificates(cert).map_err(of_cert)?;
        let key = holds::private_key(key).map_err(of_key)?;
        let inspected = validity::inspect(&chain).map_err(of_cert)?;
        let ready = ready(chain.clone(), key.clone_key()).map_err(|error| match error {
            RustlsError::InconsistentKeys(_) => ("tls", unfit(&chain, &key, table)),
            // Any other reason concerns the key.
            RustlsError::General(_) => of_key(
                "holds a private key that the server cannot use; give RSA of 2048 to 8192 bits, ECDSA on P-256 or P-384, or Ed25519".to_owned(),
            ),
            other => ("tls", format!("the certificate or its key cannot be used: {other}")),
        })?;
        let mut warnings: Vec<_> = inspected
            .fault
            .map(|fault| format!("the chain of {} does not fit: {fault}", cert_path.display()))
            .into_iter()
            .collect();
        if is_open_to_all(&folder.join(key_path)) {
            let key = key_path.display();
            warnings.push(format!(
                "every user of this machine can read the private key {key}; restrict it (chmod 600)"
            ));
        }
        Ok(Self {
            cert_path: cert_path.clone(),
            key_path: key_path.clone(),
            chain,
            key: Arc::new(key),
            ready: Arc::new(ready),
            validity: inspected.validity,
            warnings: warnings.into(),
        })
    }

    /// The acceptor for new connections.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.ready))
    }

    /// The period in which the chain is valid.
    pub(crate) fn validity(&self) -> Validity {
        self.validity
    }

    /// Problems that do not prevent serving, for the log.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Chooses the TLS provider, here and nowhere else, so that the default of the process does not matter.
fn ready(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<RustlsConfig, RustlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = RustlsConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The error if the key does not match the first certificate.
fn unfit(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
    table: &TlsTable,
) -> String {
    let (cert, key_path) = (table.cert.display(), table.key.display());
    let own = chain
        .iter()
        .position(|one| ready(vec![one.clone()], key.clone_key()).is_ok());
    match own {
        Some(index) => format!(
            "the chain of {cert} is in the wrong order: the certificate of the key {key_path} is number {}; put it first, and each one's issuer behind it",
            index + 1
        ),
        None => format!(
            "the certificate {cert} does not belong to the key {key_path}; give the key that the certificate was made for"
        ),
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
        self.chain == other.chain && self.key == other.key
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
