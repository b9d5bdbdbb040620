//! [`Pair`]: a certificate chain and its key, verified to match.

use std::fmt;
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{Error as RustlsError, InconsistentKeys};

use super::certificate::Certificate;
use super::certified_files::CertifiedFiles;
use super::common::part;
use super::expiry::Dated;
use super::x509::Parsed;
use super::{chain, pem};
use crate::error::Error;
use crate::source::files::{Files, Part};

/// A certificate chain and its key.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) certificate: Certificate,
    /// The names for which it is served. The names in the certificate, unless the application has given some.
    pub(super) names: Vec<String>,
    /// The key, if rustls cannot compare it with the certificate. Then only the key itself shows whether it has changed.
    key: Option<Arc<PrivateKeyDer<'static>>>,
}

impl Pair {
    /// Reads a certificate and its key, and checks everything but the dates.
    pub(super) fn read(
        of: &CertifiedFiles,
        files: &Files,
        provider: &CryptoProvider,
    ) -> Result<Self, Error> {
        let [cert, key] = [part(files, &of.certificate)?, part(files, &of.key)?];
        let ders = pem::certificates(cert.bytes()).map_err(|what| cert.refuse(what))?;
        let private = pem::private_key(key.bytes()).map_err(|what| key.refuse(what))?;
        let chain = parsed(&ders, cert)?;
        let copy = private.clone_key();
        let signing = provider.key_provider.load_private_key(private);
        let signing = signing.map_err(|_| {
            key.refuse("contains a private key that the TLS provider cannot use; RSA of 2048 to 8192 bits, ECDSA on P-256 or P-384, and Ed25519 are usual")
        })?;
        let certified = CertifiedKey::new(ders.clone(), signing);
        let kept = match certified.keys_match() {
            Ok(()) => None,
            Err(RustlsError::InconsistentKeys(InconsistentKeys::Unknown)) => Some(Arc::new(copy)),
            Err(RustlsError::InconsistentKeys(_)) => {
                return Err(mismatch(&certified, cert, key));
            }
            Err(_) => {
                return Err(cert.refuse("contains a certificate that cannot be used; give one of version 3 that a TLS server may have"));
            }
        };
        let inspected = chain::inspect(&chain, provider).map_err(|what| cert.refuse(what))?;
        let period = (inspected.not_before, inspected.not_after);
        let certificate = Certificate::new(cert.name(), &chain[0], period, inspected.fault);
        let names = match &of.names {
            Some(names) => {
                for name in names {
                    check_name(name, &ders[0], &certificate, cert)?;
                }
                names.clone()
            }
            None => certificate.names().to_vec(),
        };
        Ok(Self {
            certified: Arc::new(certified),
            certificate,
            names,
            key: kept,
        })
    }

    pub(super) fn dated(&self) -> Dated {
        Dated {
            // A chain is never empty.
            leaf: self
                .certified
                .cert
                .first()
                .cloned()
                .unwrap_or_else(|| Vec::new().into()),
            certificate: self.certificate.clone(),
        }
    }
}

/// The first certificate decides about the key, so equal chains have equal keys.
impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.certified.cert == other.certified.cert
            && self.names == other.names
            && self.key == other.key
    }
}

/// Shows the certificate, never the key.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// The fields of each certificate of a chain.
fn parsed<'a>(chain: &'a [CertificateDer<'_>], file: &Part) -> Result<Vec<Parsed<'a>>, Error> {
    let certificates = chain.iter().enumerate().map(|(index, der)| {
        Parsed::of(der).ok_or_else(|| {
            let number = index + 1;
            file.refuse(format!(
                "contains a damaged certificate (number {number}); copy the file again"
            ))
        })
    });
    certificates.collect()
}

/// The error if the key does not match the first certificate.
fn mismatch(pair: &CertifiedKey, cert: &Part, key: &Part) -> Error {
    let own = pair.cert.iter().position(|one| {
        let alone = CertifiedKey::new(vec![one.clone()], Arc::clone(&pair.key));
        alone.keys_match().is_ok()
    });
    match own {
        Some(index) => cert.refuse(format!(
            "is in the wrong order: the certificate of the key {} is number {}; put it first, and each issuer after the certificate that it has signed",
            key.name(),
            index + 1
        )),
        None => key.refuse(format!(
            "does not match the certificate in {}; give the key that the certificate was made for",
            cert.name()
        )),
    }
}

/// Checks that a certificate is for this name.
fn check_name(
    name: &str,
    leaf: &CertificateDer<'_>,
    certificate: &Certificate,
    file: &Part,
) -> Result<(), Error> {
    let is_covered = match ServerName::try_from(name) {
        Ok(host) => {
            let parsed = ParsedCertificate::try_from(leaf);
            parsed.is_ok_and(|parsed| verify_server_name(&parsed, &host).is_ok())
        }
        // A wildcard is no name of a host.
        Err(_) => certificate.names().iter().any(|own| own == name),
    };
    if is_covered {
        return Ok(());
    }
    let own = match certificate.names() {
        [] => "it has no names".to_owned(),
        names => format!("its names are {}", names.join(", ")),
    };
    Err(file.refuse(format!("is not for {name}; {own}")))
}
