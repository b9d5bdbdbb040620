//! The checks of one load, and their errors.

use super::authority::{Authority, DAY};
use super::{certificates, provider};
use crate::error::{Error, ErrorKind};
use crate::source::files::{DecodeFiles, Files, Part};
use crate::tls::{CertifiedFiles, ClientCertificates, ServerCertificates, ServerTls};

fn decode(certificates: &ServerCertificates, parts: &[(&str, &str)]) -> Result<ServerTls, Error> {
    let parts = parts.iter().map(|(key, text)| Part::new(*key, *text));
    let files = Files::new(parts).unwrap();
    let decoded = certificates.decode_files(&files, "tls");
    // Whatever happens, no key is shown.
    let shown = format!("{decoded:?} {certificates:?}");
    for (_, text) in files
        .iter()
        .map(|part| (part, String::from_utf8_lossy(part.bytes())))
    {
        let mut lines = text
            .lines()
            .filter(|line| line.len() > 20 && !line.contains("-----"));
        assert!(lines.all(|line| !shown.contains(line)), "{shown}");
    }
    decoded
}

fn error(certificates: &ServerCertificates, parts: &[(&str, &str)]) -> String {
    decode(certificates, parts).unwrap_err().to_string()
}

#[test]
fn certificate_shows_its_public_facts() {
    let authority = Authority::new("root");
    let issued = authority.issue_between(&["a.test", "*.b.test"], DAY, 90_000 * DAY);
    let parts = [("cert.pem", &*issued.cert), ("key.pem", &*issued.key)];
    let tls = decode(&certificates(), &parts).unwrap();
    let [certificate] = tls.certificates() else {
        panic!("{tls:?}");
    };
    assert_eq!(certificate.file(), "cert.pem");
    assert_eq!(certificate.names(), ["a.test", "*.b.test"]);
    assert_eq!(certificate.not_before().unix_seconds(), DAY);
    assert_eq!(tls.not_after().unix_seconds(), 90_000 * DAY);
    assert_eq!(certificate.serial().len() % 2, 0);
    assert_eq!(certificate.chain_fault(), None);
    // A second load of the same files is the same value.
    assert_eq!(tls, decode(&certificates(), &parts).unwrap());
    let other = authority.issue(&["a.test"]);
    let other = [("cert.pem", &*other.cert), ("key.pem", &*other.key)];
    assert_ne!(tls, decode(&certificates(), &other).unwrap());
}

#[test]
fn key_of_another_certificate_is_refused_by_name() {
    let authority = Authority::new("root");
    let (own, other) = (authority.issue(&["a.test"]), authority.issue(&["a.test"]));
    assert_eq!(
        error(
            &certificates(),
            &[("cert.pem", &own.cert), ("key.pem", &other.key)]
        ),
        "key.pem: does not match the certificate in cert.pem; give the key that the certificate was made for"
    );
}

#[test]
fn chain_in_the_wrong_order_is_refused_by_number() {
    let root = Authority::new("root");
    let middle = root.below("middle");
    let lower = middle.below("lower");
    let own = lower.issue(&["a.test"]);
    let (leaf, root, middle, lower) = (own.cert, root.pem(), middle.pem(), lower.pem());
    let chain = |order: &[&str]| error_of_chain(order, &own.key);
    assert_eq!(chain(&[&leaf, &lower, &middle, &root]), None);
    assert_eq!(chain(&[&leaf]), None);
    assert_eq!(
        chain(&[&lower, &middle, &leaf]).unwrap(),
        "cert.pem: is in the wrong order: the certificate of the key key.pem is number 3; put it first, and each issuer after the certificate that it has signed"
    );
    assert_eq!(
        chain(&[&leaf, &lower, &root, &middle]).unwrap(),
        "cert.pem: is in the wrong order: certificate 4 is the issuer of certificate 2; put each issuer after the certificate that it has signed"
    );
    assert_eq!(
        chain(&[&leaf, &middle, &lower]).unwrap(),
        "cert.pem: is in the wrong order: certificate 3 is the issuer of certificate 1; put each issuer after the certificate that it has signed"
    );
}

fn error_of_chain(order: &[&str], key: &str) -> Option<String> {
    let refused = decode(
        &certificates(),
        &[("cert.pem", &order.concat()), ("key.pem", key)],
    );
    refused.err().map(|error| error.to_string())
}

