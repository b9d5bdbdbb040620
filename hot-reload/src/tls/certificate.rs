//! [`Certificate`]: the public facts of a certificate in use.

use super::moment::Moment;
use super::x509::Parsed;

/// The public facts of a certificate, for metrics and status pages. It contains no key.
///
/// [`ServerTls::certificates`](super::ServerTls::certificates) returns them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    file: String,
    serial: String,
    names: Vec<String>,
    not_before: Moment,
    not_after: Moment,
    fault: Option<String>,
}

impl Certificate {
    pub(super) fn new(
        file: &str,
        leaf: &Parsed<'_>,
        (not_before, not_after): (Moment, Moment),
        fault: Option<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            serial: leaf.serial(),
            names: leaf.names(),
            not_before,
            not_after,
            fault,
        }
    }

    /// The name of its file, as in errors.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The serial number in hexadecimal digits, as `openssl x509 -serial` prints it.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The names and IP addresses that it is valid for: DNS names in lowercase, and IP addresses.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The start of the period in which it and its issuers in the file are all valid.
    pub fn not_before(&self) -> Moment {
        self.not_before
    }

    /// The end of that period. Clients refuse the certificate afterwards.
    pub fn not_after(&self) -> Moment {
        self.not_after
    }

    /// A certificate in its file that does not belong to the chain. Some clients may refuse such a chain.
    pub fn chain_fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}
