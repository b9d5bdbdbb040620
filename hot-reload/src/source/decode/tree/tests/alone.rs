//! Trees of one document, compared with the decoder of its format.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Tagged, Variants, decode};
use crate::error::Error;
use crate::source::decode::format::Format;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::parse;
use crate::source::{Decode, Json, Toml, Yaml};

#[derive(Debug, PartialEq, Deserialize)]
struct Values {
    #[serde(default)]
    small: Option<u8>,
    #[serde(default)]
    signed: Option<i64>,
    #[serde(default)]
    huge: Option<i128>,
    #[serde(default)]
    float: Option<f64>,
    #[serde(default)]
    flag: Option<bool>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    letter: Option<char>,
    #[serde(default)]
    list: Vec<u16>,
    #[serde(default)]
    pair: Option<(u8, String)>,
    #[serde(default)]
    kind: Option<Variants>,
    #[serde(default)]
    by_number: BTreeMap<u8, String>,
    #[serde(default)]
    tagged: Option<Tagged>,
    #[serde(default)]
    any: Option<Either>,
    #[serde(default)]
    date: Option<::toml::value::Datetime>,
    #[serde(default)]
    even: Option<Even>,
    #[serde(default)]
    evens: Vec<Even>,
    #[serde(default)]
    by_name: BTreeMap<String, Even>,
    #[serde(default)]
    holder: Option<Holder>,
    #[serde(default, deserialize_with = "refused")]
    refused: u8,
    #[serde(default)]
    nothing: (),
}

/// A type that refuses a value after it was read.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "u8")]
struct Even(u8);

impl TryFrom<u8> for Even {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number % 2 {
            0 => Ok(Self(number)),
            _ => Err(format!("{number} is odd")),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Holder {
    One(Even),
    Two(Even, Even),
    Table { even: Even },
}

fn refused<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(from)?;
    Err(serde::de::Error::custom(format!("{number} is refused")))
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u16),
    Text(String),
    Table { port: u16 },
}

fn tree_of<T: DeserializeOwned + Send>(format: Format, text: &str) -> Result<T, Error> {
    let node = parse(format, text.as_bytes(), "app", Quoting::new())?;
    Ok(decode(&node, false)?.value)
}

/// Whether both have the same value, or errors with the same text. JSON places a wrong value at its end, and a tree at its start.
fn same<D: Decode>(decoder: &D, format: Format, text: &str)
where
    D::Value: PartialEq + Debug + DeserializeOwned,
{
    let is_placed = format != Format::Json;
    compare(decoder, format, text, is_placed);
}

/// `is_placed`: whether the errors have the same line and column.
fn compare<D: Decode>(decoder: &D, format: Format, text: &str, is_placed: bool)
where
    D::Value: PartialEq + Debug + DeserializeOwned,
{
    let alone = decoder.decode(text.as_bytes(), "app");
    let tree = tree_of::<D::Value>(format, text);
    match (alone, tree) {
        (Ok(alone), Ok(tree)) => assert_eq!(alone, tree, "{text}"),
        (Err(alone), Err(tree)) if !is_placed => {
            assert_eq!(alone.message(), tree.message(), "{text}");
            let path = |error: &Error| error.location()?.key_path().map(str::to_owned);
            assert_eq!(path(&alone), path(&tree), "{text}");
        }
        (Err(alone), Err(tree)) => assert_eq!(alone.to_string(), tree.to_string(), "{text}"),
        (alone, tree) => panic!("{text}: alone {alone:?}, as a tree {tree:?}"),
    }
}

#[test]
fn toml_means_the_same_as_alone() {
    for text in [
        "small = 255\nsigned = -9223372036854775808\nfloat = 1e3\nflag = true\ntext = '''a\nb'''\nletter = 'é'",
        "small = 0x1f",
        "small = 1_0",
        "small = 0b11\nlist = [0o7, 1]",
        "huge = 170141183460469231731687303715884105727",
        "huge = 999999999999999999999999999999999999999999",
        "float = inf",
        "float = 3",
        "small = 1.0",
        "small = 256",
        "small = '1'",
        "text = 1",
        "text = 1979-05-27",
        "date = 1979-05-27T07:32:00Z",
        "small = 1979-05-27",
        "list = [1, 2, 70000]",
        "list = 1",
        "pair = [1, 'a']",
        "pair = [1]",
        "kind = 'unit'",
        "kind = 'other'",
        "kind = { one = 1 }",
        "kind = { two = [1, 2] }",
        "kind.table.port = 1",
        "kind.table.port = 'x'",
        "kind = 1",
        "[by_number]\n1 = 'a'\n2 = 'b'",
        "[tagged]\ntype = 'redis'\nport = 1",
        "[tagged]\ntype = 'file'",
        "any = 1",
        "any = 'a'",
        "any = { port = 1 }",
        "any = [1]",
        "small = ",
        "small = 1\nsmall = 2",
        "text = 'a",
        "",
        "unknown = 1",
        "[[list]]",
        "even = 2\nevens = [2, 4]\nby_name.a = 6\nholder.one = 8",
        "text = 'a'\neven = 3",
        "[by_name]\na = 2\nb = 3",
        "[holder.table]\neven = 3",
        "refused = 1",
    ] {
        same(&Toml::<Values>::new(), Format::Toml, text);
    }
}

