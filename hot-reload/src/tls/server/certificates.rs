//! [`ServerCertificates`]: the source of a server's certificates, keys and client authorities.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::server::{ProducesTickets, ServerConfig};

use super::decoder::{Anonymous, Clients, ServerDecoder, ServerSpec};
use super::value::ServerTls;
use crate::source::files::DecodedFiles;
use crate::tls::certified_files::CertifiedFiles;
use crate::tls::common::Common;
use crate::tls::delegate::{options_of_certificates, source_of_certificates};

/// The certificates and keys of a server, and the authorities of its clients: a source for
/// [`ReloaderService::builder`](crate::ReloaderService::builder), whose value is [`ServerTls`].
///
/// All files are read at one moment, as by a [`Group`](crate::source::Group). A load is rejected, and the last good value stays,
/// unless everything fits; see [the module](crate::tls#checks).
///
/// # Default
///
/// - [`provider`](Self::provider): the default of the process
/// - [`client_ca`](Self::client_ca): none; clients need no certificate
/// - [`alpn`](Self::alpn): none
/// - [`ticketer`](Self::ticketer): none; sessions are resumed from the memory of the server, also after a reload
/// - [`expiry_warning`](Self::expiry_warning): 14 days
/// - [`protocol_versions`](Self::protocol_versions): all that the features of rustls allow
///
/// ```no_run
/// use hot_reload::ReloaderService;
/// use hot_reload::tls::{CertifiedFiles, ServerCertificates};
///
/// # async fn example() -> Result<(), hot_reload::Error> {
/// let certificates = ServerCertificates::new(CertifiedFiles::new("tls/cert.pem", "tls/key.pem"))
///     .and(CertifiedFiles::new("tls/shop/cert.pem", "tls/shop/key.pem"))
///     .alpn(["h2", "http/1.1"]);
/// let (tls, _control) = ReloaderService::watch(certificates).start().await?;
/// // For each connection:
/// let config = tls.load().server_config();
/// # let _ = config;
/// # Ok(())
/// # }
/// ```
///
/// # Other sources
///
/// Certificates in a store are loaded by [`read_from`](Self::read_from). For those that a program has read already, it is a
/// [decoder](crate::source::files::DecodeFiles): the paths are the keys of the parts.
///
/// ```
/// use hot_reload::source::files::{DecodeFiles, Files, Part};
/// use hot_reload::tls::{CertifiedFiles, ServerCertificates};
///
/// # fn main() -> Result<(), hot_reload::Error> {
/// let certificates = ServerCertificates::new(CertifiedFiles::new("tls.crt", "tls.key"));
/// # let certificates = certificates.provider(rustls::crypto::ring::default_provider().into());
/// let files = Files::new([Part::new("tls.crt", ""), Part::new("tls.key", "")])?;
/// let error = certificates.decode_files(&files, "secret/tls").unwrap_err();
/// assert_eq!(error.to_string(), "tls.crt: is empty; give a PEM file");
/// # Ok(())
/// # }
/// ```
#[must_use = "certificates have no effect until a service loads them"]
pub struct ServerCertificates {
    spec: ServerSpec,
    decoder: OnceLock<ServerDecoder>,
    opened: OnceLock<DecodedFiles<ServerDecoder>>,
}

impl ServerCertificates {
    /// Serves this certificate by default: to every client whose requested name (SNI) no other certificate matches.
    pub fn new(first: CertifiedFiles) -> Self {
        Self::of(ServerSpec {
            common: Common::default(),
            pairs: vec![first],
            clients: None,
            ticketer: None,
            configure: None,
        })
    }

    /// Serves this certificate, too: to clients that want one of its names (SNI). An exact name precedes a wildcard. If
    /// several certificates match, the client gets the first whose key type it supports.
    pub fn and(self, another: CertifiedFiles) -> Self {
        self.with(|spec| spec.pairs.push(another))
    }

    /// Requires a certificate of each client (mutual TLS), issued by one of the authorities in this PEM file.
    ///
    /// No session is resumed then, because a resumed session would not verify the client again.
    pub fn client_ca(self, path: impl Into<PathBuf>) -> Self {
        let authorities = path.into();
        self.with(|spec| {
            spec.clients = Some(Clients {
                authorities,
                anonymous: Anonymous::Refused,
            });
        })
    }

    /// As [`client_ca`](Self::client_ca), but also accepts clients without a certificate. Those with a wrong one are refused.
    pub fn optional_client_ca(self, path: impl Into<PathBuf>) -> Self {
        let authorities = path.into();
        self.with(|spec| {
            spec.clients = Some(Clients {
                authorities,
                anonymous: Anonymous::Allowed,
            });
        })
    }

    /// Sets what makes and reads session tickets, such as the `Ticketer` of a provider. All reloads share it, so clients resume
    /// their sessions after a reload. It has no effect with [`client_ca`](Self::client_ca) or
    /// [`optional_client_ca`](Self::optional_client_ca).
    pub fn ticketer(self, ticketer: Arc<dyn ProducesTickets>) -> Self {
        self.with(|spec| spec.ticketer = Some(ticketer))
    }

    /// Changes each configuration before it is published, such as its `max_fragment_size`.
    ///
    /// The function runs at each load, inside of the service's task. It must neither replace `cert_resolver`, nor share sessions
    /// with other configurations.
    pub fn configure(self, change: impl Fn(&mut ServerConfig) + Send + Sync + 'static) -> Self {
        self.with(|spec| spec.configure = Some(Arc::new(change)))
    }

    /// Sets how long before the expiry of a certificate the source is degraded. Default: 14 days. Zero: not before.
    pub fn expiry_warning(self, before: Duration) -> Self {
        self.with(|spec| spec.common.warning = before)
    }

    /// Accepts a certificate that is not valid at present as the first value. The source is degraded meanwhile.
    ///
    /// A reload still refuses such a certificate, because it would replace a better one.
    pub fn allow_expired(self) -> Self {
        self.with(|spec| spec.common.allow_expired = true)
    }
}

options_of_certificates!(ServerCertificates, ServerSpec, ServerDecoder);
source_of_certificates!(ServerCertificates, of ServerTls);
