//! Enums with data whose variants come from several parts.

use serde::Deserialize;

use super::{Variants, decode, fails_as};
use crate::source::decode::format::Format;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Node, Origin, parse};

/// Documents of both formats, each over those before it.
fn merged(documents: &[(Format, &str)]) -> Node {
    let mut whole = Node::table(Origin::of_name("none"));
    for (format, text) in documents {
        whole.cover(parse(*format, text.as_bytes(), "app", Quoting::new()).unwrap());
    }
    whole
}

#[derive(Debug, PartialEq, Deserialize)]
struct App {
    kind: Variants,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wide {
    kind: Store,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Store {
    File { path: String, mode: Option<u16> },
    Redis { port: u16 },
    Link { file: String },
}

fn kind(documents: &[(Format, &str)]) -> Variants {
    decode::<App>(&merged(documents), true).unwrap().value.kind
}

fn store(documents: &[(Format, &str)]) -> Store {
    decode::<Wide>(&merged(documents), true).unwrap().value.kind
}

const TOML: Format = Format::Toml;
const JSON: Format = Format::Json;
const YAML: Format = Format::Yaml;

#[test]
fn variant_of_the_last_part_wins() {
    let table = (TOML, "kind.table.port = 1");
    let one = (JSON, r#"{"kind": {"one": 2}}"#);
    assert_eq!(kind(&[table, one]), Variants::One(2));
    assert_eq!(kind(&[one, table]), Variants::Table { port: 1 });
    assert_eq!(kind(&[one, table, one]), Variants::One(2));
    assert_eq!(kind(&[table, one, (TOML, "kind = {}")]), Variants::One(2));
    assert_eq!(kind(&[table, (TOML, "kind = 'unit'")]), Variants::Unit);
    assert_eq!(
        kind(&[(TOML, "kind = 'unit'"), table]),
        Variants::Table { port: 1 }
    );

    // A part that is a merge of its own.
    let mut dir = merged(&[table, one]);
    dir.cover(merged(&[one, table]));
    assert_eq!(
        decode::<App>(&dir, true).unwrap().value.kind,
        Variants::Table { port: 1 }
    );

    // The same variant is merged key by key.
    let path = (TOML, "kind.file.path = 'a'");
    let mode = (JSON, r#"{"kind": {"file": {"mode": 7}}}"#);
    let file = |mode| Store::File {
        path: "a".to_owned(),
        mode,
    };
    assert_eq!(store(&[path, mode]), file(Some(7)));
}

#[test]
fn two_variants_in_one_part_are_refused() {
    let both = (TOML, "kind = { one = 1, table = { port = 1 } }");
    for documents in [&[both][..], &[(TOML, "kind.one = 1"), both]] {
        let line = fails_as::<App>(&merged(documents));
        assert!(
            line.ends_with("kind: expected a table with one key only"),
            "{line}"
        );
    }
}

#[test]
fn yaml_tag_selects_the_variant_of_its_part() {
    let file = |mode| Store::File {
        path: "a".to_owned(),
        mode,
    };
    let tagged = (YAML, "kind: !file {path: a}");
    let redis = (YAML, "kind: !redis {port: 1}");
    assert_eq!(store(&[tagged, redis]), Store::Redis { port: 1 });
    assert_eq!(store(&[redis, tagged]), file(None));
    // A tag over a table, and a table over a tag.
    assert_eq!(store(&[(TOML, "kind.redis.port = 1"), tagged]), file(None));
    assert_eq!(
        store(&[tagged, (TOML, "kind.redis.port = 1")]),
        Store::Redis { port: 1 }
    );
    // The same variant in both forms is merged key by key, and so are keys without a variant.
    let mode = (TOML, "kind.file.mode = 7");
    assert_eq!(store(&[tagged, mode]), file(Some(7)));
    assert_eq!(store(&[mode, tagged]), file(Some(7)));
    assert_eq!(store(&[tagged, (TOML, "kind.mode = 7")]), file(Some(7)));
    assert_eq!(
        store(&[tagged, (TOML, "kind.mode = 7"), redis]),
        Store::Redis { port: 1 }
    );
    // A field may have the name of a variant.
    let link = (YAML, "kind: !link {file: a}");
    for over in ["kind.file = 'b'", "kind.link.file = 'b'"] {
        let file = "b".to_owned();
        assert_eq!(store(&[link, (TOML, over)]), Store::Link { file });
    }
}

#[test]
fn variant_of_the_last_part_wins_in_a_flattened_enum() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        kind: Variants,
        name: String,
    }
    let table = (TOML, "name = 'a'\ntable.port = 1");
    let one = (JSON, r#"{"one": 2}"#);
    let other = (JSON, r#"{"name": "b"}"#);
    let read = |documents: &[(Format, &str)]| {
        let flat = decode::<Flat>(&merged(documents), true).unwrap().value;
        (flat.kind, flat.name)
    };
    assert_eq!(read(&[table, one]), (Variants::One(2), "a".to_owned()));
    assert_eq!(
        read(&[table, one, other]),
        (Variants::One(2), "b".to_owned())
    );
    assert_eq!(
        read(&[one, table]),
        (Variants::Table { port: 1 }, "a".to_owned())
    );
}
