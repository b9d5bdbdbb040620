//! Tests that all decoders pass, and their common value.

use serde::Deserialize;

use crate::source::Decode;

#[cfg(feature = "toml")]
mod shown;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct App {
    pub(in super::super) server: Server,
    #[serde(default)]
    pub(in super::super) ports: Vec<u16>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Server {
    #[serde(default)]
    pub(in super::super) host: String,
    pub(in super::super) port: u16,
    #[serde(default)]
    pub(in super::super) password: u16,
}

/// The error line for this text.
pub(in super::super) fn fails<D: Decode>(decoder: &D, text: &str) -> String {
    match decoder.decode(text.as_bytes(), "app") {
        Ok(_) => panic!("{text:?} was decoded"),
        Err(error) => error.to_string(),
    }
}

/// Decodes a good text with and without a byte order mark, and locates an invalid byte.
pub(in super::super) fn same_for_all<D: Decode<Value = App>>(decoder: &D, good: &str) {
    let value = decoder.decode(good.as_bytes(), "app").unwrap();
    assert_eq!((value.server.host.as_str(), value.server.port), ("a", 1));
    assert_eq!(
        decoder
            .decode(format!("\u{feff}{good}").as_bytes(), "app")
            .unwrap(),
        value
    );
    let error = decoder.decode(b"a\n\xc3\xa9\xff\n", "app").unwrap_err();
    assert_eq!(
        error.to_string(),
        "app:2:2: expected UTF-8 text, found the byte 0xff at offset 4"
    );
}

/// Corrupts a good text at each place. Each error is one line and never shows the secret.
///
/// `good` must have the secret `hunter2` below a key with the name of a secret.
pub(in super::super) fn never_shows_the_secret<D: Decode>(decoder: &D, good: &str) {
    for at in 0..good.len() {
        let spoiled = [
            "", "x", "0", "\"", "'", " ", "\n", ":", "=", "[", "{", "}", ",", "#", "\\", "&", "*",
            "\u{0}",
        ];
        for piece in spoiled {
            let mut bytes = good.as_bytes().to_vec();
            bytes.splice(at..=at, piece.bytes());
            if let Err(error) = decoder.decode(&bytes, "app") {
                let line = error.to_string();
                let text = String::from_utf8_lossy(&bytes);
                assert!(
                    !line.contains("unter2") && !line.contains("hunter"),
                    "{line} for {text}"
                );
                assert!(
                    line.starts_with("app:") && !line.contains('\n'),
                    "{line} for {text}"
                );
            }
        }
    }
}

#[cfg(feature = "json")]
mod buffered {
    use std::collections::BTreeMap;

    use super::*;
    use crate::source::Json;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its decoding is tested")]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        rest: BTreeMap<String, u16>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its decoding is tested")]
    struct Inner {
        password: u16,
    }

    /// serde buffers flattened values, so the path of the error ends before the key.
    #[test]
    fn p18_secret_is_not_shown_when_the_path_ends_before_it() {
        let line = fails(&Json::<Outer>::new(), r#"{"password": "hunter2"}"#);
        assert!(!line.contains("hunter2"), "{line}");
        assert!(
            line.ends_with("expected u16, found a string (not shown)"),
            "{line}"
        );
    }
}
