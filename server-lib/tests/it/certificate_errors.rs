//! Tests of the error line for each common mistake with certificates and keys.

use rcgen::generate_simple_self_signed;
use server_lib::ServerConfig;

use crate::errors::{HEAD, line_in};

#[test]
fn unusable_certificate_is_rejected() {
    let config = format!("{HEAD}[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n");
    let folder = tempfile::tempdir().unwrap();
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    assert_eq!(
        line_in(&folder, &config),
        "config.toml: tls.cert: cannot read cert.pem: there is no such file; create it, or correct the path"
    );
    std::fs::write(folder.path().join("cert.pem"), "nothing").unwrap();
    std::fs::write(folder.path().join("key.pem"), "nothing").unwrap();
    assert_eq!(
        line_in(&folder, &config),
        "config.toml: tls.cert: the file cert.pem contains no certificate; give a PEM file that has one"
    );
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    assert_eq!(
        line_in(&folder, &config),
        "config.toml: tls.key: the file key.pem contains no private key; give a PEM file that has one"
    );
    std::fs::write(
        folder.path().join("key.pem"),
        other.signing_key.serialize_pem(),
    )
    .unwrap();
    assert_eq!(
        line_in(&folder, &config),
        "config.toml: tls.key: the file key.pem does not match the certificate in cert.pem; give the key that the certificate was made for"
    );
}

/// The error line for these contents of certificate and key.
fn tls(cert: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cert.pem"), cert).unwrap();
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    let path = folder.path().join("config.toml");
    let config = format!("{HEAD}[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n");
    std::fs::write(&path, config).unwrap();
    let line = ServerConfig::load(&path).err()?.to_string();
    assert!(!line.contains('\n') && !line.contains("MII"), "{line}");
    let (_, line) = line.split_once("config.toml: ").unwrap();
    Some(line.to_owned())
}

/// PEM with this label.
fn pem(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in der.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            text.push(match digit <= three.len() {
                true => DIGITS[(bits >> (18 - 6 * digit) & 63) as usize] as char,
                false => '=',
            });
        }
    }
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[test]
fn each_wrong_certificate_file_has_its_own_error() {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let request = rcgen::CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .serialize_request(&made.signing_key)
        .unwrap();
    let pkcs12: &[u8] = &[0x30, 0x82, 1, 0, 2, 1, 3, 0x30, 0x82, 0, 0xf0];
    let der = made.cert.der().as_ref();
    let cut = cert.split_at(cert.len() - 30).0;
    for (content, expected) in [
        (b"".as_slice(), "is empty; "),
        (b" \n\n", "is empty; "),
        (b"nothing", "contains no certificate; "),
        (
            key.as_bytes(),
            "contains a private key and no certificate; are cert and key swapped?",
        ),
        (der, "is a certificate in binary form (DER); "),
        (
            made.signing_key.serialized_der(),
            "is a private key in binary form (DER) and no certificate; ",
        ),
        (pkcs12, "is a PKCS#12 archive (.p12, .pfx); "),
        (
            request.pem().unwrap().as_bytes(),
            "contains a certificate request (CSR) and no certificate; ",
        ),
        (
            request.der(),
            "is a certificate request (CSR) in binary form (DER); ",
        ),
        (
            pem("PUBLIC KEY", b"abc").as_bytes(),
            "contains a public key and no certificate; ",
        ),
        (
            pem("PKCS7", b"abc").as_bytes(),
            "contains a PKCS#7 archive; ",
        ),
        (
            pem("TRUSTED CERTIFICATE", der).as_bytes(),
            "contains a certificate in OpenSSL's own form; ",
        ),
        (b"\xff\xfe-\0-\0-\0", "is text in UTF-16; "),
        (cut.as_bytes(), "breaks off before the line that ends it"),
        (
            cert.replacen('M', "*", 1).as_bytes(),
            "has characters that do not belong there",
        ),
        (
            pem("CERTIFICATE", b"abc").as_bytes(),
            "contains a damaged certificate (number 1); copy the file again",
        ),
    ] {
        let line = tls(content, &key).unwrap();
        let expected = format!("tls.cert: the file cert.pem {expected}");
        assert!(line.starts_with(&expected), "{line} is not {expected}");
    }
}

#[test]
fn each_wrong_key_file_has_its_own_error() {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let request = rcgen::CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .serialize_request(&made.signing_key)
        .unwrap();
    let old = pem("RSA PRIVATE KEY", b"abc").replace(
        "KEY-----\n",
        "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
    );
    let broken = pem("PRIVATE KEY", b"abc");
    for (content, expected) in [
        (b"".as_slice(), "is empty; "),
        (b"nothing", "contains no private key; "),
        (
            cert.as_bytes(),
            "contains a certificate and no private key; are cert and key swapped?",
        ),
        (
            pem("ENCRYPTED PRIVATE KEY", b"abc").as_bytes(),
            "is encrypted with a passphrase, ",
        ),
        (old.as_bytes(), "is encrypted with a passphrase, "),
        (
            pem("OPENSSH PRIVATE KEY", b"abc").as_bytes(),
            "contains a key in the form of OpenSSH, ",
        ),
        (
            pem("DSA PRIVATE KEY", b"abc").as_bytes(),
            "contains a DSA key, ",
        ),
        (
            pem("EC PARAMETERS", b"abc").as_bytes(),
            "contains the parameters of a key and no private key; ",
        ),
        (
            pem("PUBLIC KEY", b"abc").as_bytes(),
            "contains a public key and no private key; ",
        ),
        (
            request.pem().unwrap().as_bytes(),
            "contains a certificate request (CSR) and no private key; ",
        ),
        (
            made.signing_key.serialized_der(),
            "is a private key in binary form (DER); ",
        ),
        (
            made.cert.der(),
            "is a certificate in binary form (DER) and no private key; ",
        ),
        (
            broken.as_bytes(),
            "contains a private key that the TLS provider cannot use; ",
        ),
    ] {
        let line = tls(&cert, content).unwrap();
        let expected = format!("tls.key: the file key.pem {expected}");
        assert!(line.starts_with(&expected), "{line} is not {expected}");
    }
    let both = format!("{key}{cert}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("both.pem"), both).unwrap();
    let path = folder.path().join("config.toml");
    let config = format!("{HEAD}[tls]\ncert = 'both.pem'\nkey = 'both.pem'\n");
    std::fs::write(&path, config).unwrap();
    ServerConfig::load(&path).unwrap();
    // A byte order mark, comments and extra sections are accepted.
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(tls(windows(&cert), windows(&key)), None);
    assert_eq!(
        tls(format!("a comment\n{key}{cert}"), format!("{cert}{key}")),
        None
    );
}

#[test]
fn misordered_chain_is_reported_as_such() {
    let authority = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = params.self_signed(&authority).unwrap();
    let issuer = rcgen::Issuer::new(params, authority);
    let own = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&own, &issuer).unwrap();
    let key = own.serialize_pem();
    assert_eq!(tls(leaf.pem() + &root.pem(), &key), None);
    assert_eq!(
        tls(root.pem() + &leaf.pem(), &key).unwrap(),
        "tls.cert: the file cert.pem is in the wrong order: the certificate of the key key.pem is number 2; put it first, and each issuer after the certificate that it has signed"
    );
}
