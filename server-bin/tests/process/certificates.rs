//! Log lines about certificates.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::support::Program;
use super::{config, folder_with, save};

const TLS: &str = "[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n";

/// A configuration with a certificate.
pub(crate) fn with_tls(id: u64) -> String {
    config(id) + TLS
}

/// Puts a certificate and its key into a folder, valid between two years.
pub(crate) fn put(folder: &Path, from: i32, until: i32) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    put_files(folder, &cert.pem(), &key.serialize_pem(), 0o600);
}

fn put_files(folder: &Path, cert: &str, key: &str, mode: u32) {
    fs::write(folder.join("cert.pem"), cert).unwrap();
    fs::write(folder.join("key.pem"), key).unwrap();
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn expired_or_future_certificate_is_warned_about_with_its_date() {
    for (from, until, line) in [
        (
            2000,
            2001,
            "WARN server_lib::front: the certificate has expired on 2001-01-01 00:00:00 UTC: clients refuse it; renew it",
        ),
        (
            4000,
            4001,
            "WARN server_lib::front: the certificate is not valid before 4000-01-01 00:00:00 UTC: clients refuse it; check ",
        ),
    ] {
        let (folder, file) = folder_with(&with_tls(1));
        put(folder.path(), from, until);
        let program = Program::start(&file, &[]);
        program.line(line).await;
        assert_eq!(program.count("the certificate"), 1);
    }
}

#[tokio::test]
async fn refused_edit_logs_the_expiry_of_the_certificate_in_use() {
    let (folder, file) = folder_with(&with_tls(1));
    put(folder.path(), 2000, 4000);
    let program = Program::start(&file, &[]);
    program.address().await;
    save(&file, "id = 'wrong'");
    program
        .line("the present certificate stays in use; it is valid until 4000-01-01 00:00:00 UTC")
        .await;
    assert_eq!(program.count("the certificate has expired"), 0);
}

#[tokio::test]
async fn readable_key_and_misordered_chain_are_warned_about() {
    let (folder, file) = folder_with(&with_tls(1));
    let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (own, other) = (made(), made());
    let key = own.signing_key.serialize_pem();
    put_files(
        folder.path(),
        &(own.cert.pem() + &other.cert.pem()),
        &key,
        0o644,
    );
    let program = Program::start(&file, &[]);
    program
        .line(
            "every user of this machine can read the private key key.pem; restrict it (chmod 600)",
        )
        .await;
    program
        .line("the chain of cert.pem does not fit: certificate 2 of the chain has the issuer's name, but did not sign certificate 1; ")
        .await;
}

#[tokio::test]
async fn change_to_plain_text_needs_the_key_plaintext_and_is_logged() {
    let (folder, file) = folder_with(&with_tls(1));
    put(folder.path(), 2000, 4000);
    let program = Program::start(&file, &[]);
    program.address().await;
    save(&file, &config(2));
    program
        .line(
            "would change to plain text; restore it, or allow that with plaintext = true at the top",
        )
        .await;
    save(&file, &format!("plaintext = true\n{}", config(3)));
    program
        .line("connections are in plain text from now on, as plaintext = true allows")
        .await;
}
