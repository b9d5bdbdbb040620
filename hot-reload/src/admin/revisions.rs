//! [`Revisions`]: shows a revision that may be a hash of content as a keyed hash.

use serde_json::Value;

use crate::diff::RevisionKey;
use crate::revision::Revision;

/// The field of a revision, wherever it stands. `value_revision` is keyed already.
const FIELD: &str = "revision";
/// The length of a hash in hexadecimal. A shorter revision is the number or the name of a state, not a hash.
const HASH: usize = 32;

/// Shows revisions. A plain hash of content lets anybody who sees it test guesses of a weak secret in the content.
#[derive(Clone, Copy)]
pub(super) struct Revisions(RevisionKey);

impl Default for Revisions {
    fn default() -> Self {
        Self(RevisionKey::random())
    }
}

impl Revisions {
    pub(super) fn set_key(&mut self, key: RevisionKey) {
        self.0 = key;
    }

    /// The form in which answers show this revision.
    pub(super) fn shown(&self, revision: &Revision) -> String {
        self.shown_text(&revision.to_string())
    }

    fn shown_text(&self, revision: &str) -> String {
        match u128::from_str_radix(revision, 16) {
            Ok(hash) if revision.len() == HASH => self.0.hide(&Revision::from(hash)).to_string(),
            Ok(_) | Err(_) => revision.to_owned(),
        }
    }

    /// Whether a request means this revision: as answers show it, or as metrics do.
    pub(super) fn is_meant(&self, given: &str, revision: &Revision) -> bool {
        self.shown(revision) == given || self.0.hide(revision).to_string() == given
    }

    /// Replaces every revision in an answer by its shown form.
    pub(super) fn conceal(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.conceal(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(text) if name == FIELD => *text = self.shown_text(text),
                        _ => self.conceal(field),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hash_is_shown_under_the_key_and_a_number_as_it_is() {
        let hash = "ab".repeat(16);
        let mut keyed = Revisions::default();
        keyed.set_key(RevisionKey::new([7; 16]));
        let mut other = keyed;
        other.set_key(RevisionKey::new([8; 16]));
        let answer = json!({
            "revision": "000000000000002a",
            "value_revision": hash,
            "list": [{"error": {"revision": hash}}, {"revision": null}],
        });
        let mut shown = answer.clone();
        keyed.conceal(&mut shown);
        assert_eq!(shown["revision"], "000000000000002a");
        assert_eq!(shown["value_revision"], answer["value_revision"]);
        let concealed = &shown["list"][0]["error"]["revision"];
        assert_eq!(*concealed, keyed.shown_text(&hash));
        assert_ne!(*concealed, hash);
        assert_ne!(*concealed, other.shown_text(&hash), "the key decides");
        assert_eq!(concealed.as_str().unwrap().len(), HASH);
        let revision = Revision::from(u128::from_str_radix(&hash, 16).unwrap());
        assert!(keyed.is_meant(concealed.as_str().unwrap(), &revision));
        assert!(
            !keyed.is_meant(&hash, &revision),
            "a guess cannot be tested"
        );
        assert!(shown["list"][1]["revision"].is_null());
    }
}