#[test]
fn foreign_certificate_in_a_chain_is_a_fault_and_no_error() {
    let root = Authority::new("root");
    let own = root.issue(&["a.test"]);
    let fault = |stranger: &str| {
        let chain = format!("{}{stranger}", own.cert);
        let tls = decode(
            &certificates(),
            &[("cert.pem", &chain), ("key.pem", &own.key)],
        );
        let tls = tls.unwrap();
        tls.certificates()[0].chain_fault().map(str::to_owned)
    };
    assert_eq!(fault(&root.pem()), None);
    assert_eq!(
        fault(&Authority::new("other").pem()).unwrap(),
        "certificate 2 of the chain is not the issuer of certificate 1"
    );
    assert_eq!(
        fault(&Authority::new("root").pem()).unwrap(),
        "certificate 2 of the chain has the issuer's name, but did not sign certificate 1"
    );
}

#[test]
fn certificate_must_be_for_all_names_that_it_is_given() {
    let own = Authority::new("root").issue(&["a.test", "*.b.test", "127.0.0.1"]);
    let parts = [("cert.pem", &*own.cert), ("key.pem", &*own.key)];
    let named = |names: &[&str]| {
        let files = CertifiedFiles::new("cert.pem", "key.pem").names(names.iter().copied());
        decode(&ServerCertificates::new(files).provider(provider()), &parts)
    };
    named(&["A.test", "x.b.test", "*.b.test"]).unwrap();
    for wrong in ["c.test", "b.test", "x.y.b.test", "*.a.test", "*"] {
        let error = named(&["a.test", wrong]).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("cert.pem: is not for {wrong}; its names are a.test, *.b.test, 127.0.0.1")
        );
    }
}

#[test]
fn one_file_may_have_both_certificate_and_key() {
    let own = Authority::new("root").issue(&["a.test"]);
    let both = ServerCertificates::new(CertifiedFiles::new("both.pem", "both.pem"));
    let both = both.provider(provider());
    let text = format!("{}{}", own.key, own.cert);
    decode(&both, &[("both.pem", &text)]).unwrap();
}

#[test]
fn client_authorities_must_be_certificates() {
    let (server, clients) = (Authority::new("root"), Authority::new("clients"));
    let own = server.issue(&["a.test"]);
    let mutual = certificates().client_ca("clients.pem");
    let with = |text: &str| {
        let pair = [("cert.pem", &*own.cert), ("key.pem", &*own.key)];
        decode(&mutual, &[pair[0], pair[1], ("clients.pem", text)])
    };
    let tls = with(&clients.pem()).unwrap();
    assert_ne!(tls, with(&server.pem()).unwrap());
    assert_eq!(
        with(&own.key).unwrap_err().to_string(),
        "clients.pem: contains a private key and no certificate; are cert and key swapped?"
    );
    assert_eq!(
        with("").unwrap_err().to_string(),
        "clients.pem: is empty; give a PEM file"
    );
}

#[test]
fn missing_provider_is_a_clear_error() {
    let own = Authority::new("root").issue(&["a.test"]);
    let files = CertifiedFiles::new("cert.pem", "key.pem");
    let parts = [("cert.pem", &*own.cert), ("key.pem", &*own.key)];
    let error = decode(&ServerCertificates::new(files), &parts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(
        error
            .to_string()
            .starts_with("no TLS provider is installed; call `install_default`")
    );
}

#[test]
fn client_has_authorities_and_an_identity_that_is_checked() {
    let authority = Authority::new("root");
    let (own, other) = (authority.issue(&["me.test"]), authority.issue(&["me.test"]));
    let client = ClientCertificates::new("roots.pem")
        .identity(CertifiedFiles::new("me.pem", "me.key"))
        .provider(provider());
    let roots = authority.pem();
    let decode = |key: &str| {
        let parts = [
            ("roots.pem", &*roots),
            ("me.pem", &*own.cert),
            ("me.key", key),
        ];
        let files = Files::new(parts.map(|(key, text)| Part::new(key, text))).unwrap();
        client.decode_files(&files, "tls")
    };
    let tls = decode(&own.key).unwrap();
    assert_eq!(tls.certificate().unwrap().names(), ["me.test"]);
    let error = decode(&other.key).unwrap_err().to_string();
    assert!(
        error.starts_with("me.key: does not match the certificate in me.pem; "),
        "{error}"
    );
}
