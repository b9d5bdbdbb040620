//! [`Validity`]: the period in which a certificate chain is valid; and a check of the chain's order and signatures.

use std::fmt;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::time::ASN1Time;

/// The period in which all certificates of a chain are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

/// A moment in seconds since 1970, UTC. Shown as `2026-12-24 18:00:00 UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    pub(crate) fn now() -> Self {
        Self(ASN1Time::now().timestamp())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ASN1Time::from_timestamp(self.0).map(|time| time.to_datetime()) {
            Ok(time) => {
                let (date, (hour, minute, second)) = (time.date(), time.to_hms());
                write!(f, "{date} {hour:02}:{minute:02}:{second:02} UTC")
            }
            Err(_) => write!(f, "second {} since 1970", self.0),
        }
    }
}

/// The result of inspecting a chain.
pub(super) struct Inspected {
    pub(super) validity: Validity,
    /// A fault in the order or the signatures, if there is one.
    pub(super) fault: Option<String>,
}

/// Inspects a chain, whose first certificate is the server's. An error names a certificate that cannot be parsed.
pub(super) fn inspect(chain: &[CertificateDer<'_>]) -> Result<Inspected, String> {
    let mut read = Vec::new();
    for (index, der) in chain.iter().enumerate() {
        let parsed = x509_parser::parse_x509_certificate(der).map_err(|_| {
            format!(
                "holds a damaged certificate, number {}; copy the file anew",
                index + 1
            )
        })?;
        read.push(parsed.1);
    }
    let from = read.iter().map(|one| one.validity().not_before.timestamp());
    let until = read.iter().map(|one| one.validity().not_after.timestamp());
    let fault = read.windows(2).enumerate().find_map(|(index, pair)| match pair {
        [one, next] => misfit(one, next).map(|why| {
            let (one, next) = (index + 1, index + 2);
            format!("certificate {next} of the chain {why} certificate {one}; give each one's issuer behind it")
        }),
        _ => None,
    });
    Ok(Inspected {
        validity: Validity {
            from: Moment(from.max().unwrap_or_default()),
            until: Moment(until.min().unwrap_or_default()),
        },
        fault,
    })
}

/// The reason why the next certificate is not the issuer of this one, if it is not.
fn misfit(one: &X509Certificate<'_>, next: &X509Certificate<'_>) -> Option<&'static str> {
    if one.issuer().as_raw() != next.subject().as_raw() {
        return Some("is not the issuer of");
    }
    // A signature of an unsupported kind is neither right nor wrong.
    match one.verify_signature(Some(next.public_key())) {
        Err(X509Error::SignatureVerificationError) => {
            Some("has the name of the issuer, and has not signed")
        }
        _ => None,
    }
}
