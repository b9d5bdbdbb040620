//! Tests that one file and merged files are decoded alike, and tests of the merging rules.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Deserialize;

use self::mutator::{Format, Mutant};
use self::samples::Site;
use crate::source::files::Files;
use crate::source::files::{DecodeMerged, Part};
use crate::source::{Json, Toml, Yaml};

#[path = "../../../../tests/mutations/mutator/mod.rs"]
mod mutator;
#[path = "../../../../tests/mutations/samples.rs"]
mod samples;

/// A value of any shape.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "compared by what `Debug` shows")]
enum Tree {
    Table(BTreeMap<String, Self>),
    List(Vec<Self>),
    Text(String),
    Whole(i64),
    Number(f64),
    Bool(bool),
    Nothing(Option<()>),
}

fn files(contents: &[&[u8]]) -> Files {
    let parts = contents.iter().enumerate().map(|(number, content)| {
        let name = format!("{}.conf", number + 1);
        Part::new(name, *content)
    });
    Files::new(parts).expect("the keys differ")
}

/// The value as a text, or the line of the error.
fn shown<V: Debug>(result: Result<V, crate::error::Error>) -> Result<String, String> {
    match result {
        Ok(value) => Ok(format!("{value:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Asserts equal results for a file alone, merged alone, and merged with empty files.
fn agrees<D>(decoder: &D, content: &[u8], nothing: &[&[u8]], context: &dyn Debug)
where
    D: DecodeMerged<Value: Debug>,
{
    let one = files(&[content]);
    let alone = shown(one.get("1.conf").expect("it is there").decode(decoder));
    assert_eq!(
        shown(decoder.decode_merged(&one, "all")),
        alone,
        "{context:?}"
    );
    let is_table = alone.as_ref().is_ok_and(|shown| {
        ["Table(", "Site", "Odd"]
            .iter()
            .any(|kind| shown.starts_with(kind))
    });
    for nothing in nothing {
        let under = shown(decoder.decode_merged(&files(&[nothing, content]), "all"));
        let over = shown(decoder.decode_merged(&files(&[content, nothing]), "all"));
        assert_eq!(
            under.is_ok(),
            alone.is_ok(),
            "{under:?}, {alone:?}, {context:?}"
        );
        // The second file replaces everything that is not a table.
        if is_table {
            assert_eq!((&under, &over), (&alone, &alone), "{context:?}");
        }
    }
}

#[test]
fn one_file_and_merged_files_accept_and_refuse_the_same() {
    for (format, sample) in samples::ALL {
        for seed in 0..25 {
            let mutant = Mutant::new(seed, format, sample);
            let content = mutant.bytes();
            if content.is_empty() || content.len() > 4_000 {
                continue;
            }
            let context = (seed, format, String::from_utf8_lossy(&content).into_owned());
            match format {
                Format::Toml => {
                    agrees(&Toml::<Tree>::new(), &content, &[b""], &context);
                    agrees(&Toml::<Site>::new(), &content, &[b""], &context);
                }
                Format::Json => {
                    agrees(&Json::<Tree>::new(), &content, &[b"{}"], &context);
                    agrees(&Json::<Site>::new(), &content, &[b"{}"], &context);
                }
                Format::Yaml => {
                    let tree = Yaml::<Tree>::new().max_expansion(10_000);
                    agrees(&tree, &content, &[b"", b"{}"], &context);
                    let site = Yaml::<Site>::new().max_expansion(10_000);
                    agrees(&site, &content, &[b"", b"{}"], &context);
                }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "compared by what `Debug` shows")]
struct Odd {
    #[serde(default)]
    huge: u128,
    #[serde(default)]
    low: i128,
    #[serde(default)]
    when: Option<toml::value::Datetime>,
    #[serde(default)]
    table: BTreeMap<String, String>,
    #[serde(default)]
    version: String,
    #[serde(default)]
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "compared by what `Debug` shows")]
enum Kind {
    Plain,
    Sized(u8),
    Full { host: String },
}

#[test]
fn large_numbers_dates_and_duplicate_keys_are_treated_alike() {
    for content in [
        "huge = 340282366920938463463374607431768211455",
        "huge = 340282366920938463463374607431768211456",
        "low = -170141183460469231731687303715884105728",
        "when = 1979-05-27T07:32:00Z",
        "when = 07:32:00",
        "when = 'soon'",
        "table = { a = '1', a = '2' }",
        "[table]\na = '1'\n[table]\nb = '2'",
        "version = 1.10",
        "kind = 'plain'",
        "kind = { sized = 3 }",
        "kind = { full = { host = 'a' } }",
        "[kind.full]\nhost = 'a'\nport = 1",
        "kind = 'other'",
    ] {
        agrees(&Toml::<Odd>::new(), content.as_bytes(), &[b""], &content);
    }
    for content in [
        r#"{"huge": 340282366920938463463374607431768211455}"#,
        r#"{"huge": 340282366920938463463374607431768211456}"#,
        r#"{"low": -170141183460469231731687303715884105728}"#,
        r#"{"table": {"a": "1", "a": "2"}}"#,
        r#"{"table": {"a": "1", "\u0061": "2"}}"#,
        r#"{"version": "1", "version": "2"}"#,
        r#"{"version": 1.10}"#,
        r#"{"kind": "plain"}"#,
        r#"{"kind": {"sized": 3}}"#,
        r#"{"kind": {"full": {"host": "a"}}}"#,
        r#"null"#,
    ] {
        agrees(&Json::<Odd>::new(), content.as_bytes(), &[b"{}"], &content);
    }
    for content in [
        "huge: 340282366920938463463374607431768211455",
        "huge: 340282366920938463463374607431768211456",
        "low: -170141183460469231731687303715884105728",
        "table: {a: '1', a: '2'}",
        "table: {a: 1, b: 0x1F, c: 'x y', d: [}",
        "table: {a: 1.10, b: yes, c: \"x\\ty\", d: a b}",
        "version: 1.10",
        "version: '1.10'",
        "version: null",
        "version: |\n  a\n   b\n",
        "version: a,b[c]\n",
        "kind: plain",
        "kind: !sized 3",
        "kind: {sized: 3}",
        "kind: !full {host: a}",
        "kind: {full: {host: a}}",
        "a: 1\n---\nb: 2\n",
        "x: &x {a: '1'}\ntable: *x",
        "x: &x {a: '1'}\ntable: {<<: *x, b: '2'}",
        "? [1, 2]\n: x\n",
        "!!binary aGk=: x",
    ] {
        agrees(
            &Yaml::<Odd>::new(),
            content.as_bytes(),
            &[b"", b"{}"],
            &content,
        );
    }
}

fn merged<D: DecodeMerged<Value: Debug>>(decoder: &D, contents: &[&str]) -> Result<String, String> {
    let contents: Vec<_> = contents.iter().map(|content| content.as_bytes()).collect();
    shown(decoder.decode_merged(&files(&contents), "all"))
}

#[test]
fn tables_are_merged_and_other_values_are_replaced() {
    let toml = [
        "a = 1\nt = {x = [1], q = {z = 1}}",
        "[t]\nx = [2]\n[t.q]\nw = 2",
    ];
    let json = [
        r#"{"a": 1, "t": {"x": [1], "q": {"z": 1}}}"#,
        r#"{"t": {"x": [2], "q": {"w": 2}}}"#,
    ];
    let yaml = [
        "a: 1\nt: {x: [1], q: {z: 1}}",
        "t:\n  x:\n    - 2\n  q:\n    w: 2\n",
    ];
    let whole = Ok(
        "Table({\"a\": Whole(1), \"t\": Table({\"q\": Table({\"w\": Whole(2), \"z\": Whole(1)}), \"x\": List([Whole(2)])})})"
            .to_owned(),
    );
    assert_eq!(merged(&Toml::<Tree>::new(), &toml), whole);
    assert_eq!(merged(&Json::<Tree>::new(), &json), whole);
    assert_eq!(merged(&Yaml::<Tree>::new(), &yaml), whole);
    for none in [
        merged(&Toml::<Tree>::new(), &[]),
        merged(&Json::<Tree>::new(), &[]),
        merged(&Yaml::<Tree>::new(), &[]),
    ] {
        assert_eq!(none, Ok("Table({})".to_owned()));
    }
}

#[test]
fn values_from_a_merge_key_can_be_replaced_in_part() {
    let base = "base: &base\n  limits: {cpu: 1, memory: 2}\n  image: a\nweb:\n  <<: *base\n";
    let over = "x: &base {cpu: 9}\nweb:\n  limits: *base\n  ports: ['8080:80']\n";
    assert_eq!(
        merged(&Yaml::<BTreeMap<String, Tree>>::new(), &[base, over]).map(|shown| {
            let web = shown.find("\"web\"").unwrap();
            shown[web..].to_owned()
        }),
        Ok("\"web\": Table({\"image\": Text(\"a\"), \"limits\": Table({\"cpu\": Whole(9), \"memory\": Whole(2)}), \"ports\": List([Text(\"8080:80\")])}), \"x\": Table({\"cpu\": Whole(9)})}".to_owned())
    );
}

#[test]
fn error_in_merged_files_is_located_in_the_file_at_fault() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its errors are checked")]
    struct App {
        db: Db,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its errors are checked")]
    struct Db {
        host: String,
        port: u16,
    }
    let toml = Toml::<App>::new();
    assert_eq!(
        merged(&toml, &["[db]\nhost = 'é'\n", "# x\n[db]\nport = 70000\n"]),
        Err("2.conf:3:8: db.port: expected u16, found 70000".to_owned())
    );
    assert_eq!(
        merged(&toml, &["[db]\nhost = 1\nport = 1\n", "[db]\nport = 2\n"]),
        Err("1.conf:2:8: db.host: expected a string, found 1".to_owned())
    );
    assert_eq!(
        merged(&toml, &["[db]\nhost = ''\n", "[db]\nprot = 2\n"]),
        Err("2.conf:2:1: db: unknown key \"prot\", expected one of \"host\", \"port\" (did you mean \"port\"?)".to_owned())
    );
    assert_eq!(
        merged(&toml, &["[db]\nhost = ''\n", "\n"]),
        Err("all: db: missing key \"port\"".to_owned())
    );
    let json = Json::<App>::new();
    assert_eq!(
        merged(
            &json,
            &[
                "{\"db\": {\"host\": \"é\"}}",
                "{\n \"db\": {\"port\": true}}"
            ]
        ),
        Err("2.conf:2:20: db.port: expected u16, found true".to_owned())
    );
    assert_eq!(
        merged(
            &json,
            &["{\"db\": {\"host\": \"é\"}}", "{\n \"db\": {\"port\": 1,}}"]
        ),
        Err("2.conf:2:18: found a ',' in front of a closing bracket; remove it".to_owned())
    );
    let yaml = Yaml::<App>::new();
    assert_eq!(
        merged(&yaml, &["db: {host: é}\n", "# x\ndb:\n  port: many\n"]),
        Err("2.conf:3:9: db.port: expected u16, found \"many\"".to_owned())
    );
    assert_eq!(
        merged(&yaml, &["db: {host: é}\n", "db:\n  prot: 1\n"]),
        Err("2.conf:2:3: db: unknown key \"prot\", expected one of \"host\", \"port\" (did you mean \"port\"?)".to_owned())
    );
    assert_eq!(
        merged(&yaml, &["db: {host: é}\n", "db: {}\n"]),
        Err("all: db: missing key \"port\"".to_owned())
    );
}
