//! Texts without types: lists, and the types that they take from the values that they replace.

use std::net::Ipv6Addr;

use serde::Deserialize;

use super::{Tagged, Variants, decode, fails_as, variable};
use crate::source::decode::format::Format;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Node, Text, parse};

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

fn list(text: &str) -> Vec<String> {
    let node = variable("LIST", &[], Text::new(text));
    decode(&node, true).unwrap().value
}

#[test]
fn list_has_items_between_commas_or_in_brackets() {
    for (text, items) in [
        ("", &[][..]),
        (" [ ] ", &[]),
        ("a, b c ,", &["a", "b c", ""]),
        ("[a, b c ,]", &["a", "b c", ""]),
        (r#"["a","b"]"#, &["a", "b"]),
        (r#" [ "a, b" , 'c]"', "" ] "#, &["a, b", "c]\"", ""]),
        (r#"["a\"b\\", "c:\new"]"#, &["a\"b\\", r"c:\new"]),
        (
            r#"[it's, say "x", "a" b, "c"d"]"#,
            &["it's", "say \"x\"", "\"a\" b", "\"c\"d\""],
        ),
        // Without brackets, quotes are letters.
        (r#""a", 'b'"#, &["\"a\"", "'b'"]),
        ("[::1]", &["[::1]"]),
        ("[fe80::1%eth0]", &["[fe80::1%eth0]"]),
        ("[::1]:80, [::2]", &["[::1]:80", "[::2]"]),
        ("[[::1]:80, [::2]]", &["[::1]:80", "[::2]"]),
        ("[[::1]]", &["[::1]"]),
        ("[a], b]", &["[a]", "b]"]),
        ("[", &["["]),
        ("]", &["]"]),
    ] {
        assert_eq!(list(text), items, "{text}");
    }
    let addresses = variable("LIST", &[], Text::new("[::1, ::2]"));
    let addresses: Vec<Ipv6Addr> = decode(&addresses, true).unwrap().value;
    assert_eq!(addresses.len(), 2);
    let nested = variable("LIST", &[], Text::new(r#"[[1, 2], [], ["3"]]"#));
    let nested: Vec<Vec<u8>> = decode(&nested, true).unwrap().value;
    assert_eq!(nested, [vec![1, 2], vec![], vec![3]]);
    let open = variable("LIST", &[], Text::new(r#"["a, b]"#));
    assert_eq!(
        fails_as::<Vec<String>>(&open),
        "LIST: a quote in this list is not closed"
    );
}

/// The document with these variables over it.
fn covered(document: &str, variables: &[(&str, &str)]) -> Node {
    let mut whole = parse(Format::Toml, document.as_bytes(), "app", Quoting::new()).unwrap();
    for (key, text) in variables {
        whole.cover(variable(key, &[key], Text::new(*text)));
    }
    whole
}

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    hosts: Vec<String>,
    ports: Vec<u16>,
    flags: Vec<bool>,
    mixed: Mixed,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Mixed {
    Text(String),
    Numbers(Vec<u16>),
    Texts(Vec<String>),
}

#[test]
fn text_over_a_list_is_a_list_where_serde_buffers() {
    let document = "hosts = ['x']\nports = [1]\nflags = [true]\nmixed = ['a']";
    let whole = covered(
        document,
        &[
            ("hosts", "1,b"),
            ("ports", "[80, 81]"),
            ("flags", "yes, off"),
            ("mixed", "7"),
        ],
    );
    let read = decode::<Outer>(&whole, true).unwrap().value.inner;
    assert_eq!(read.hosts, ["1", "b"]);
    assert_eq!(read.ports, [80, 81]);
    assert_eq!(read.flags, [true, false]);
    assert_eq!(read.mixed, Mixed::Texts(vec!["7".to_owned()]));
}

#[test]
fn items_over_an_empty_or_mixed_list_are_guessed_where_serde_buffers() {
    let document = "hosts = []\nports = []\nflags = []\nmixed = [1, 'a']";
    // A variable over a variable keeps the known type of the list.
    let whole = covered(
        document,
        &[
            ("hosts", "a"),
            ("hosts", "b"),
            ("ports", "80"),
            ("mixed", "7"),
        ],
    );
    let read = decode::<Outer>(&whole, true).unwrap().value.inner;
    assert_eq!(
        (read.hosts.as_slice(), read.ports.as_slice()),
        (&["b".to_owned()][..], &[80][..])
    );
    assert_eq!(read.mixed, Mixed::Numbers(vec![7]));
}

#[test]
fn empty_text_over_a_number_is_none_where_serde_buffers() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        port: Option<u16>,
        on: Option<bool>,
        host: String,
    }
    let document = "port = 1\non = true\nhost = 'a'";
    let whole = covered(document, &[("port", ""), ("on", ""), ("host", "")]);
    let read = decode::<Outer>(&whole, true).unwrap().value.inner;
    assert_eq!((read.port, read.on, read.host.as_str()), (None, None, ""));
}
