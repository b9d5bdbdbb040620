//! What errors and explanations show of a tree, without secrets.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{decode, fails, layered, variable};
use crate::scope::pattern::Wanted;
use crate::source::decode::format::Format;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Node, Origin, Text, of_value, parse};

/// Secrecy belongs to a value, not to its key: the value of the last part has its own.
#[test]
fn p18_value_has_the_secrecy_of_its_own_part() {
    let path = ["server", "port"];
    let plain = || variable("APP_PORT", &path, Text::new("plain"));
    let secret = || variable("/run/secrets/port", &path, Text::secret("hidden"));
    let steps = path.map(|key| Wanted::Key(key.to_owned()));
    let shown = |whole: &Node| {
        let found = whole.find(&steps).unwrap();
        (fails(whole), found.shown(&steps, Quoting::new()))
    };

    let mut whole = layered();
    whole.cover(plain());
    whole.cover(secret());
    let (line, value) = shown(&whole);
    assert_eq!(
        line,
        "/run/secrets/port: server.port: expected u16, found a string (not shown)"
    );
    assert_eq!(value, "(not shown)");

    whole.cover(plain());
    let (line, value) = shown(&whole);
    assert_eq!(line, "APP_PORT: server.port: expected u16, found \"plain\"");
    assert_eq!(value, "\"plain\"");

    // A table over a secret, with a secret over it.
    let mut whole = Node::table(Origin::of_name("none"));
    whole.cover(variable(
        "/run/secrets/server",
        &["server"],
        Text::secret("hidden"),
    ));
    whole.cover(plain());
    whole.cover(secret());
    assert_eq!(shown(&whole).1, "(not shown)");
}

#[test]
fn float_of_the_program_is_shown_with_the_digits_of_its_type() {
    #[derive(serde::Serialize, Deserialize)]
    struct Ratio {
        single: f32,
        double: f64,
        large: f64,
    }
    let ratio = Ratio {
        single: 0.1,
        double: 0.1,
        large: 1e300,
    };
    let node = of_value(&ratio, &Origin::of_name("defaults")).unwrap();
    for (key, text) in [("single", "0.1"), ("double", "0.1"), ("large", "1e300")] {
        let steps = [Wanted::Key(key.to_owned())];
        let found = node.find(&steps).unwrap();
        assert_eq!(found.shown(&steps, Quoting::new()), text);
    }
    let toml = parse(Format::Toml, b"x = 0.1", "app", Quoting::new()).unwrap();
    let steps = ["single", "x"].map(|key| [Wanted::Key(key.to_owned())]);
    let (single, same) = (node.find(&steps[0]).unwrap(), toml.find(&steps[1]).unwrap());
    assert!(single.is_same(same), "the same number in both");
    let read = decode::<Ratio>(&node, true).unwrap().value;
    assert_eq!((read.single, read.double, read.large), (0.1, 0.1, 1e300));
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
fn p18_debug_of_a_node_shows_no_text_of_a_reference() {
    let shown = format!("{:?}", variable("PIN", &["pin"], Text::secret("tulip")));
    assert!(shown.contains("PIN") && !shown.contains("tulip"), "{shown}");
}
