//! [`ByName`]: chooses a certificate by the name that the client wants (SNI).

use std::collections::HashMap;
use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::pair::Pair;

/// Chooses by the exact name, then by a wildcard, then the first certificate.
#[derive(Debug)]
pub(super) struct ByName {
    default: Option<Arc<CertifiedKey>>,
    /// By name; that of a wildcard begins with `*.`. Several certificates of one name differ in the kind of their key.
    names: HashMap<String, Vec<Arc<CertifiedKey>>>,
}

impl ByName {
    pub(super) fn new(pairs: &[Pair]) -> Self {
        let mut names = HashMap::<_, Vec<_>>::new();
        for pair in pairs {
            for name in &pair.names {
                let of_name = names.entry(name.clone()).or_default();
                of_name.push(Arc::clone(&pair.certified));
            }
        }
        let default = pairs.first().map(|pair| Arc::clone(&pair.certified));
        Self { default, names }
    }

    fn of_name(&self, name: &str) -> Option<&[Arc<CertifiedKey>]> {
        let name = name.to_ascii_lowercase();
        let found = self.names.get(&name).or_else(|| {
            let (_, parent) = name.split_once('.')?;
            self.names.get(&format!("*.{parent}"))
        });
        found.map(Vec::as_slice)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let candidates = hello.server_name().and_then(|name| self.of_name(name));
        let schemes = hello.signature_schemes();
        let usable = candidates
            .into_iter()
            .flatten()
            .find(|pair| pair.key.choose_scheme(schemes).is_some());
        let first = || candidates.and_then(<[_]>::first);
        usable.or_else(first).or(self.default.as_ref()).cloned()
    }
}
