//! Certificates, keys and client authorities for rustls, kept in step with their files.
//!
//! - [`ServerCertificates`]: a source whose value is [`ServerTls`], a whole `ServerConfig`;
//! - [`ClientCertificates`]: a source whose value is [`ClientTls`], a whole `ClientConfig`;
//! - [`CertifiedFiles`]: the files of one certificate and its key;
//! - [`Resolver`]: a view on the live certificates, for a program with a `ServerConfig` of its own;
//! - [`Certificate`] and [`Moment`]: the public facts of a certificate, for metrics.
//!
//! ```
//! # async fn example(listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
//! use hot_reload::ReloaderService;
//! use hot_reload::tls::{CertifiedFiles, ServerCertificates};
//!
//! let pair = CertifiedFiles::new("tls/fullchain.pem", "tls/privkey.pem");
//! let certificates = ServerCertificates::new(pair).client_ca("tls/clients.pem");
//! let (tls, control) = ReloaderService::watch(certificates).start().await?;
//! loop {
//!     let (stream, _) = listener.accept().await?;
//!     // `tokio_rustls::TlsAcceptor::from(config).accept(stream)`
//!     let config = tls.load().server_config();
//!     # let _ = (stream, config, &control);
//! }
//! # }
//! ```
//!
//! The feature `rustls` chooses no provider of cryptography. The application installs one with the function `install_default`
//! of a provider of rustls, or gives one with [`provider`](ServerCertificates::provider). Without one, the first load fails.
//!
//! # Checks
//!
//! A load must pass all of these checks. Otherwise it is rejected with an error that names the file and the remedy, and the last
//! good value stays:
//!
//! - each file has what it should have, in PEM. No error shows the content of a file;
//! - each key matches its certificate: `tls/key.pem: does not match the certificate in tls/cert.pem; …`. While a certificate and
//!   its key are replaced one after the other, in any order, the old pair stays;
//! - the certificate of the key is the first in its file, and each issuer follows the certificate that it has signed. A chain
//!   in the wrong order is rejected, not reordered. A certificate that belongs nowhere is accepted and degrades the status,
//!   because clients ignore it;
//! - each certificate is valid at present, with its issuers in the file. One that is not valid yet is loaded again when it
//!   is. One that is in use already stays in use after its expiry, so that it does not keep the certificates of other
//!   names out;
//! - each certificate is for all [names](CertifiedFiles::names) that it is given.
//!
//! # Expiry
//!
//! Within [14 days](ServerCertificates::expiry_warning) of the expiry, the status of the source is degraded by
//! `certificate_expiry`, and after it also by `certificate_expired`. The service logs each once, as a warning, and reports it as
//! [`EventKind::Degraded`](crate::event::EventKind::Degraded). The other degradations are `certificate_not_yet_valid` and
//! `certificate_chain`. They describe the visible value, not one that is held, rejected or rolled back.
//!
//! From the warning on, the watch of the source hints once an hour, so that a realtime service loads a renewed certificate
//! even if no file event arrived. The counter `expiry_hints` counts these hints. A polling or hybrid service needs none: it loads at
//! each interval or heartbeat in any case. [`Certificate::not_after`] has the date for a metric.
//!
//! # Limits
//!
//! - **Open connections** keep the certificates and authorities of their handshake. Close the connections of a removed
//!   authority if that matters.
//! - **Sessions** are resumed after a reload, unless clients need a certificate. A client that resumes a session does not
//!   see the new certificate.
//! - **Revocation** is not checked, neither of own certificates nor of clients'. No OCSP response is stapled.
//! - **The trust of clients** is unknown: the checks do not include whether an authority that clients trust has issued the
//!   certificate.
//! - **The expiry of authorities** is not checked, as in rustls.
//! - **Keys** must be in PEM files without a passphrase, or in parts of another source. For a key in hardware, implement
//!   `ResolvesServerCert` of rustls.

mod certificate;
mod certified_files;
mod chain;
mod client;
mod common;
mod delegate;
mod expiry;
mod moment;
mod pair;
mod pem;
mod server;
mod sni;
mod source;
#[cfg(test)]
mod tests;
mod x509;

pub use self::certificate::Certificate;
pub use self::certified_files::CertifiedFiles;
pub use self::client::certificates::ClientCertificates;
pub use self::client::value::ClientTls;
pub use self::moment::Moment;
pub use self::server::certificates::ServerCertificates;
pub use self::server::resolver::Resolver;
pub use self::server::value::ServerTls;
