//! Trees: merges, texts without types, and errors. `alone`: compared with the decoders of their formats.

mod alone;

use std::collections::BTreeMap;
use std::convert::Infallible;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::error::Error;
use crate::source::decode::format::Format;
use crate::source::decode::quoting::Quoting;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Variants {
    Unit,
    One(u16),
    Two(u16, u16),
    Table { port: u16 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Tagged {
    Redis { port: u16 },
    File,
}

fn decode<T: DeserializeOwned + Send>(node: &Node, refuses: bool) -> Result<Decoded<T>, Error> {
    let tree = Tree {
        root: node,
        name: "all",
        quoting: Quoting::new(),
    };
    tree.decode(refuses)
}

#[derive(Debug, PartialEq, Deserialize)]
struct App {
    server: Server,
    #[serde(default)]
    ports: Vec<u16>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Server {
    #[serde(default)]
    host: String,
    port: u16,
    #[serde(default)]
    debug: bool,
    #[serde(default)]
    timeout: Option<u32>,
    #[serde(default)]
    password: String,
}

fn variable(name: &str, path: &[&str], text: Text) -> Node {
    let origin = Origin::of_name(name);
    let mut node = Node::new(origin.clone(), Kind::Scalar(Scalar::Text(text.clone())));
    node.is_secret = text.is_secret;
    for key in path.iter().rev() {
        let entry = Entry {
            key: (*key).to_owned(),
            origin: origin.clone(),
            value: node,
        };
        node = Node::new(origin.clone(), Kind::Table(vec![entry]));
    }
    node
}

fn layered() -> Node {
    let mut whole = Node::table(Origin::of_name("none"));
    let layers = [
        (
            Format::Toml,
            "app.toml",
            "ports = [1]\n[server]\nhost = 'a'\nport = 1\n",
        ),
        (Format::Json, "app.json", r#"{"server": {"host": "b"}}"#),
        (Format::Yaml, "app.yaml", "server:\n  debug: true\n"),
    ];
    for (format, name, text) in layers {
        whole.cover(parse(format, text.as_bytes(), name, Quoting::new()).unwrap());
    }
    whole
}

#[test]
fn later_tree_wins_key_by_key() {
    let mut whole = layered();
    whole.cover(variable("PORT", &["server", "port"], Text::new("80")));
    let app: App = decode(&whole, true).unwrap().value;
    assert_eq!((app.server.host.as_str(), app.server.port), ("b", 80));
    assert_eq!((app.server.debug, app.ports), (true, vec![1]));
}

fn fails(whole: &Node) -> String {
    decode::<App>(whole, true).err().unwrap().to_string()
}

#[test]
fn error_has_the_place_in_the_part_at_fault() {
    let mut whole = layered();
    let over = "server:\n  port: 80a\n";
    whole.cover(parse(Format::Yaml, over.as_bytes(), "local.yaml", Quoting::new()).unwrap());
    assert_eq!(
        fails(&whole),
        "local.yaml:2:9: server.port: expected u16, found \"80a\""
    );
    whole.cover(variable("APP_PORT", &["server", "port"], Text::new("x")));
    assert_eq!(
        fails(&whole),
        "APP_PORT: server.port: expected u16, found \"x\""
    );
    whole.cover(variable("APP_PORT", &["server", "port"], Text::secret("x")));
    assert_eq!(
        fails(&whole),
        "APP_PORT: server.port: expected u16, found a string (not shown)"
    );
}

#[test]
fn missing_key_names_all_parts_of_a_merged_table() {
    let mut whole = Node::table(Origin::of_name("none"));
    whole.cover(variable("HOST", &["server", "host"], Text::new("a")));
    assert_eq!(fails(&whole), "HOST: server: missing key \"port\"");
    whole.cover(variable("DEBUG", &["server", "debug"], Text::new("on")));
    assert_eq!(fails(&whole), "all: server: missing key \"port\"");
}

#[test]
fn ignored_keys_are_reported_or_refused() {
    let mut whole = layered();
    whole.cover(variable("APP_PRT", &["server", "prt"], Text::new("1")));
    whole.cover(variable("APP_X", &["x", "y"], Text::new("1")));
    let decoded = decode::<App>(&whole, false).unwrap();
    let lines: Vec<_> = decoded.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(decoded.count, 2);
    assert_eq!(
        lines,
        [
            "APP_PRT: server: unknown key \"prt\", expected one of \"host\", \"port\", \"debug\", \"timeout\", \"password\" (did you mean \"port\"?)",
            "APP_X: unknown key \"x\", expected one of \"server\", \"ports\"",
        ]
    );
    assert_eq!(fails(&whole), lines[0]);
}

#[test]
fn text_becomes_the_type_that_the_target_wants() {
    let read = |text: &str| {
        let node = variable("V", &[], Text::new(text));
        (
            decode::<u16>(&node, true).ok().map(|decoded| decoded.value),
            decode::<f32>(&node, true).ok().map(|decoded| decoded.value),
            decode::<bool>(&node, true)
                .ok()
                .map(|decoded| decoded.value),
            decode::<Vec<String>>(&node, true).unwrap().value.join("|"),
            decode::<Option<u8>>(&node, true)
                .ok()
                .map(|decoded| decoded.value),
            decode::<String>(&node, true).unwrap().value == text,
        )
    };
    assert_eq!(
        read("1"),
        (
            Some(1),
            Some(1.0),
            Some(true),
            "1".into(),
            Some(Some(1)),
            true
        )
    );
    assert_eq!(
        read(""),
        (None, None, None, String::new(), Some(None), true)
    );
    assert_eq!(
        read("No"),
        (None, None, Some(false), "No".into(), None, true)
    );
    assert_eq!(
        read(" 2.5 "),
        (None, Some(2.5), None, "2.5".into(), None, true)
    );
    assert_eq!(
        read("[a, b c ,]"),
        (None, None, None, "a|b c|".into(), None, true)
    );
    let kind = decode::<Variants>(&variable("V", &[], Text::new("unit")), true);
    assert_eq!(kind.unwrap().value, Variants::Unit);
}

/// serde buffers the content of flattened structs and tagged enums, and says nothing about types.
#[test]
fn text_takes_the_type_of_what_it_replaces_where_serde_buffers() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        port: u16,
        host: String,
        on: bool,
    }
    let mut whole = parse(
        Format::Toml,
        b"port = 1\nhost = 'a'\non = false",
        "app",
        Quoting::new(),
    )
    .unwrap();
    whole.cover(variable("PORT", &["port"], Text::new("80")));
    whole.cover(variable("HOST", &["host"], Text::new("127")));
    whole.cover(variable("ON", &["on"], Text::new("yes")));
    let read = decode::<Outer>(&whole, true).unwrap().value.inner;
    assert_eq!((read.port, read.host.as_str(), read.on), (80, "127", true));

    let mut alone = variable("TYPE", &["type"], Text::new("redis"));
    alone.cover(variable("PORT", &["port"], Text::new("80")));
    assert_eq!(
        decode::<Tagged>(&alone, true).unwrap().value,
        Tagged::Redis { port: 80 }
    );
}

#[test]
fn texts_are_replaced_and_keep_their_places() {
    let mut node = parse(
        Format::Toml,
        b"ports = []\n[server]\nhost = 'x'\nport = '${PORT}'",
        "app.toml",
        Quoting::new(),
    )
    .unwrap();
    let mut seen = Vec::new();
    let replaced = node.replace_texts::<Infallible>(&mut |found| {
        let place = found.origin.line_and_column();
        seen.push((found.text.to_owned(), found.path.len(), place));
        Ok((found.text == "${PORT}").then(|| Text::secret("80a")))
    });
    assert!(replaced.is_ok());
    assert_eq!(
        seen,
        [
            ("x".to_owned(), 2, Some((3, 8))),
            ("${PORT}".to_owned(), 2, Some((4, 8)))
        ]
    );
    assert_eq!(
        fails(&node),
        "app.toml:4:8: server.port: expected u16, found a string (not shown)"
    );
}

#[test]
fn p18_secret_node_is_hidden_everywhere_in_an_error() {
    #[derive(Debug, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        #[allow(dead_code, reason = "only its decoding is tested")]
        rest: BTreeMap<String, u16>,
    }
    let node = variable("/run/secrets/pin", &["pin"], Text::secret("xyz"));
    let line = decode::<Flat>(&node, true).err().unwrap().to_string();
    assert!(!line.contains("xyz"), "{line}");
}

#[test]
fn p17_too_many_values_are_refused() {
    let many = format!("a = [{}]", "1,".repeat(260_000));
    let error = parse(Format::Toml, many.as_bytes(), "app", Quoting::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "app: has more values than the limit of 250000"
    );
}

#[test]
fn p18_debug_of_a_node_shows_no_text_of_a_reference() {
    let shown = format!("{:?}", variable("PIN", &["pin"], Text::secret("tulip")));
    assert!(shown.contains("PIN") && !shown.contains("tulip"), "{shown}");
}
