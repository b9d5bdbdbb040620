//! The difference between two configurations, for the log.

use super::ServerConfig;

impl ServerConfig {
    /// The keys of the file whose values differ, in its order: `listen, routes`.
    pub(crate) fn changed_since(&self, before: &Self) -> String {
        // Destructured in full: a new key does not compile until it is named here.
        let Self {
            id,
            name,
            listen,
            routes,
            limits,
            log,
            tls,
            plaintext,
            dependent_paths: _,
        } = self;
        let keys = [
            ("id", *id != before.id),
            ("name", *name != before.name),
            ("listen", *listen != before.listen),
            ("routes", *routes != before.routes),
            ("limits", *limits != before.limits),
            ("log", *log != before.log),
            ("tls", *tls != before.tls),
            ("plaintext", *plaintext != before.plaintext),
        ];
        let changed: Vec<&str> = keys
            .into_iter()
            .filter_map(|(key, changed)| changed.then_some(key))
            .collect();
        changed.join(", ")
    }
}
