//! [`ClientCertificates`]: the source of the authorities that a client trusts, and of its certificate and key.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::ClientConfig;

use super::decoder::{ClientDecoder, ClientSpec};
use super::value::ClientTls;
use crate::source::files::DecodedFiles;
use crate::tls::certified_files::CertifiedFiles;
use crate::tls::common::Common;
use crate::tls::delegate::{options_of_certificates, source_of_certificates};

/// The authorities that a client trusts, and its certificate and key if it has one: a source for
/// [`ReloaderService::builder`](crate::ReloaderService::builder), whose value is [`ClientTls`].
///
/// Files, checks and dates are as for [`ServerCertificates`](super::super::ServerCertificates). It is also a
/// [decoder](crate::source::files::DecodeFiles).
///
/// # Default
///
/// - [`provider`](Self::provider): the default of the process
/// - [`identity`](Self::identity): none; the client shows no certificate
/// - [`alpn`](Self::alpn): none
/// - [`expiry_warning`](Self::expiry_warning): 14 days
/// - [`protocol_versions`](Self::protocol_versions): all that the features of rustls allow
///
/// ```no_run
/// use hot_reload::ReloaderService;
/// use hot_reload::tls::{CertifiedFiles, ClientCertificates};
///
/// # async fn example() -> Result<(), hot_reload::Error> {
/// let certificates = ClientCertificates::new("tls/authorities.pem")
///     .identity(CertifiedFiles::new("tls/client.pem", "tls/client.key"));
/// let (tls, _control) = ReloaderService::watch(certificates).start().await?;
/// // For each connection:
/// let config = tls.load().client_config();
/// # let _ = config;
/// # Ok(())
/// # }
/// ```
#[must_use = "certificates have no effect until a service loads them"]
pub struct ClientCertificates {
    spec: ClientSpec,
    decoder: OnceLock<ClientDecoder>,
    opened: OnceLock<DecodedFiles<ClientDecoder>>,
}

impl ClientCertificates {
    /// Trusts servers whose certificates one of the authorities in this PEM file has issued.
    pub fn new(authorities: impl Into<PathBuf>) -> Self {
        Self::of(ClientSpec {
            common: Common::default(),
            authorities: authorities.into(),
            identity: None,
            configure: None,
        })
    }

    /// Shows this certificate to servers that ask for one (mutual TLS).
    pub fn identity(self, files: CertifiedFiles) -> Self {
        self.with(|spec| spec.identity = Some(files))
    }

    /// Changes each configuration before it is published, such as its `resumption`. The function runs at each load, inside
    /// of the service's task.
    pub fn configure(self, change: impl Fn(&mut ClientConfig) + Send + Sync + 'static) -> Self {
        self.with(|spec| spec.configure = Some(Arc::new(change)))
    }

    /// Sets how long before the expiry of the client's certificate the source is degraded. Default: 14 days. Zero: not before.
    pub fn expiry_warning(self, before: Duration) -> Self {
        self.with(|spec| spec.common.warning = before)
    }

    /// Accepts a certificate that is not valid at present as the first value. The source is degraded meanwhile.
    pub fn allow_expired(self) -> Self {
        self.with(|spec| spec.common.allow_expired = true)
    }
}

options_of_certificates!(ClientCertificates, ClientSpec, ClientDecoder);
source_of_certificates!(ClientCertificates, of ClientTls);
