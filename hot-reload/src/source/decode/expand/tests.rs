//! Expansion in documents of all formats, without a source.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::*;
use crate::source::files::{DecodeFiles, Each, Merged};
use crate::source::include::included::Included;
use crate::source::include::requests::Requests;
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

/// `/app/app.toml`, which a source has read, with the files that it includes.
fn part(text: &str, included: &[(&str, &str)]) -> Part {
    let (mut known, mut files) = (Requests::default(), BTreeMap::new());
    let path = |name: &str| std::path::absolute(Path::new("/app").join(name)).unwrap();
    for (name, content) in included {
        assert!(known.add_file(&path(name), name));
        files.insert(path(name), Arc::new(content.as_bytes().to_vec()));
    }
    let included = Arc::new(Included::new(None, known, files));
    let mut all = Files::new([Part::new("app.toml", text)]).unwrap();
    all.attach(&included, Some(&path("app.toml")));
    all.iter().next().unwrap().clone()
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
        (
            "${NO_SUCH}",
            "the environment variable NO_SUCH is not set; set it, or write ${NAME:-default}",
        ),
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
    // A word and a number that nothing recognizes as secrets.
    let text = "a = 'plain'\nb = '${file:word}'\nc = '${file:pin}'";
    let part = part(text, &[("word", "tulip"), ("pin", "042\n")]);
    let error = Expand::new(Toml::<Quotes>::new()).decode_part(&part);
    let text = "app.toml: bad: plain/(not shown)/(not shown)";
    assert_eq!(error.unwrap_err().to_string(), text);
}

/// Refuses every number, and quotes it.
#[derive(Debug)]
struct Pin;

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let pin = String::deserialize(from)?;
        Err(serde::de::Error::custom(format!("bad pin {pin}")))
    }
}

#[test]
fn p18_error_of_a_type_has_its_place_and_hides_the_value() {
    #[derive(Debug, Deserialize)]
    struct Door {
        #[allow(dead_code, reason = "its decoding fails")]
        pin: Pin,
    }
    let part = part("# $\npin = '${file:pin}'", &[("pin", "7")]);
    let error = Expand::new(Toml::<Door>::new()).decode_part(&part);
    let text = "app.toml:2:7: pin: the value is not valid; the reason is not shown, because it may quote a secret";
    assert_eq!(error.unwrap_err().to_string(), text);
}

#[test]
fn escaped_dollar_sign_begins_a_reference() {
    for sign in ["\\u0024", "\\U00000024", "\\x24"] {
        for other in ["", "$"] {
            let [toml, json, yaml] = all(
                &format!("path = \"{sign}{{NO_SUCH:-a}}\" # {other}"),
                &format!("{{\"path\": \"{sign}{{NO_SUCH:-a}}\", \"x\": \"{other}\"}}"),
                &format!("path: \"{sign}{{NO_SUCH:-a}}\" # {other}"),
            );
            assert_eq!(yaml.unwrap().path, "a", "{sign}");
            // Each format has its own escapes.
            assert!(toml.is_err() || toml.unwrap().path == "a", "{sign}");
            match sign {
                "\\u0024" => assert_eq!(json.unwrap().path, "a"),
                _ => assert!(json.is_err(), "{sign}"),
            }
        }
    }
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
    let text = "1:1:8: port: the environment variable NO_SUCH is not set; set it, or write ${NAME:-default}";
    assert_eq!(error.to_string(), text);
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

/// After the limit, no further text is expanded, kept or read: 250,000 of them may name one large file.
#[test]
fn p17_no_more_than_the_limit_of_secrets_is_kept() {
    let text = "path = '${file:big}'\ntags = ['${file:big}', '${file:small}']";
    let part = part(text, &[("big", &"x".repeat(9 << 20)), ("small", "y")]);
    let decoder = Toml::<App>::new();
    let Document { mut root, quoting } = decoder.parse(part.bytes(), part.name()).unwrap();
    let mut values = Values::default();
    let error = values.expand(&mut root, &part, quoting).unwrap_err();
    let text = "app.toml:2:9: tags[0]: the texts with references exceed 16777216 bytes";
    assert_eq!(error.to_string(), text);
    assert_eq!(values.secrets.len(), 1);
    let asked = part.context().included.as_ref().unwrap().take();
    assert_eq!(asked.requests.files().count(), 1);
}

/// Only the first error is located, because the place of each costs a pass over the document.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "measures the cost of one decoding"
)]
fn p17_many_faulty_references_take_no_longer_than_good_ones() {
    let line = |number| format!("k{number} = '${{NO_SUCH_VARIABLE_OF_THIS_TEST}}'\n");
    let text: String = (0..40_000).map(line).collect();
    let start = std::time::Instant::now();
    let decoder = Expand::new(Toml::<BTreeMap<String, String>>::new());
    let error = decoder.decode(text.as_bytes(), "app").unwrap_err();
    assert!(error.to_string().starts_with("app:1:6: k0: "), "{error}");
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
fn file_of_a_document_that_no_source_has_read_is_an_error() {
    let error = Expand::new(Toml::<App>::new())
        .decode(b"path = '${file:/etc/hosts}'", "app")
        .unwrap_err();
    let text = "app:1:8: path: cannot include other files, because no source has read it";
    assert_eq!(error.to_string(), text);
}

/// What three parts ask for in one round: one file each.
#[allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]
fn asked_in_one_round(decoder: &impl DecodeFiles) -> usize {
    let root = std::env::temp_dir();
    let part = |name: &str| {
        let path = root.join(name).display().to_string();
        Part::new(name, format!("{{\"{name}\": \"${{file:{}}}\"}}", path))
    };
    let mut files = Files::new(["a", "b", "c"].map(part)).unwrap();
    let included = Arc::new(Included::default());
    files.attach(&included, None);
    assert!(decoder.decode_files(&files, "all").is_err());
    included.take().requests.files().count()
}

#[test]
fn all_parts_name_their_files_in_one_round() {
    let json = || Expand::new(Json::<BTreeMap<String, String>>::new());
    assert_eq!(asked_in_one_round(&Each::new(json())), 3);
    assert_eq!(asked_in_one_round(&Merged::new(json())), 3);
}
