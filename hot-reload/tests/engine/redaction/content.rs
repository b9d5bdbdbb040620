//! A document with a secret in it, in three formats, and the types that refuse it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use hot_reload::Error;
use hot_reload::source::{Decode, Json, Toml, Yaml};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::planted::Planted;

/// A document with the secret at a random place, and a mistake.
pub(super) fn document(dice: &mut Dice, name: &str, planted: &Planted) -> Value {
    let secret = Value::from(planted.text.as_str());
    let mut document = Map::new();
    // The entries before and after it are valid, or are the mistake.
    document.insert(
        "aaa".to_owned(),
        json!(*dice.pick(&["80a", "info", "10.0.0.300"])),
    );
    let at = match dice.below(9) {
        0 => json!([1, secret]),
        1 => json!({ "user": secret }),
        2 => json!({ "timeout": secret }),
        3 => json!({ planted.text.as_str(): {"rate": "x"} }),
        4 => json!([{ "value": [secret] }]),
        _ => secret.clone(),
    };
    document.insert(name.to_owned(), at);
    if planted.is_marked && dice.below(3) == 0 {
        document.insert(
            (*dice.pick(&["file", "note", "level", "zzz"])).to_owned(),
            secret,
        );
    }
    if dice.below(4) == 0 {
        document.insert("copy".to_owned(), json!(format!("{} ", planted.text)));
    }
    if planted.is_marked && dice.below(6) == 0 {
        document.insert(planted.text.clone(), json!("x"));
    }
    match dice.below(3) {
        0 => json!({ "server": document }),
        1 => json!({ "server": { "inner": document } }),
        _ => Value::Object(document),
    }
}

/// The document as text in a format.
pub(super) fn text(format: usize, document: &Value) -> String {
    match (format, document) {
        (0, Value::Object(entries)) => {
            let line =
                |(key, value): (&String, &Value)| format!("{} = {}\n", json!(key), toml(value));
            entries.iter().map(line).collect()
        }
        (1, document) => serde_json::to_string_pretty(document).unwrap(),
        (_, document) => {
            let mut text = String::new();
            yaml(document, 0, &mut text);
            text
        }
    }
}

fn toml(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{} = {}", json!(key), toml(value));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

fn yaml(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                write!(text, "\n{}{}:", "  ".repeat(depth), scalar(key)).unwrap();
                yaml(value, depth + 1, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                write!(text, "\n{}-", "  ".repeat(depth)).unwrap();
                yaml(item, depth + 1, text);
            }
        }
        Value::String(value) => write!(text, " {}", scalar(value)).unwrap(),
        other => write!(text, " {other}").unwrap(),
    }
}

/// Without quotes where it needs none.
fn scalar(text: &str) -> String {
    let is_plain = text
        .chars()
        .all(|letter| letter.is_alphanumeric() || "_-./".contains(letter));
    match is_plain && text.starts_with(char::is_alphabetic) {
        true => text.to_owned(),
        false => json!(text).to_string(),
    }
}

/// A type that refuses every value with a message that quotes it.
#[derive(Debug)]
pub(super) struct Quoting;

impl FromStr for Quoting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Err(format!("cannot make sense of {text}, which is {text:?}"))
    }
}

impl<'de> Deserialize<'de> for Quoting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Fast,
    Slow,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its decoding is tried")]
enum Either {
    Number(u8),
    Word(Word),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its decoding is tried")]
pub(super) struct Flat<T> {
    #[serde(flatten)]
    rest: BTreeMap<String, T>,
}

/// Refuses unknown keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its decoding is tried")]
struct Strict {
    port: Option<u16>,
    aaa: Option<String>,
}

/// One level that may be a table, for documents that have some around the secret.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
#[allow(dead_code, reason = "only its decoding is tried")]
struct Server<T> {
    server: T,
}

type Table<T> = BTreeMap<String, T>;

/// The error of decoding a text as a type that does not fit.
pub(super) fn refuse(format: usize, kind: usize, text: &str) -> Option<Error> {
    match kind {
        0 => decode::<Table<u16>>(format, text),
        1 => decode::<Table<Word>>(format, text),
        2 => decode::<Table<Quoting>>(format, text),
        3 => decode::<Flat<u16>>(format, text),
        4 => decode::<Flat<Quoting>>(format, text),
        5 => decode::<Table<Either>>(format, text),
        6 => decode::<Strict>(format, text),
        7 => decode::<Server<Table<u16>>>(format, text),
        8 => decode::<Server<Flat<Quoting>>>(format, text),
        9 => decode::<Server<Strict>>(format, text),
        10 => decode::<Table<Table<Word>>>(format, text),
        11 => decode::<Table<Table<Flat<Quoting>>>>(format, text),
        12 => decode::<Table<Vec<Quoting>>>(format, text),
        13 => decode::<Table<std::net::IpAddr>>(format, text),
        14 => decode::<Table<bool>>(format, text),
        _ => decode::<Table<Table<Table<u16>>>>(format, text),
    }
}

/// A type that quotes what it refuses, for files that are merged.
pub(super) type Refused = Flat<Quoting>;

/// Decodes with [`refuse`]; content that it accepts has the value `()`.
pub(super) struct Refusing {
    pub(super) format: usize,
    pub(super) kind: usize,
}

impl Decode for Refusing {
    type Value = ();

    fn decode(&self, bytes: &[u8], _: &str) -> Result<(), Error> {
        // The service starts with empty content, which is valid.
        let text = String::from_utf8_lossy(bytes);
        let refused = (!bytes.is_empty()).then(|| refuse(self.format, self.kind, &text));
        refused.flatten().map_or(Ok(()), Err)
    }
}

/// The number of kinds.
pub(super) const KINDS: usize = 16;

fn decode<T: DeserializeOwned + Send + Sync + 'static>(format: usize, text: &str) -> Option<Error> {
    match format {
        0 => Toml::<T>::new().decode(text.as_bytes(), "app").err(),
        1 => Json::<T>::new().decode(text.as_bytes(), "app").err(),
        _ => Yaml::<T>::new().decode(text.as_bytes(), "app").err(),
    }
}
