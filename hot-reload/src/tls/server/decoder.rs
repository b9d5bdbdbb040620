//! [`ServerDecoder`]: builds [`ServerTls`] from the files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::{
    NoServerSessionStorage, ProducesTickets, ServerConfig, ServerSessionMemoryCache,
    StoresServerSessions, WebPkiClientVerifier,
};
use rustls::{RootCertStore, server::danger::ClientCertVerifier};

use super::value::ServerTls;
use crate::error::Error;
use crate::source::files::{DecodeFiles, Files};
use crate::tls::certified_files::CertifiedFiles;
use crate::tls::common::{Common, Configure, authorities, unusable};
use crate::tls::expiry::Expiry;
use crate::tls::pair::Pair;
use crate::tls::sni::ByName;

/// What to serve, and how.
#[derive(Clone)]
pub(super) struct ServerSpec {
    pub(super) common: Common,
    pub(super) pairs: Vec<CertifiedFiles>,
    pub(super) clients: Option<Clients>,
    pub(super) ticketer: Option<Arc<dyn ProducesTickets>>,
    pub(super) configure: Option<Configure<ServerConfig>>,
}

/// Which clients need a certificate.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    pub(super) authorities: PathBuf,
    pub(super) anonymous: Anonymous,
}

/// Whether a client may have no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anonymous {
    Allowed,
    Refused,
}

/// Builds values from the files. Clones share the dates and the sessions.
#[derive(Clone)]
pub(super) struct ServerDecoder(Arc<Inner>);

struct Inner {
    spec: ServerSpec,
    expiry: Arc<Expiry>,
    /// The sessions that clients may resume. A reload keeps them.
    sessions: Arc<dyn StoresServerSessions>,
}

impl ServerSpec {
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let clients = self.clients.iter();
        let clients = clients.map(|clients| clients.authorities.as_path());
        self.pairs
            .iter()
            .flat_map(CertifiedFiles::paths)
            .chain(clients)
    }
}

impl ServerDecoder {
    pub(super) fn new(spec: ServerSpec) -> Self {
        Self(Arc::new(Inner {
            expiry: spec.common.expiry(),
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            spec,
        }))
    }

    pub(super) fn expiry(&self) -> Arc<Expiry> {
        Arc::clone(&self.0.expiry)
    }
}

impl DecodeFiles for ServerDecoder {
    type Value = ServerTls;

    fn decode_files(&self, files: &Files, _: &str) -> Result<ServerTls, Error> {
        let Inner {
            spec,
            expiry,
            sessions,
        } = &*self.0;
        expiry.begin();
        let provider = spec.common.provider()?;
        let pairs = spec.pairs.iter();
        let pairs = pairs.map(|pair| Pair::read(pair, files, &provider));
        let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
        let clients = spec.clients.as_ref();
        let clients = clients.map(|clients| {
            let roots = authorities(files, &clients.authorities)?;
            Ok::<_, Error>((roots, clients.anonymous))
        });
        let clients = clients.transpose()?;
        let anchors = clients
            .iter()
            .flat_map(|(roots, _)| roots.roots.clone())
            .collect();
        let config = config(spec, sessions, &pairs, clients, provider)?;
        // Last, so that only a usable configuration counts as accepted.
        let dates = expiry.accept(pairs.iter().map(Pair::dated).collect())?;
        Ok(ServerTls::new(config, pairs, anchors, dates))
    }
}

fn config(
    spec: &ServerSpec,
    sessions: &Arc<dyn StoresServerSessions>,
    pairs: &[Pair],
    clients: Option<(RootCertStore, Anonymous)>,
    provider: Arc<CryptoProvider>,
) -> Result<ServerConfig, Error> {
    let builder =
        ServerConfig::builder_with_details(Arc::clone(&provider), Arc::clone(&spec.common.clock))
            .with_protocol_versions(spec.common.versions)
            .map_err(unusable)?;
    let is_mutual = clients.is_some();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some((roots, anonymous)) => {
            builder.with_client_cert_verifier(verifier(roots, anonymous, provider)?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(ByName::new(pairs)));
    config.alpn_protocols.clone_from(&spec.common.alpn);
    let no_tickets = Arc::clone(&config.ticketer);
    config.session_storage = Arc::clone(sessions);
    if let Some(ticketer) = &spec.ticketer {
        config.ticketer = Arc::clone(ticketer);
    }
    if let Some(configure) = &spec.configure {
        configure(&mut config);
    }
    if is_mutual {
        // A resumed session would skip the verification of the client.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = no_tickets;
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

fn verifier(
    roots: RootCertStore,
    anonymous: Anonymous,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match anonymous {
        Anonymous::Allowed => builder.allow_unauthenticated(),
        Anonymous::Refused => builder,
    };
    builder.build().map_err(unusable)
}

impl fmt::Debug for ServerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSpec")
            .field("pairs", &self.pairs)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

/// As in a new configuration of rustls.
const SESSIONS: usize = 256;
