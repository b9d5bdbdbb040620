//! [`ClientDecoder`]: builds [`ClientTls`] from the files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{ClientConfig, ResolvesClientCert};
use rustls::sign::SingleCertAndKey;

use super::value::ClientTls;
use crate::error::Error;
use crate::source::files::{DecodeFiles, Files};
use crate::tls::certified_files::CertifiedFiles;
use crate::tls::common::{Common, Configure, authorities, unusable};
use crate::tls::expiry::Expiry;
use crate::tls::pair::Pair;

/// Whom to trust, and what to show.
#[derive(Clone)]
pub(super) struct ClientSpec {
    pub(super) common: Common,
    pub(super) authorities: PathBuf,
    pub(super) identity: Option<CertifiedFiles>,
    pub(super) configure: Option<Configure<ClientConfig>>,
}

/// Builds values from the files. Clones share the dates.
#[derive(Clone)]
pub(super) struct ClientDecoder(Arc<Inner>);

struct Inner {
    spec: ClientSpec,
    expiry: Arc<Expiry>,
}

impl ClientSpec {
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let identity = self.identity.iter().flat_map(CertifiedFiles::paths);
        identity.chain([self.authorities.as_path()])
    }
}

impl ClientDecoder {
    pub(super) fn new(spec: ClientSpec) -> Self {
        Self(Arc::new(Inner {
            expiry: spec.common.expiry(),
            spec,
        }))
    }

    pub(super) fn expiry(&self) -> Arc<Expiry> {
        Arc::clone(&self.0.expiry)
    }
}

impl DecodeFiles for ClientDecoder {
    type Value = ClientTls;

    fn decode_files(&self, files: &Files, _: &str) -> Result<ClientTls, Error> {
        let Inner { spec, expiry } = &*self.0;
        expiry.begin();
        let provider = spec.common.provider()?;
        let roots = authorities(files, &spec.authorities)?;
        let anchors = roots.roots.clone();
        let identity = spec.identity.as_ref();
        let pair = identity.map(|identity| Pair::read(identity, files, &provider));
        let pair = pair.transpose()?;
        let builder = ClientConfig::builder_with_details(provider, Arc::clone(&spec.common.clock))
            .with_protocol_versions(spec.common.versions)
            .map_err(unusable)?
            .with_root_certificates(roots);
        let mut config = match &pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let shown = SingleCertAndKey::from(Arc::clone(&pair.certified));
                let shown: Arc<dyn ResolvesClientCert> = Arc::new(shown);
                builder.with_client_cert_resolver(shown)
            }
        };
        config.alpn_protocols.clone_from(&spec.common.alpn);
        if let Some(configure) = &spec.configure {
            configure(&mut config);
        }
        // Last, so that only a usable configuration counts as accepted.
        let dates = expiry.accept(pair.iter().map(Pair::dated).collect())?;
        Ok(ClientTls::new(config, pair, anchors, dates))
    }
}

impl fmt::Debug for ClientSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSpec")
            .field("authorities", &self.authorities)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
