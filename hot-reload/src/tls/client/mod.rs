//! Certificates of a client.
//!
//! - `certificates`: [`ClientCertificates`](certificates::ClientCertificates), the source;
//! - `decoder`: builds a value from the files;
//! - `value`: [`ClientTls`](value::ClientTls), the value.

pub(super) mod certificates;
mod decoder;
pub(super) mod value;
