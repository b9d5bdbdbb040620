//! [`Resolver`]: a view on the live certificates for programs with a configuration of their own.

use std::fmt;
use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::value::ServerTls;
use crate::live::handle::Live;

/// Answers each handshake with a certificate of the live value, for a program that makes its own `ServerConfig`.
///
/// # Limits
///
/// Only the certificates and keys are live. All else is part of the program's configuration and stays as it is: the client
/// authorities, the protocols, and the sessions. A session that a client resumes does not ask for a certificate, nor does
/// it verify the client again. Use [`ServerTls::server_config`] where that matters.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use hot_reload::Live;
/// use hot_reload::tls::{Resolver, ServerTls};
///
/// # fn example(tls: Live<ServerTls>) {
/// let resolver = Arc::new(Resolver::new(tls));
/// // rustls::ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver)
/// # }
/// ```
pub struct Resolver(Live<ServerTls>);

impl Resolver {
    /// Makes a resolver that reads this value at each handshake. Before the first value, it refuses handshakes.
    pub fn new(tls: Live<ServerTls>) -> Self {
        Self(tls)
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let now = self.0.try_load()?;
        now.server_config().cert_resolver.resolve(hello)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}