/// The decoder of TOML does not know the places of list items and of variants.
#[test]
fn refused_item_of_toml_has_its_own_place() {
    for text in [
        "evens = [2, 3]",
        "holder = { one = 3 }",
        "holder = { two = [2, 3] }",
    ] {
        compare(&Toml::<Values>::new(), Format::Toml, text, false);
    }
    let error = tree_of::<Values>(Format::Toml, "evens = [2, 3]").unwrap_err();
    assert_eq!(error.to_string(), "app:1:13: evens[1]: 3 is odd");
}

#[test]
fn json_means_the_same_as_alone() {
    for text in [
        r#"{"small": 255, "signed": -9223372036854775808, "float": 1e3, "flag": true, "text": "a\n\u00e9", "letter": "é"}"#,
        r#"{"huge": 170141183460469231731687303715884105727}"#,
        r#"{"float": 3, "small": null}"#,
        r#"{"small": 1.0}"#,
        r#"{"small": 256}"#,
        r#"{"small": -0}"#,
        r#"{"small": "1"}"#,
        r#"{"text": 1}"#,
        r#"{"text": null, "nothing": null}"#,
        r#"{"list": [1, 2, 70000]}"#,
        r#"{"list": {}}"#,
        r#"{"pair": [1, "a"]}"#,
        r#"{"kind": "unit"}"#,
        r#"{"kind": "other"}"#,
        r#"{"kind": {"one": 1}}"#,
        r#"{"kind": {"two": [1, 2]}}"#,
        r#"{"kind": {"table": {"port": "x"}}}"#,
        r#"{"by_number": {"1": "a"}}"#,
        r#"{"tagged": {"type": "redis", "port": 1}}"#,
        r#"{"any": {"port": 1}}"#,
        r#"{"any": [1]}"#,
        r#"{"small": 1,}"#,
        r#"{"small": 1, "small": 2}"#,
        r#"{"float": 1e999}"#,
        "",
        "[]",
        r#"{"even": 2, "evens": [2, 4], "by_name": {"a": 6}, "holder": {"one": 8}}"#,
        r#"{"text": "a", "even": 3}"#,
        r#"{"evens": [2, 3]}"#,
        r#"{"by_name": {"a": 2, "b": 3}}"#,
        r#"{"holder": {"one": 3}}"#,
        r#"{"holder": {"two": [2, 3]}}"#,
        r#"{"holder": {"table": {"even": 3}}}"#,
        r#"{"refused": 1}"#,
        r#"{"text": "\ud800"}"#,
        r#"{"text": "\ud800\u0041"}"#,
        r#"{"text": "\udc00"}"#,
        r#"{"\ud800": 1}"#,
        r#"{"text": "\ud83d\ude00"}"#,
    ] {
        same(&Json::<Values>::new(), Format::Json, text);
    }
}

#[test]
fn p17_depth_is_bounded_as_alone() {
    for depth in [16, 79, 80, 127, 128, 129, 20_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let json = format!("{{\"x\": {open}{close}}}");
        let toml = format!("x = {open}{close}");
        let yaml = format!("x: {open}{close}");
        for (format, text) in [
            (Format::Json, json),
            (Format::Toml, toml),
            (Format::Yaml, yaml),
        ] {
            let parsed = parse(format, text.as_bytes(), "app", Quoting::new());
            match parsed {
                Ok(node) => assert!(decode::<Values>(&node, false).is_ok() && depth < 129),
                Err(error) => {
                    let line = error.to_string();
                    assert!(depth >= 79 && line.contains("nested deeper than"), "{line}");
                }
            }
        }
    }
}

#[test]
fn yaml_means_the_same_as_alone() {
    for text in [
        "small: 255\nsigned: -9223372036854775808\nfloat: 1e3\nflag: true\ntext: |\n  a\n  b\nletter: é\n",
        "small: 0x1f",
        "small: 1_0",
        "float: .inf",
        "float: 3",
        "small: 1.0",
        "small: 256",
        "small: '1'",
        "small: ~\nnothing:\n",
        "text: 1",
        "text: yes",
        "flag: yes",
        "flag: 'true'",
        "text: ~",
        "text: !!str 1",
        "list: [1, 2, 70000]",
        "list:\n- 1\n- 2\n",
        "list: 1",
        "list:\n",
        "pair: [1, a]",
        "kind: unit",
        "kind: other",
        "kind: {one: 1}",
        "kind: !one 1",
        "kind: !two [1, 2]",
        "kind: !table {port: 1}",
        "by_number: {1: a, '2': b}",
        "tagged: {type: redis, port: 1}",
        "any: {port: 1}",
        "any: 1",
        "any: a",
        "base: &base {port: 1}\nany: *base\n",
        "base: &base {port: 1}\nany: {<<: *base}\n",
        "base: &base {port: 1}\nany: {<<: [[*base], ~]}\n",
        "base: &base {port: 1}\nany: {<<: ~, port: 1}\n",
        "any: {<<: 1}\n",
        "small: 1\nsmall: 2\n",
        "text: 'a",
        "small: 1\n---\nsmall: 2\n",
        "even: 2\nevens: [2, 4]\nby_name: {a: 6}\nholder: {one: 8}\n",
        "text: a\neven: 3\n",
        "evens: [2, 3]",
        "by_name:\n  a: 2\n  b: 3\n",
        "holder: {one: 3}",
        "holder: {two: [2, 3]}",
        "holder:\n  table:\n    even: 3\n",
        "refused: 1",
    ] {
        same(&Yaml::<Values>::new(), Format::Yaml, text);
    }
}
