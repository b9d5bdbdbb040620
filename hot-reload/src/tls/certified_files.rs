//! [`CertifiedFiles`]: the files of one certificate.

use std::path::{Path, PathBuf};

/// The files of one certificate and its key, both PEM.
///
/// The file of the certificate begins with the certificate itself; the issuer of each follows. Both may be one file. A
/// symbolic link is followed on each load, so `fullchain.pem` and `privkey.pem` of an ACME client can be given as they are.
///
/// ```
/// use hot_reload::tls::CertifiedFiles;
///
/// let shop = CertifiedFiles::new("tls/shop/fullchain.pem", "tls/shop/privkey.pem")
///     .names(["shop.example.com", "*.shop.example.com"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the files have no effect until they are part of `ServerCertificates`"]
pub struct CertifiedFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) names: Option<Vec<String>>,
}

impl CertifiedFiles {
    /// The paths of the certificate and of its key. A relative path refers to the current directory at the first load.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self {
            certificate: certificate.into(),
            key: key.into(),
            names: None,
        }
    }

    /// The names of hosts (SNI) that get this certificate: DNS names, or wildcards such as `*.example.com`. Default: all DNS
    /// names in the certificate.
    ///
    /// A load is rejected if the certificate is not for one of these names.
    pub fn names<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let names = names
            .into_iter()
            .map(|name| name.into().to_ascii_lowercase());
        Self {
            names: Some(names.collect()),
            ..self
        }
    }

    pub(super) fn paths(&self) -> [&Path; 2] {
        [&self.certificate, &self.key]
    }
}
