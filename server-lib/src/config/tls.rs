//! [`Tls`]: a certificate and its key, proven to belong together.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error as RustlsError, ServerConfig as RustlsConfig};
use tokio_rustls::TlsAcceptor;

use super::file::TlsTable;

/// A certificate chain and its key, ready to serve.
#[derive(Clone)]
pub struct Tls {
    cert_path: PathBuf,
    key_path: PathBuf,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
    ready: Arc<RustlsConfig>,
}

impl Tls {
    /// Makes it of the content of both files. An error has the key and the reason.
    pub(super) fn build(
        table: &TlsTable,
        cert: &[u8],
        key: &[u8],
    ) -> Result<Self, (&'static str, String)> {
        let (cert_path, key_path) = (&table.cert, &table.key);
        let chain = CertificateDer::pem_slice_iter(cert)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or_else(|| ("tls.cert", holds_no("certificate", cert_path)))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| ("tls.key", holds_no("private key", key_path)))?;
        let ready = ready(chain.clone(), key.clone_key()).map_err(|error| match error {
            RustlsError::InconsistentKeys(_) => {
                let (cert, key) = (cert_path.display(), key_path.display());
                let message = format!(
                    "the certificate {cert} does not belong to the key {key}; give the key that the certificate was made for"
                );
                ("tls", message)
            }
            other => ("tls", format!("the certificate or its key cannot be used: {other}")),
        })?;
        Ok(Self {
            cert_path: cert_path.clone(),
            key_path: key_path.clone(),
            chain,
            key: Arc::new(key),
            ready: Arc::new(ready),
        })
    }

    /// What turns a connection into one with TLS.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.ready))
    }
}

/// The provider is chosen here and nowhere else, so that no default of the process is asked.
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

fn holds_no(what: &str, path: &Path) -> String {
    format!(
        "{} holds no {what}; give a PEM file that has one",
        path.display()
    )
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
