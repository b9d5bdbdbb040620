//! [`Found`]: collects the secrets of a content.

use crate::scope::Scope;
use crate::secret::{carries_secret, is_field, is_harmless, is_usual};

/// Whether a key at this place may be a secret: it is within one, and not the name of a field.
pub(super) fn may_be_secret(scope: &Scope<'_>, key: &str) -> bool {
    let is_within = scope.is_secret() || (scope.is_ambiguous() && !is_usual(key));
    is_within && !is_field(key)
}

/// The secrets found so far.
pub(in super::super) struct Found {
    pub(super) values: Vec<String>,
    pub(super) words: Vec<String>,
    /// Whether every value counts as secret.
    is_all: bool,
}

impl Found {
    /// Nothing was found yet. `is_all`: every value counts as secret.
    pub(super) fn new(is_all: bool) -> Self {
        Self {
            values: Vec::new(),
            words: Vec::new(),
            is_all,
        }
    }

    /// Collects a value if its path or its form makes it secret or ambiguous.
    pub(in super::super) fn value(&mut self, scope: &Scope<'_>, value: &str) {
        if !self.is_all && scope.expects(value) {
            return;
        }
        // A usual word does not become a secret because it is also the value of an ambiguous key.
        let is_kept = self.is_all
            || scope.is_secret()
            || (scope.is_ambiguous() && !is_usual(value) && !is_harmless(value));
        if (is_kept || carries_secret(value)) && !value.is_empty() {
            self.values.push(value.to_owned());
        } else if scope.is_ambiguous() && !value.is_empty() && !is_harmless(value) {
            self.words.push(value.to_owned());
        }
    }

    /// Collects a value that is secret whatever its key is, such as one from a file of secrets.
    #[cfg(feature = "layers")]
    pub(in super::super) fn secret(&mut self, value: &str) {
        if !value.is_empty() {
            self.values.push(value.to_owned());
        }
    }

    /// Collects a key that may be a secret, and returns the scope below it.
    pub(in super::super) fn key<'s>(&mut self, scope: &Scope<'s>, key: &str) -> Scope<'s> {
        if may_be_secret(scope, key) {
            self.values.push(key.to_owned());
        }
        scope.key(key)
    }
}
