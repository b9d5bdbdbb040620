//! Expansion in documents of all formats, without a source.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::source::{ByFormat, Format, Json, Toml, Yaml};

#[derive(Debug, PartialEq, Deserialize)]
struct App {
    path: String,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    debug: bool,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    below: BTreeMap<String, String>,
}

/// The same table in each format. Cargo sets `CARGO_MANIFEST_DIR` and `CARGO_PKG_NAME` for tests.
fn all(toml: &str, json: &str, yaml: &str) -> [Result<App, Error>; 3] {
    [
        Expand::new(Toml::new()).decode(toml.as_bytes(), "app"),
        Expand::new(Json::new()).decode(json.as_bytes(), "app"),
        Expand::new(Yaml::new()).decode(yaml.as_bytes(), "app"),
    ]
}

#[test]
fn references_become_what_the_target_wants() {
    let apps = all(
        "path = '<${CARGO_PKG_NAME}>'\nport = \"${NO_SUCH:-80}\"\ndebug = '${NO_SUCH:-yes}'\ntags = ['$$a', '${NO_SUCH:-}', '$5']\nbelow.'${KEY}' = '$${x}'",
        r#"{"path": "<${CARGO_PKG_NAME}>", "port": "${NO_SUCH:-80}", "debug": "${NO_SUCH:-yes}",
            "tags": ["$$a", "${NO_SUCH:-}", "$5"], "below": {"${KEY}": "$${x}"}}"#,
        "path: <${CARGO_PKG_NAME}>\nport: ${NO_SUCH:-80}\ndebug: '${NO_SUCH:-yes}'\ntags: [$$a, '${NO_SUCH:-}', $5]\nbelow: {'${KEY}': '$${x}'}",
    );
    for app in apps {
        let app = app.unwrap();
        assert_eq!(app.path, "<hot_reload>");
        assert_eq!((app.port, app.debug), (80, true));
        assert_eq!(app.tags, ["$a", "", "$5"]);
        assert_eq!(app.below["${KEY}"], "${x}");
    }
}

#[test]
fn error_has_the_place_of_the_reference() {
    for (value, message) in [
        ("${NO_SUCH}", "NO_SUCH is not set"),
        (
            "x${NO_SUCH",
            "this \"${\" is not closed; write $$ for a dollar sign",
        ),
        (
            "${NO-SUCH}",
            "expected ${NAME}, ${NAME:-default} or ${file:PATH}; write $$ for a dollar sign",
        ),
        ("${A:-${B}}", "a reference cannot contain another one"),
    ] {
        let errors = all(
            &format!("path = ''\n[below]\npassword = '{value}'"),
            &format!("{{\"path\": \"\",\n\"below\": {{\"password\": \"{value}\"}}}}"),
            &format!("path: ''\nbelow:\n  password: '{value}'"),
        );
        let places = ["3:12", "2:23", "3:13"];
        for (error, place) in errors.into_iter().zip(places) {
            let text = format!("app:{place}: below.password: {message}");
            assert_eq!(error.unwrap_err().to_string(), text);
        }
    }
}

#[test]
fn p18_value_of_a_reference_is_in_no_error() {
    let errors = all(
        "path = ''\nport = '${CARGO_PKG_NAME}'",
        r#"{"path": "", "port": "x${CARGO_PKG_NAME}"}"#,
        "path: ''\nport: ${CARGO_PKG_NAME}",
    );
    for error in errors {
        let error = error.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("port: expected"), "{text}");
        assert!(!text.contains("hot_reload"), "{text}");
    }
    // A default stands in the document.
    let error = Expand::new(Toml::<App>::new())
        .decode(b"path = ''\nport = '${NO_SUCH:-80a}'", "app")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "app:2:8: port: expected u16, found \"80a\""
    );
}

/// A type whose own error quotes two values at once.
#[derive(Debug)]
struct Quotes;

impl<'de> Deserialize<'de> for Quotes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, String>::deserialize(from)?;
        let all: Vec<_> = map.values().cloned().collect();
        Err(serde::de::Error::custom(format!("bad: {}", all.join("/"))))
    }
}

