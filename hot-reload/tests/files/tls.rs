//! Certificates in real files: rotations in every order, links of an ACME client, and many rotations under load.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hot_reload::tls::{CertifiedFiles, ServerCertificates, ServerTls};
use hot_reload::{Builder, Live, ReloaderService};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SerialNumber};
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::file::{DEADLINE, World, write};

/// The serial number of the next certificate. Its digits are always the same number.
static NUMBER: AtomicU64 = AtomicU64::new(1 << 60);

struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate for `localhost` and its key.
struct Issued {
    cert: String,
    key: String,
    der: CertificateDer<'static>,
    serial: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn issue(&self) -> Issued {
        let key = KeyPair::generate().unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(number));
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued {
            cert: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            serial: format!("{number:016X}"),
        }
    }

    /// A client that trusts this authority only, and resumes no session, so that each handshake shows a certificate.
    fn client(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.as_ref().der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        TlsConnector::from(Arc::new(config))
    }
}

fn builder(cert: &Path, key: &Path) -> Builder<ServerCertificates, ServerTls, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let files = CertifiedFiles::new(cert, key);
    ReloaderService::builder(ServerCertificates::new(files).provider(provider))
}

/// Waits until this certificate is visible.
async fn until(live: &Live<ServerTls>, issued: &Issued) {
    let mut changes = live.subscribe();
    let visible = changes.wait_for(|tls| tls.certificates()[0].serial() == issued.serial);
    timeout(DEADLINE, visible)
        .await
        .expect("it never came")
        .unwrap();
}

#[tokio::test]
async fn p11_certificate_and_key_rotated_in_both_orders_are_published_in_pairs() {
    let (world, authority) = (World::new(), Authority::new());
    let first = authority.issue();
    let (cert, key) = (
        world.file("cert.pem", &first.cert),
        world.file("key.pem", &first.key),
    );
    let (live, control) = builder(&cert, &key).hybrid().start().await.unwrap();
    let mut count = 1;
    for pause in [0, 5, 60, 150].map(Duration::from_millis) {
        for in_place in [false, true] {
            let put = |name: &str, text: &str| match in_place {
                true => write(world.path(name), text),
                false => world.rename_into(name, text),
            };
            for key_first in [false, true] {
                let next = authority.issue();
                let mut halves = [("cert.pem", &next.cert), ("key.pem", &next.key)];
                if key_first {
                    halves.reverse();
                }
                put(halves[0].0, halves[0].1);
                sleep(pause).await;
                put(halves[1].0, halves[1].1);
                until(&live, &next).await;
                count += 1;
            }
        }
    }
    // Each value is a pair, because no other is accepted; and each pair was published once.
    assert_eq!(live.get().generation().get(), count);
    let next = authority.issue();
    world.rename_into("key.pem", &next.key);
    let receipt = control.reload().await;
    assert_eq!(
        receipt.error().unwrap().to_string(),
        format!(
            "{}: does not match the certificate in {}; give the key that the certificate was made for",
            key.display(),
            cert.display()
        )
    );
    assert_eq!(live.get().generation().get(), count);
    control.stop().await;
}

/// `live/x/fullchain.pem -> ../../archive/x/fullchain1.pem`, each link removed and made again, one after the other.
#[cfg(unix)]
#[tokio::test]
async fn links_of_an_acme_client_are_followed_to_each_renewal() {
    use std::os::unix::fs::symlink;
    let (world, authority) = (World::new(), Authority::new());
    let archive = world.folder("archive/a.test");
    let folder = world.folder("live/a.test");
    let renew = |number: u32| {
        let issued = authority.issue();
        let parts = [
            ("cert", issued.cert.clone()),
            ("privkey", issued.key.clone()),
            ("chain", authority.0.pem()),
            ("fullchain", issued.cert.clone() + &authority.0.pem()),
        ];
        for (name, text) in &parts {
            write(archive.join(format!("{name}{number}.pem")), text);
        }
        for (name, _) in &parts {
            let link = folder.join(format!("{name}.pem"));
            let _ = fs::remove_file(&link);
            symlink(format!("../../archive/a.test/{name}{number}.pem"), &link).unwrap();
        }
        issued
    };
    renew(1);
    let service = builder(&folder.join("fullchain.pem"), &folder.join("privkey.pem"));
    // Without a heartbeat, only events lead to a load.
    let (live, control) = service.realtime().start().await.unwrap();
    for number in 2..12 {
        let next = renew(number);
        until(&live, &next).await;
        assert_eq!(live.get().generation().get(), u64::from(number));
    }
    control.stop().await;
}

