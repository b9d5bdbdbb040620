//! Outputs of merged files and comparisons.

use std::collections::BTreeMap;
use std::path::Path;

use hot_reload::diff::{self, RestartPolicy, RestartRequired};
use hot_reload::source::{Dir, Json, Toml};
use hot_reload::{Error, Reload};
use serde::Serialize;
use serde_json::{Value, json};

use super::content::{Refused, text};
use super::dice::Dice;
use super::planted::Planted;

/// The errors about two merged files that share the entries of a document.
pub(super) async fn refuse_merged(
    dice: &mut Dice,
    format: usize,
    document: &Value,
    folder: &Path,
) -> Option<Error> {
    let mut files = [BTreeMap::new(), BTreeMap::new()];
    for (key, value) in document.as_object()? {
        files[dice.below(2)].insert(key.clone(), value.clone());
    }
    for (name, entries) in ["1", "2"].iter().zip(files) {
        std::fs::write(folder.join(name), text(format, &json!(entries))).unwrap();
    }
    let dir = Dir::new(folder);
    let refused = match format {
        0 => dir.merge(Toml::<Refused>::new()).reload().await.err(),
        _ => dir.merge(Json::<Refused>::new()).reload().await.err(),
    };
    refused.map(Error::from)
}

/// The outputs of comparisons in which a secret is changed, added or removed.
pub(super) fn compare(dice: &mut Dice, name: &str, planted: &Planted) -> Vec<String> {
    let secret = match dice.below(3) {
        0 => json!({ "inner": [planted.text] }),
        1 => json!([1, planted.text]),
        _ => json!(planted.text),
    };
    // A text of many words is shortened, and not judged by its length.
    let is_text = planted.text.contains("from today");
    let note = match planted.is_marked && !is_text {
        true => planted.text.as_str(),
        false => "nothing",
    };
    let with = json!({ name: secret, "note": note });
    let without = [json!({}), json!({ name: "other", "note": "other" })];
    let without = dice.pick(&without);
    let required = RestartRequired::new([name, "note"]).policy(RestartPolicy::Reject);
    let mut shown = Vec::new();
    for (old, new) in [(&with, without), (without, &with)] {
        let diff = diff::between(old, new).unwrap();
        shown.push(format!("{diff} {diff:?} {}", json!(diff)));
        let verdict = required.check(old, new).unwrap();
        shown.push(format!("{verdict} {verdict:?}"));
        if let Err(error) = verdict.into_result() {
            shown.push(format!("{error} {error:?}"));
        }
    }
    let failed = diff::between(&Failing(&planted.text), &Failing("")).unwrap_err();
    if planted.is_marked && !is_text {
        shown.push(format!("{failed} {failed:?}"));
    }
    shown
}

/// A type whose serialization fails with a message that quotes the value.
struct Failing<'a>(&'a str);

impl Serialize for Failing<'_> {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format!(
            "cannot write {}",
            self.0
        )))
    }
}
