//! [`ClientTls`]: authorities of servers and a certificate, ready to connect.

use std::fmt;
use std::sync::Arc;

use rustls::client::ClientConfig;
use rustls::pki_types::TrustAnchor;

use crate::tls::certificate::Certificate;
use crate::tls::expiry::Dates;
use crate::tls::pair::Pair;

/// The authorities of servers, and the certificate of the client if it has one, as a whole configuration of rustls: the value
/// of [`ClientCertificates`](super::super::ClientCertificates).
///
/// Cloning is cheap. Two values are equal if they have the same certificates, keys and authorities. `Debug` shows no key.
#[derive(Clone)]
pub struct ClientTls(Arc<Inner>);

struct Inner {
    config: Arc<ClientConfig>,
    pair: Option<Pair>,
    authorities: Vec<TrustAnchor<'static>>,
    /// It exists as long as the value, so it shows which values exist.
    dates: Dates,
}

impl ClientTls {
    pub(super) fn new(
        config: ClientConfig,
        pair: Option<Pair>,
        authorities: Vec<TrustAnchor<'static>>,
        dates: Dates,
    ) -> Self {
        Self(Arc::new(Inner {
            config: Arc::new(config),
            pair,
            authorities,
            dates,
        }))
    }

    /// The configuration for the next connection. Take it anew for each, so that a reload takes effect.
    ///
    /// A session of an earlier configuration is not resumed, because another authority may have vouched for its server.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0.config)
    }

    /// The facts of the client's certificate, if it has one.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.0.pair.as_ref().map(|pair| &pair.certificate)
    }

    pub(in crate::tls) fn dates(&self) -> &Dates {
        &self.0.dates
    }
}

impl PartialEq for ClientTls {
    fn eq(&self, other: &Self) -> bool {
        self.0.pair == other.0.pair && self.0.authorities == other.0.authorities
    }
}

impl Eq for ClientTls {}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("certificate", &self.certificate())
            .field("authorities", &self.0.authorities.len())
            .finish_non_exhaustive()
    }
}
