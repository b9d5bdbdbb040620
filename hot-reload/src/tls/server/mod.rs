//! Certificates of a server.
//!
//! - `certificates`: [`ServerCertificates`](certificates::ServerCertificates), the source;
//! - `decoder`: builds a value from the files;
//! - `value`: [`ServerTls`](value::ServerTls), the value;
//! - `resolver`: [`Resolver`](resolver::Resolver), a view on the live value.

pub(super) mod certificates;
mod decoder;
pub(super) mod resolver;
pub(super) mod value;
