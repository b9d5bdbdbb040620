//! Tests of certificates: the checks of one load, the dates under paused time, and handshakes in memory.

mod authority;
mod checks;
mod dates;
mod handshakes;
mod memory;
mod visible;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::{CertifiedFiles, ServerCertificates};

/// The provider of the tests, which the library never chooses.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The certificates in `cert.pem` and `key.pem`.
fn certificates() -> ServerCertificates {
    ServerCertificates::new(CertifiedFiles::new("cert.pem", "key.pem")).provider(provider())
}
