//! Handshakes in memory: names, application protocols, sessions, and clients whose authority was removed.

use std::sync::Arc;

use rustls::client::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ServerConfig;
use rustls::{ClientConnection, Error as TlsError, HandshakeKind, ServerConnection};

use super::authority::{Authority, Issued};
use super::{certificates, provider};
use crate::Live;
use crate::source::files::{DecodeFiles, Files, Part};
use crate::tls::{
    CertifiedFiles, ClientCertificates, ClientTls, Resolver, ServerCertificates, ServerTls,
};

/// The two ends of a connection after the handshake.
struct Ends {
    client: ClientConnection,
    server: ServerConnection,
}

impl Ends {
    fn shown(&self) -> &CertificateDer<'static> {
        &self.client.peer_certificates().unwrap()[0]
    }

    fn kind(&self) -> HandshakeKind {
        self.server.handshake_kind().unwrap()
    }
}

/// Connects to this name, and exchanges everything that both have to say.
fn connect(
    server: Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
    name: &str,
) -> Result<Ends, TlsError> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::clone(client), name)?;
    let mut server = ServerConnection::new(server)?;
    loop {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        while client.wants_write() {
            client.write_tls(&mut to_server).unwrap();
        }
        while server.wants_write() {
            server.write_tls(&mut to_client).unwrap();
        }
        if to_server.is_empty() && to_client.is_empty() {
            break;
        }
        let (mut to_server, mut to_client) = (&*to_server, &*to_client);
        while !to_server.is_empty() {
            server.read_tls(&mut to_server).unwrap();
            server.process_new_packets()?;
        }
        while !to_client.is_empty() {
            client.read_tls(&mut to_client).unwrap();
            client.process_new_packets()?;
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(Ends { client, server })
}

fn files(parts: &[(&str, &str)]) -> Files {
    Files::new(parts.iter().map(|(key, text)| Part::new(*key, *text))).unwrap()
}

fn server(
    certificates: &ServerCertificates,
    own: &Issued,
    clients: Option<&Authority>,
) -> ServerTls {
    let clients = clients.map(Authority::pem);
    let mut parts = vec![("cert.pem", &*own.cert), ("key.pem", &*own.key)];
    parts.extend(clients.as_deref().map(|pem| ("clients.pem", pem)));
    certificates.decode_files(&files(&parts), "tls").unwrap()
}

fn client(trusted: &Authority, own: Option<&Issued>) -> ClientTls {
    let roots = trusted.pem();
    let mut parts = vec![("roots.pem", &*roots)];
    let mut certificates = ClientCertificates::new("roots.pem").provider(provider());
    if let Some(own) = own {
        certificates = certificates.identity(CertifiedFiles::new("me.pem", "me.key"));
        parts.extend([("me.pem", &*own.cert), ("me.key", &*own.key)]);
    }
    certificates
        .alpn(["http/1.1"])
        .decode_files(&files(&parts), "tls")
        .unwrap()
}

#[test]
fn certificate_is_chosen_by_name_exact_before_wildcard() {
    let authority = Authority::new("root");
    let names: [&[&str]; 3] = [&["a.test"], &["*.b.test"], &["x.b.test"]];
    let issued = names.map(|names| authority.issue(names));
    let certificates = certificates()
        .and(CertifiedFiles::new("1.pem", "1.key"))
        .and(CertifiedFiles::new("2.pem", "2.key"))
        .alpn(["h2", "http/1.1"]);
    let parts = [
        ("cert.pem", &*issued[0].cert),
        ("key.pem", &*issued[0].key),
        ("1.pem", &*issued[1].cert),
        ("1.key", &*issued[1].key),
        ("2.pem", &*issued[2].cert),
        ("2.key", &*issued[2].key),
    ];
    let tls = certificates.decode_files(&files(&parts), "tls").unwrap();
    let client = client(&authority, None).client_config();
    for (name, expected) in [
        ("a.test", 0),
        ("y.b.test", 1),
        ("x.b.test", 2),
        ("X.B.test", 2),
    ] {
        let ends = connect(tls.server_config(), &client, name).unwrap();
        assert_eq!(*ends.shown(), issued[expected].der, "{name}");
        assert_eq!(ends.server.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    // All other names get the first certificate, which the client refuses.
    assert!(connect(tls.server_config(), &client, "c.test").is_err());
}

#[test]
fn only_the_given_names_lead_to_a_certificate() {
    let authority = Authority::new("root");
    let (first, second) = (
        authority.issue(&["a.test", "b.test"]),
        authority.issue(&["a.test", "b.test"]),
    );
    let certificates = certificates().and(CertifiedFiles::new("1.pem", "1.key"));
    let limited =
        ServerCertificates::new(CertifiedFiles::new("cert.pem", "key.pem").names(["a.test"]))
            .provider(provider())
            .and(CertifiedFiles::new("1.pem", "1.key"));
    let parts = [
        ("cert.pem", &*first.cert),
        ("key.pem", &*first.key),
        ("1.pem", &*second.cert),
        ("1.key", &*second.key),
    ];
    let client = client(&authority, None).client_config();
    let shown = |certificates: &ServerCertificates| {
        let tls = certificates.decode_files(&files(&parts), "tls").unwrap();
        connect(tls.server_config(), &client, "b.test")
            .unwrap()
            .shown()
            .clone()
    };
    assert_eq!(shown(&certificates), first.der);
    assert_eq!(shown(&limited), second.der);
}

#[test]
fn session_is_resumed_after_a_renewal() {
    let authority = Authority::new("root");
    let certificates = certificates();
    let client = client(&authority, None).client_config();
    let kind = |tls: &ServerTls| {
        connect(tls.server_config(), &client, "a.test")
            .unwrap()
            .kind()
    };
    let before = server(&certificates, &authority.issue(&["a.test"]), None);
    assert_eq!(kind(&before), HandshakeKind::Full);
    let after = server(&certificates, &authority.issue(&["a.test"]), None);
    assert_ne!(before, after);
    assert_eq!(kind(&after), HandshakeKind::Resumed);
}

#[test]
fn ticket_of_the_given_ticketer_is_valid_after_a_renewal() {
    let authority = Authority::new("root");
    let ticketer = rustls::crypto::ring::Ticketer::new().unwrap();
    let certificates = certificates().ticketer(ticketer);
    let client = client(&authority, None).client_config();
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let tls = server(&certificates, &authority.issue(&["a.test"]), None);
        assert!(tls.server_config().ticketer.enabled());
        let ends = connect(tls.server_config(), &client, "a.test").unwrap();
        assert_eq!(ends.kind(), expected);
    }
}

#[test]
fn removed_client_authority_is_not_bypassed_by_a_session() {
    let (authority, old, new) = (
        Authority::new("root"),
        Authority::new("old"),
        Authority::new("new"),
    );
    let own = authority.issue(&["a.test"]);
    let ticketer = rustls::crypto::ring::Ticketer::new().unwrap();
    // Whatever the application asks for, no session is resumed.
    let mutual = certificates()
        .client_ca("clients.pem")
        .ticketer(Arc::clone(&ticketer));
    let mutual = mutual.configure(move |config| config.ticketer = Arc::clone(&ticketer));
    for _ in 0..2 {
        let member = client(&authority, Some(&old.issue(&["me.test"]))).client_config();
        let before = server(&mutual, &own, Some(&old));
        for _ in 0..2 {
            let ends = connect(before.server_config(), &member, "a.test").unwrap();
            assert_eq!(ends.kind(), HandshakeKind::Full);
        }
        let after = server(&mutual, &own, Some(&new));
        let refused = connect(after.server_config(), &member, "a.test");
        assert!(refused.is_err(), "a client of the removed authority got in");
    }
    let stranger = client(&authority, None).client_config();
    let after = server(&mutual, &own, Some(&new));
    assert!(connect(after.server_config(), &stranger, "a.test").is_err());
}

#[test]
fn optional_client_certificate_is_verified_if_there_is_one() {
    let (authority, members, others) = (
        Authority::new("root"),
        Authority::new("members"),
        Authority::new("others"),
    );
    let optional = certificates().optional_client_ca("clients.pem");
    let tls = server(&optional, &authority.issue(&["a.test"]), Some(&members));
    let get = |own: Option<&Issued>| {
        let client = client(&authority, own).client_config();
        connect(tls.server_config(), &client, "a.test")
            .map(|ends| ends.server.peer_certificates().is_some())
    };
    assert_eq!(get(None), Ok(false));
    assert_eq!(get(Some(&members.issue(&["me.test"]))), Ok(true));
    assert!(get(Some(&others.issue(&["me.test"]))).is_err());
}

#[tokio::test]
async fn resolver_shows_the_live_certificate_in_another_configuration() {
    let authority = Authority::new("root");
    let own = authority.issue(&["a.test"]);
    let live = Live::fixed(server(&certificates(), &own, None));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Resolver::new(live)));
    let client = client(&authority, None).client_config();
    let ends = connect(Arc::new(config), &client, "a.test").unwrap();
    assert_eq!(*ends.shown(), own.der);
}