#[test]
fn p18_copies_of_a_value_are_hidden_in_a_foreign_error() {
    let text = "a = 'plain'\nb = 'x-${CARGO_PKG_VERSION_MINOR}${CARGO_PKG_NAME}-y'";
    let error = Expand::new(Toml::<Quotes>::new())
        .decode(text.as_bytes(), "app")
        .unwrap_err()
        .to_string();
    assert!(!error.contains("hot_reload"), "{error}");
}

#[test]
fn document_without_references_is_decoded_as_before() {
    let texts = [
        "path = 'a'\nport = 'x'",
        "path = '$",
        "path = 'a'\nport = 70000 # $",
    ];
    for text in texts {
        let expanded = Expand::new(Toml::<App>::new()).decode(text.as_bytes(), "app");
        let plain = Toml::<App>::new().decode(text.as_bytes(), "app");
        assert_eq!(
            expanded.unwrap_err().to_string(),
            plain.unwrap_err().to_string()
        );
    }
}

#[test]
fn documents_are_merged_after_their_references_are_expanded() {
    let files = |texts: &[&str]| {
        let part = |(number, text): (usize, &&str)| Part::new(number.to_string(), *text);
        Files::new(texts.iter().enumerate().map(part)).unwrap()
    };
    let toml = Expand::new(Toml::<App>::new());
    let parts = [
        "path = 'a'\nport = 1\nbelow.x = '1'",
        "",
        "port = '${NO_SUCH:-2}'\nbelow.y = '2'",
    ];
    let app = toml.decode_merged(&files(&parts), "all").unwrap();
    assert_eq!((&*app.path, app.port, app.below.len()), ("a", 2, 2));
    let error = toml
        .decode_merged(&files(&["path = 'a'", "port = '${NO_SUCH}'"]), "all")
        .unwrap_err();
    assert_eq!(error.to_string(), "1:1:8: port: NO_SUCH is not set");
    let yaml = Expand::new(Yaml::<App>::new());
    let parts = ["path: a", "# nothing", "path: ${NO_SUCH:-b}"];
    assert_eq!(yaml.decode_merged(&files(&parts), "all").unwrap().path, "b");
}

#[test]
fn stricter_limits_of_a_decoder_still_hold() {
    let yaml = Yaml::<App>::new().max_depth(1);
    let text = b"path: ${NO_SUCH:-a}\nbelow: {x: y}";
    let error = Expand::new(yaml).decode(text, "app").unwrap_err();
    assert!(error.to_string().starts_with("app:2:8: "), "{error}");
    let format = Expand::new(ByFormat::<App>::new(Format::Yaml));
    assert_eq!(format.decode(text, "app").unwrap().path, "a");
}

#[test]
fn p17_expanded_texts_are_bounded() {
    let text = b"path = '${CARGO_PKG_NAME}'\ntags = ['${CARGO_PKG_NAME}']";
    let part = Part::new("app", *text);
    let decoder = Toml::<App>::new();
    let expand = |before| {
        let Document { mut root, quoting } = decoder.parse(part.bytes(), "app").unwrap();
        let mut values = Values {
            size: before,
            ..Values::default()
        };
        values.expand(&mut root, &part, quoting)
    };
    let name = "hot_reload".len();
    expand((16 << 20) - 2 * name).unwrap();
    let error = expand((16 << 20) - 2 * name + 1).unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::TooLarge);
    let text = "app:2:9: tags[0]: the texts with references exceed 16777216 bytes";
    assert_eq!(error.to_string(), text);
}

#[test]
fn file_of_a_document_that_no_source_has_read_is_an_error() {
    let error = Expand::new(Toml::<App>::new())
        .decode(b"path = '${file:/etc/hosts}'", "app")
        .unwrap_err();
    let text = "app:1:8: path: cannot include other files, because no source has read it";
    assert_eq!(error.to_string(), text);
}
