//! Reads certificates and keys from PEM. Names what a wrong file contains and how to fix it.
//!
//! An error never shows the content, because it may be a key.

use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::x509::{Parsed, is_request};

/// The certificates of a file, in its order. At least one. An error says what the file contains, without its name.
pub(super) fn certificates(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = without_mark(content);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(instead_of_a_certificate(text)),
        Err(error) => Err(damaged(&error)),
    }
}

/// The first private key of a file. An error says what the file contains, without its name.
pub(super) fn private_key(content: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    let text = without_mark(content);
    // The older encrypted form has the same label as a plain key.
    if labels(text).any(|label| label == "ENCRYPTED PRIVATE KEY")
        || contains(text, "Proc-Type: 4,ENCRYPTED")
    {
        return Err("is encrypted with a passphrase, for which a reload cannot ask; decrypt it (openssl pkey -in … -out …) and let nobody else read it".to_owned());
    }
    match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) => Err(instead_of_a_key(text)),
        Err(error) => Err(damaged(&error)),
    }
}

fn instead_of_a_certificate(content: &[u8]) -> String {
    let has = |wanted: &str| labels(content).any(|label| label.ends_with(wanted));
    let what = if let Some(what) = no_pem(content) {
        what
    } else if is_certificate(content) {
        "is a certificate in binary form (DER); convert it to PEM (openssl x509 -inform der -in … -out …)"
    } else if PrivateKeyDer::try_from(content).is_ok() {
        "is a private key in binary form (DER) and no certificate; give the certificate as PEM"
    } else if has("PRIVATE KEY") {
        "contains a private key and no certificate; are cert and key swapped?"
    } else if has("CERTIFICATE REQUEST") {
        "contains a certificate request (CSR) and no certificate; give the certificate that the authority has issued for it"
    } else if has("TRUSTED CERTIFICATE") {
        "contains a certificate in OpenSSL's own form; convert it (openssl x509 -in … -out …)"
    } else if has("PKCS7") {
        "contains a PKCS#7 archive; take the certificates out of it (openssl pkcs7 -print_certs -in … -out …)"
    } else if has("PUBLIC KEY") {
        "contains a public key and no certificate; give the certificate"
    } else {
        "contains no certificate; give a PEM file that has one"
    };
    what.to_owned()
}

fn instead_of_a_key(content: &[u8]) -> String {
    let has = |wanted: &str| labels(content).any(|label| label.ends_with(wanted));
    let what = if let Some(what) = no_pem(content) {
        what
    } else if PrivateKeyDer::try_from(content).is_ok() {
        "is a private key in binary form (DER); convert it to PEM (openssl pkey -inform der -in … -out …)"
    } else if is_certificate(content) {
        "is a certificate in binary form (DER) and no private key; give the private key as PEM"
    } else if has("OPENSSH PRIVATE KEY") {
        "contains a key in the form of OpenSSH, which TLS does not support; give the key that the certificate was made for"
    } else if has("DSA PRIVATE KEY") {
        "contains a DSA key, which TLS no longer supports; make an ECDSA or RSA key, and a certificate for it"
    } else if has("CERTIFICATE REQUEST") {
        "contains a certificate request (CSR) and no private key; give the key that the request was made with"
    } else if has("CERTIFICATE") {
        "contains a certificate and no private key; are cert and key swapped?"
    } else if has("PUBLIC KEY") {
        "contains a public key and no private key; give the private one"
    } else if has("PARAMETERS") {
        "contains the parameters of a key and no private key; give the whole key"
    } else {
        "contains no private key; give a PEM file that has one"
    };
    what.to_owned()
}

/// Names content that is neither PEM nor a single certificate or key in binary form.
fn no_pem(content: &[u8]) -> Option<&'static str> {
    if content.trim_ascii().is_empty() {
        return Some("is empty; give a PEM file");
    }
    if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        return Some("is text in UTF-16; save it as UTF-8 or ASCII");
    }
    if is_pkcs12(content) {
        return Some(
            "is a PKCS#12 archive (.p12, .pfx); take certificate and key out of it (openssl pkcs12 -in … -nodes -out …)",
        );
    }
    if is_request(content) {
        return Some(
            "is a certificate request (CSR) in binary form (DER); give the certificate or the key as PEM",
        );
    }
    None
}

fn damaged(error: &PemError) -> String {
    let what = match error {
        PemError::MissingSectionEnd { .. } => {
            "breaks off before the line that ends it (-----END …-----); copy the whole file"
        }
        PemError::IllegalSectionStart { .. } => {
            "has a line -----BEGIN that does not end with five dashes; copy the whole file"
        }
        PemError::Base64Decode(_) => {
            "has characters that do not belong there (it is not Base64); copy the file again"
        }
        _ => "cannot be read as PEM; copy the file again",
    };
    what.to_owned()
}

fn is_certificate(der: &[u8]) -> bool {
    Parsed::of(der).is_some()
}

/// Whether the content is a sequence that starts with the version 3 and a sequence. A certificate starts with a sequence
/// instead, and a key with the version 0 or 1.
fn is_pkcs12(content: &[u8]) -> bool {
    let Some((0x30, rest)) = content.split_first().map(|(tag, rest)| (*tag, rest)) else {
        return false;
    };
    let length = match rest.first() {
        Some(length) if *length > 0x80 => 1 + usize::from(length & 0x7f),
        _ => 1,
    };
    rest.get(length..)
        .is_some_and(|body| body.starts_with(&[2, 1, 3, 0x30]))
}

/// The content without the byte order mark that some editors write.
fn without_mark(content: &[u8]) -> &[u8] {
    content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)
}

/// The labels of the sections of a PEM file.
fn labels(content: &[u8]) -> impl Iterator<Item = &str> {
    content.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.trim_ascii().strip_prefix(b"-----BEGIN ")?;
        std::str::from_utf8(line.strip_suffix(b"-----")?).ok()
    })
}

fn contains(content: &[u8], text: &str) -> bool {
    content
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
