//! [`ClientCertificates`]: the source of the authorities that a client trusts, and of its certificate and key.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::SupportedProtocolVersion;
use rustls::client::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::time_provider::TimeProvider;

use super::decoder::{ClientDecoder, ClientSpec};
use super::value::ClientTls;
use crate::error::Error;
use crate::source::Source;
use crate::source::files::{DecodeFiles, DecodedFiles, Files};
use crate::tls::certified_files::CertifiedFiles;
use crate::tls::common::Common;
use crate::tls::delegate::source_of_certificates;

/// The authorities that a client trusts, and its certificate and key if it has one: a source for
/// [`ReloaderService::builder`](crate::ReloaderService::builder), whose value is [`ClientTls`].
///
/// Files, checks and dates are as for [`ServerCertificates`](super::super::ServerCertificates). It is also a
/// [decoder](DecodeFiles).
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
#[derive(Clone)]
#[must_use = "certificates have no effect until a service loads them"]
pub struct ClientCertificates {
    spec: ClientSpec,
    decoder: OnceLock<ClientDecoder>,
    opened: OnceLock<DecodedFiles<ClientDecoder>>,
}

impl ClientCertificates {
    /// Trusts servers whose certificates one of the authorities in this PEM file has issued.
    pub fn new(authorities: impl Into<PathBuf>) -> Self {
        Self {
            spec: ClientSpec {
                common: Common::default(),
                authorities: authorities.into(),
                identity: None,
                configure: None,
            },
            decoder: OnceLock::new(),
            opened: OnceLock::new(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut ClientSpec)) -> Self {
        change(&mut self.spec);
        self.decoder = OnceLock::new();
        self.opened = OnceLock::new();
        self
    }

    /// Shows this certificate to servers that ask for one (mutual TLS).
    pub fn identity(self, files: CertifiedFiles) -> Self {
        self.with(|spec| spec.identity = Some(files))
    }

    /// Sets the application protocols, the preferred one first, such as `h2` and `http/1.1`.
    pub fn alpn<P: Into<Vec<u8>>>(self, protocols: impl IntoIterator<Item = P>) -> Self {
        let protocols = protocols.into_iter().map(Into::into).collect();
        self.with(|spec| spec.common.alpn = protocols)
    }

    /// Sets the provider of cryptography. Default: [`CryptoProvider::get_default`] at each load.
    pub fn provider(self, provider: Arc<CryptoProvider>) -> Self {
        self.with(|spec| spec.common.provider = Some(provider))
    }

    /// Sets the versions of TLS.
    pub fn protocol_versions(self, versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        self.with(|spec| spec.common.versions = versions)
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

    /// Sets the clock that the dates of certificates are compared with, also during a handshake. Default: that of the system.
    pub fn time_provider(self, clock: Arc<dyn TimeProvider>) -> Self {
        self.with(|spec| spec.common.clock = clock)
    }

    /// Reads the parts of this source instead of files, such as the keys of a store. The paths are the keys of its parts.
    pub fn read_from(self, source: impl Source) -> Self {
        let source = source.boxed();
        self.with(|spec| spec.common.source = Some(source))
    }

    fn decoder(&self) -> &ClientDecoder {
        self.decoder
            .get_or_init(|| ClientDecoder::new(self.spec.clone()))
    }

    fn opened(&self) -> &DecodedFiles<ClientDecoder> {
        self.opened.get_or_init(|| {
            let decoder = self.decoder();
            let files = self.spec.common.source(self.spec.paths(), decoder.expiry());
            files.decode_files(decoder.clone())
        })
    }
}

source_of_certificates!(ClientCertificates, of ClientTls);

impl DecodeFiles for ClientCertificates {
    type Value = ClientTls;

    fn decode_files(&self, files: &Files, name: &str) -> Result<ClientTls, Error> {
        self.decoder().decode_files(files, name)
    }
}

impl fmt::Debug for ClientCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCertificates")
            .field(&self.spec)
            .finish()
    }
}
