//! A TLS server whose certificate and key are rotated one after the other, many times.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin tls_certificates` needs no input and ends automatically.
//!
//! Copy the service in [`main`] and the acceptor in [`serve`] into your server. The rest simulates an authority that renews
//! certificates, and clients that must never fail.

mod authority;
mod clients;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use hot_reload::tls::{CertifiedFiles, ServerCertificates, ServerTls};
use hot_reload::{Live, ReloaderService};
use rustls::crypto::ring::default_provider;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::authority::Authority;
use self::clients::Clients;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (cert, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let authority = Authority::new()?;
    let (first_cert, first_key) = authority.issue()?;
    replace(&cert, &first_cert)?;
    replace(&key, &first_key)?;

    let certificates = ServerCertificates::new(CertifiedFiles::new(&cert, &key))
        .provider(Arc::new(default_provider()));
    let (current, control) = ReloaderService::builder(certificates)
        .hybrid()
        .start()
        .await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let failed = Arc::new(AtomicU64::new(0));
    let server = tokio::spawn(serve(listener, current.clone(), Arc::clone(&failed)));
    let clients = Clients::start(address, authority.certificate()?)?;

    let mut changes = current.subscribe();
    let mut half = 0;
    for round in 1..=ROTATIONS {
        let (next_cert, next_key) = authority.issue()?;
        let mut halves = [(&cert, &next_cert), (&key, &next_key)];
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
        changes.changed().await.context("the service has ended")?;
        clients.meet(&next_cert).await?;
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
async fn serve(listener: TcpListener, tls: Live<ServerTls>, failed: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = TlsAcceptor::from(tls.load().server_config());
        let failed = Arc::clone(&failed);
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
