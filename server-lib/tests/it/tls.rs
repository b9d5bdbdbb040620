//! Certificates: swaps for new connections, and certificates that do not fit their key.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::client::Client;
use crate::support::raw::Raw;
use crate::support::{Rig, until};

const WITH_TLS: &str = "[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n";

fn config(id: u64, tls: &str) -> String {
    format!(
        "id = {id}\nname = 'tls'\nlisten = '127.0.0.1:0'\n{tls}[[routes]]\npath = '/'\nbody = 'this is {id}.'\n"
    )
}

fn certificate() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn der(made: &CertifiedKey<KeyPair>) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()
}

/// A folder with a certificate and its key.
fn folder_with(made: &CertifiedKey<KeyPair>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    folder
}

/// A connection by somebody who trusts only this certificate, if that is the one that is shown.
async fn connect(
    address: SocketAddr,
    trusted: &CertifiedKey<KeyPair>,
) -> Option<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(der(trusted)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await
        .ok()
}

#[tokio::test]
async fn new_certificate_serves_new_connections_and_keeps_the_old() {
    let (first, second) = (certificate(), certificate());
    let rig = Rig::start_in(folder_with(&first), &config(1, WITH_TLS)).await;
    let mut kept = Client::over(connect(rig.address(), &first).await.unwrap()).await;
    assert_eq!(kept.get("/").await.id(), 1);

    rig.put("other-cert.pem", second.cert.pem());
    rig.put("other-key.pem", second.signing_key.serialize_pem());
    rig.save(&config(
        2,
        "[tls]\ncert = 'other-cert.pem'\nkey = 'other-key.pem'\n",
    ));
    let stream = until(async || connect(rig.address(), &second).await).await;
    assert_eq!(Client::over(stream).await.get("/").await.id(), 2);
    assert_eq!(kept.get("/").await.id(), 2);
    assert!(connect(rig.address(), &first).await.is_none());
}

#[tokio::test]
async fn certificate_that_does_not_fit_its_key_keeps_the_old_one() {
    let (first, second) = (certificate(), certificate());
    let rig = Rig::start_in(folder_with(&first), &config(1, WITH_TLS)).await;
    rig.put("cert.pem", second.cert.pem());
    let line = rig.until_refused().await;
    assert!(
        line.contains(
            "config.toml: tls.key: the file key.pem does not match the certificate in cert.pem; "
        ),
        "{line}"
    );
    let mut kept = Client::over(connect(rig.address(), &first).await.unwrap()).await;
    assert_eq!(kept.get("/").await.generation(), 1);

    // The configuration itself is not touched: its certificate and key are part of it.
    rig.put("key.pem", second.signing_key.serialize_pem());
    let stream = until(async || connect(rig.address(), &second).await).await;
    assert_eq!(Client::over(stream).await.get("/").await.generation(), 2);
    assert_eq!(kept.get("/").await.generation(), 2);
}

#[tokio::test]
async fn tls_can_be_switched_on_and_off_on_the_same_listener() {
    let made = certificate();
    let rig = Rig::start_in(folder_with(&made), &config(1, "")).await;
    let mut plain = Client::connect(rig.address()).await;
    assert_eq!(plain.get("/").await.id(), 1);
    rig.save(&config(2, WITH_TLS));
    let mut secret = Client::over(until(async || connect(rig.address(), &made).await).await).await;
    assert_eq!(
        (secret.get("/").await.id(), plain.get("/").await.id()),
        (2, 2)
    );
    rig.save(&config(3, "plaintext = true\n"));
    until(async || (plain.get("/").await.id() == 3).then_some(())).await;
    assert_eq!(
        (rig.get("/").await.id(), secret.get("/").await.id()),
        (3, 3)
    );
}

#[tokio::test]
async fn client_without_a_handshake_is_disconnected() {
    let made = certificate();
    let limits = format!("{WITH_TLS}[limits]\nhead_timeout_ms = 3000\nmax_connections = 4\n");
    let rig = Rig::start_in(folder_with(&made), &config(1, &limits)).await;
    let mut silent = Raw::connect(rig.address()).await;
    assert_eq!(silent.rest().await, "");
    // Silent clients do not keep others out, either.
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(Raw::connect(rig.address()).await);
    }
    let stream = until(async || connect(rig.address(), &made).await).await;
    assert_eq!(Client::over(stream).await.get("/").await.id(), 1);
}

#[tokio::test]
async fn removing_tls_needs_the_key_plaintext() {
    let made = certificate();
    let rig = Rig::start_in(folder_with(&made), &config(1, WITH_TLS)).await;
    rig.save(&config(2, ""));
    let line = rig.until_refused().await;
    assert!(
        line.ends_with(
            "tls: the table is missing, and 127.0.0.1:0 would change to plain text; restore it, or allow that with plaintext = true at the top"
        ),
        "{line}"
    );
    let mut kept = Client::over(connect(rig.address(), &made).await.unwrap()).await;
    assert_eq!(kept.get("/").await.id(), 1);
    rig.save(&config(3, "plaintext = true\n"));
    until(async || (kept.get("/").await.id() == 3).then_some(())).await;
    assert_eq!(rig.get("/").await.id(), 3);
    // Plain text is allowed once; later configurations need no `plaintext` key.
    rig.save(&config(4, ""));
    rig.until_id(4).await;
}

#[tokio::test]
async fn no_key_is_shown() {
    let made = certificate();
    let folder = folder_with(&made);
    let path = folder.path().join("config.toml");
    std::fs::write(&path, config(1, WITH_TLS)).unwrap();
    let shown = format!("{:?}", server_lib::ServerConfig::load(&path).unwrap().tls);
    assert_eq!(
        shown,
        "Some(Tls { cert: \"cert.pem\", key: \"key.pem\", .. })"
    );
}
