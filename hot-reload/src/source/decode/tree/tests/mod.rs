//! Trees: merges and errors. `alone`: compared with the decoders of their formats; `texts`: texts without types; `variants`: enums
//! from several parts; `shown`: what is shown, without secrets.

mod alone;
mod shown;
mod texts;
mod variants;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::cursor::{De, Run};
use super::trail::Trail;
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
        let entry = Entry::new(*key, origin.clone(), node);
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
    fails_as::<App>(whole)
}

fn fails_as<T: DeserializeOwned + Send>(whole: &Node) -> String {
    decode::<T>(whole, true).err().unwrap().to_string()
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
fn p17_ignored_keys_are_counted_and_few_are_kept() {
    let mut whole = layered();
    for number in 0..50 {
        let key = format!("x{number}");
        whole.cover(variable("APP_X", &[&key], Text::new("1")));
    }
    let run = Run {
        guesses: false,
        refuses: false,
        ignored: RefCell::default(),
        is_guessed: Cell::new(false),
    };
    let root = De {
        node: &whole,
        trail: Trail::Root,
        run: &run,
        entry: None,
        since: 0,
    };
    assert!(App::deserialize(root).is_ok());
    let ignored = run.ignored.into_inner();
    assert_eq!((ignored.first.len(), ignored.count), (20, 50));
    assert_eq!(decode::<App>(&whole, false).unwrap().count, 50);
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
fn p17_too_many_values_are_refused() {
    let many = format!("a = [{}]", "1,".repeat(260_000));
    let error = parse(Format::Toml, many.as_bytes(), "app", Quoting::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "app: has more values than the limit of 250000"
    );
}
