//! Clients that connect without a pause. TLS itself verifies the pair: the server signs each handshake with its key, and the
//! client checks the signature with the certificate.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

pub(crate) struct Clients {
    met: Arc<Mutex<Met>>,
    tasks: JoinSet<()>,
}

/// The results of the clients.
#[derive(Default)]
struct Met {
    certificates: HashSet<CertificateDer<'static>>,
    handshakes: u64,
    failed: u64,
    stop: bool,
}

pub(crate) struct Summary {
    pub(crate) certificates: usize,
    pub(crate) handshakes: u64,
    pub(crate) failed: u64,
}

impl Clients {
    /// Starts clients that trust only the certificates of this authority.
    pub(crate) fn start(
        address: SocketAddr,
        authority: CertificateDer<'static>,
    ) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(authority)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // A resumed session shows no certificate.
        config.resumption = Resumption::disabled();
        let connector = TlsConnector::from(Arc::new(config));

        let met = Arc::new(Mutex::new(Met::default()));
        let mut tasks = JoinSet::new();
        for _ in 0..CLIENTS {
            let (connector, met) = (connector.clone(), Arc::clone(&met));
            tasks.spawn(async move {
                loop {
                    let shaken = shake(&connector, address).await;
                    let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
                    met.handshakes += 1;
                    match shaken {
                        Ok(certificate) => {
                            met.certificates.insert(certificate);
                        }
                        Err(error) => {
                            eprintln!("a client: {error:#}");
                            met.failed += 1;
                        }
                    }
                    if met.stop {
                        return;
                    }
                }
            });
        }
        Ok(Self { met, tasks })
    }

    /// Waits until a client has received this certificate.
    pub(crate) async fn meet(&self, pem: &str) -> anyhow::Result<()> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())?;
        let met = async {
            while !self.met().certificates.contains(&certificate) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let deadline = Duration::from_secs(30);
        let met = tokio::time::timeout(deadline, met).await;
        met.context("no client has received the new certificate")
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<Summary> {
        self.met().stop = true;
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        let met = self.met();
        Ok(Summary {
            certificates: met.certificates.len(),
            handshakes: met.handshakes,
            failed: met.failed,
        })
    }

    fn met(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects and returns the verified certificate of the server.
async fn shake(
    connector: &TlsConnector,
    address: SocketAddr,
) -> anyhow::Result<CertificateDer<'static>> {
    let stream = TcpStream::connect(address).await?;
    let mut stream = connector
        .connect(ServerName::try_from("localhost")?, stream)
        .await?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await?;
    anyhow::ensure!(said == b"!", "the server said {said:?}");
    let shown = stream.get_ref().1.peer_certificates();
    let leaf = shown
        .and_then(<[_]>::first)
        .context("no certificate was shown")?;
    Ok(leaf.clone().into_owned())
}

const CLIENTS: usize = 3;