#[tokio::test]
async fn certificate_and_key_in_one_file_are_reloaded() {
    let (world, authority) = (World::new(), Authority::new());
    let first = authority.issue();
    let both = world.file("both.pem", &(first.key + &first.cert));
    let (live, control) = builder(&both, &both).realtime().start().await.unwrap();
    let next = authority.issue();
    world.rename_into("both.pem", &format!("{}{}", next.cert, next.key));
    until(&live, &next).await;
    control.stop().await;
}

const ROTATIONS: u64 = 1_000;
const CONNECTIONS: usize = 32;
/// Between two connections of a client, so that the clients leave time for rotations.
const PAUSE: Duration = Duration::from_millis(100);

/// A real server, and 32 clients that connect again and again. A rotation points one link at the next folder. Two files that are
/// replaced one after the other would be read only once both are at rest, which takes ten times as long.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_thousand_rotations_under_32_connections_fail_no_handshake() {
    let (world, authority) = (World::new(), Authority::new());
    let folder = |round: u64| format!("pair-{round}");
    let issued: Vec<_> = (0..=ROTATIONS)
        .map(|round| {
            let issued = authority.issue();
            let folder = world.folder(&folder(round));
            write(folder.join("cert.pem"), &issued.cert);
            write(folder.join("key.pem"), &issued.key);
            issued
        })
        .collect();
    world.relink("live", folder(0));
    let (cert, key) = (world.path("live/cert.pem"), world.path("live/key.pem"));
    let (live, control) = builder(&cert, &key).hybrid().start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(serve(listener, live.clone()));

    let stop = Arc::new(AtomicBool::new(false));
    let handshakes = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (connector, stop, handshakes) = (
            authority.client(),
            Arc::clone(&stop),
            Arc::clone(&handshakes),
        );
        clients.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                connect(&connector, address)
                    .await
                    .expect("a handshake failed");
                handshakes.fetch_add(1, Ordering::Relaxed);
                sleep(PAUSE).await;
            }
        });
    }
    for (round, next) in (0..).zip(&issued).skip(1) {
        world.relink("live", folder(round));
        until(&live, next).await;
    }
    assert_eq!(live.get().generation().get(), ROTATIONS + 1);
    // The newest certificate is the one that clients get.
    let got = connect(&authority.client(), address).await.unwrap();
    assert_eq!(Some(&got), issued.last().map(|issued| &issued.der));
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let handshakes = handshakes.load(Ordering::Relaxed);
    assert!(handshakes > CONNECTIONS as u64, "{handshakes} handshakes");
    server.abort_all();
    control.stop().await;
}

/// Answers each connection with one byte, until it is aborted.
async fn serve(listener: TcpListener, live: Live<ServerTls>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = TlsAcceptor::from(live.load().server_config());
        connections.spawn(async move {
            let mut stream = acceptor.accept(stream).await?;
            stream.write_all(b"!").await?;
            stream.shutdown().await
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Connects, and returns the verified certificate.
async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<CertificateDer<'static>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await?;
    assert_eq!(said, b"!");
    let certificates = stream.get_ref().1.peer_certificates().unwrap();
    Ok(certificates[0].clone().into_owned())
}
