//! [`ServerTls`]: certificates, keys and client authorities, ready to serve.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::TrustAnchor;
use rustls::server::ServerConfig;

use crate::tls::certificate::Certificate;
use crate::tls::expiry::Dates;
use crate::tls::moment::Moment;
use crate::tls::pair::Pair;

/// Certificates, keys and client authorities of one moment, as a whole configuration of rustls: the value of
/// [`ServerCertificates`](super::super::ServerCertificates).
///
/// Cloning is cheap. Two values are equal if they have the same certificates, keys and client authorities. `Debug` shows no key.
#[derive(Clone)]
pub struct ServerTls(Arc<Inner>);

struct Inner {
    config: Arc<ServerConfig>,
    pairs: Vec<Pair>,
    certificates: Vec<Certificate>,
    clients: Vec<TrustAnchor<'static>>,
    /// It exists as long as the value, so it shows which values exist.
    dates: Dates,
}

impl ServerTls {
    pub(super) fn new(
        config: ServerConfig,
        pairs: Vec<Pair>,
        clients: Vec<TrustAnchor<'static>>,
        dates: Dates,
    ) -> Self {
        Self(Arc::new(Inner {
            config: Arc::new(config),
            certificates: pairs.iter().map(|pair| pair.certificate.clone()).collect(),
            pairs,
            clients,
            dates,
        }))
    }

    /// The configuration for the next handshake. Take it anew for each connection, so that a reload takes effect.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.config)
    }

    /// The facts of each certificate, in the order of their declaration.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }

    /// The earliest expiry of all certificates.
    pub fn not_after(&self) -> Moment {
        let ends = self.0.certificates.iter().map(Certificate::not_after);
        ends.min().unwrap_or(Moment::from_unix_seconds(u64::MAX))
    }

    pub(in crate::tls) fn dates(&self) -> &Dates {
        &self.0.dates
    }
}

impl PartialEq for ServerTls {
    fn eq(&self, other: &Self) -> bool {
        self.0.pairs == other.0.pairs && self.0.clients == other.0.clients
    }
}

impl Eq for ServerTls {}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("certificates", &self.0.certificates)
            .field("client_authorities", &self.0.clients.len())
            .finish_non_exhaustive()
    }
}
