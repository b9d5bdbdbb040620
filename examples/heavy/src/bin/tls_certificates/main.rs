//! A TLS server whose certificate and key are rotated one after the other, many times.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin tls_certificates` needs no input and ends automatically.
//!
//! Copy [`pair`], [`Current`] and the service in [`main`] into your server. The rest simulates an authority that renews
//! certificates, and clients that must never fail.

mod authority;
mod clients;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use hot_reload::source::Group;
use hot_reload::source::files::Files;
use hot_reload::{Error, Live, ReloaderService};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::authority::Authority;
use self::clients::Clients;

type Pair = Arc<CertifiedKey>;

/// Combines the two files if they belong together. Between two writes they do not. This is an error, and the previous pair
/// stays.
fn pair(files: &Files) -> Result<Pair, Error> {
    let [cert, key] = ["certificate", "key"].map(|name| files.get(name));
    let (Some(cert), Some(key)) = (cert, key) else {
        unreachable!("a group has all its files");
    };
    let chain = CertificateDer::pem_slice_iter(cert.bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| cert.refuse(error))?;
    let private = PrivateKeyDer::from_pem_slice(key.bytes()).map_err(|error| key.refuse(error))?;
    match CertifiedKey::from_der(chain, private, &default_provider()) {
        Ok(pair) => Ok(Arc::new(pair)),
        Err(TlsError::InconsistentKeys(_)) => {
            Err(key.refuse(format!("it is not the key of {}", cert.name())))
        }
        Err(error) => Err(cert.refuse(error)),
    }
}

/// Answers each handshake with the current pair.
#[derive(Debug)]
struct Current(Live<Pair>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Pair> {
        Some(Arc::clone(&self.0.load()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (cert, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let authority = Authority::new()?;
    let (first_cert, first_key) = authority.issue()?;
    replace(&cert, &first_cert)?;
    replace(&key, &first_key)?;

    let files = Group::new([("certificate", &cert), ("key", &key)]);
    let (current, control) = ReloaderService::builder_by_revision(files.decode_files(pair))
        .hybrid()
        .start()
        .await?;

    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Current(current.clone())));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let failed = Arc::new(AtomicU64::new(0));
    let server = tokio::spawn(serve(
        listener,
        TlsAcceptor::from(Arc::new(config)),
        Arc::clone(&failed),
    ));
    let clients = Clients::start(address, authority.certificate()?)?;

    let mut changes = current.subscribe();
    let mut half = 0;
    for round in 1..=ROTATIONS {
        let (next_cert, next_key) = authority.issue()?;
        let expected = CertificateDer::from_pem_slice(next_cert.as_bytes())?;
        let mut halves = [(&cert, next_cert), (&key, next_key)];
        // Some tools write the key first.
        if round % 2 == 0 {
            halves.reverse();
        }
        let [(one, one_pem), (other, other_pem)] = &halves;
        replace(one, one_pem)?;
        // Simulates a slow tool: only one file is new, and handshakes still use the old pair.
        let seen = control.reload().await;
        half += u32::from(seen.error().is_some());
        tokio::time::sleep(Duration::from_millis(u64::from(round % 5) * 10)).await;
        replace(other, other_pem)?;
        let now = changes.changed().await.context("the service has ended")?;
        ensure!(
            now.cert.first() == Some(&expected),
            "the visible pair is not the new one"
        );
        clients.meet(&expected).await?;
    }

    let met = clients.stop().await?;
    control.stop().await;
    server.abort();
    let failed = failed.load(Ordering::Relaxed) + met.failed;
    println!(
        "done: {ROTATIONS} rotations, {half} halves refused, {} certificates met in {} handshakes, {failed} failed",
        met.certificates, met.handshakes,
    );
    ensure!(failed == 0, "a handshake failed");
    Ok(())
}

/// Accepts connections, completes the handshake and sends one byte, until it is aborted.
async fn serve(listener: TcpListener, acceptor: TlsAcceptor, failed: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, failed) = (acceptor.clone(), Arc::clone(&failed));
        tokio::spawn(async move {
            if let Err(error) = greet(&acceptor, stream).await {
                eprintln!("the server: {error}");
                failed.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

async fn greet(acceptor: &TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    stream.write_all(b"!").await?;
    stream.shutdown().await
}

/// Replaces the file atomically: writes a new file and renames it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, text)
        .and_then(|()| fs::rename(&part, path))
        .with_context(|| format!("{} could not be written", path.display()))
}

const ROTATIONS: u32 = 20;
