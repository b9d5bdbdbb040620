//! [`Json`]: values from JSON.
//!
//! - `scan`: the locations and texts of syntax errors;
//! - `number`: the texts for numbers.

mod number;
mod scan;

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::Decode;
use super::decoder::decoder;
use super::place::{self, Failure, Secrets};
use super::quoting::Quoting;
use crate::error::Error;

/// Decodes JSON.
///
/// Tables and lists may be nested up to 127 levels deep.
///
/// An error is one line: `app.json:4:12: server.port: expected u16, found "80a"`.
///
/// ```
/// use hot_reload::source::{Decode, Json};
///
/// let ports = Json::<Vec<u16>>::new();
/// assert_eq!(ports.decode(b"[80, 443]", "ports.json").unwrap(), [80, 443]);
/// let error = ports.decode(b"[80, true]", "ports.json").unwrap_err();
/// assert_eq!(error.to_string(), "ports.json:1:9: [1]: expected u16, found true");
/// ```
pub struct Json<T> {
    pub(super) quoting: Quoting,
    value: PhantomData<fn() -> T>,
}

impl<T> Json<T> {
    /// A decoder of JSON into `T`.
    pub const fn new() -> Self {
        Self {
            quoting: Quoting::new(),
            value: PhantomData,
        }
    }
}

decoder!(Json);

impl<T: DeserializeOwned + Send + Sync + 'static> Decode for Json<T> {
    type Value = T;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<T, Error> {
        let text = place::text(bytes, name)?;
        decode(text, self.quoting).map_err(|failure| failure.about(name, text))
    }
}

/// Decodes the whole text.
pub(super) fn decode<T: DeserializeOwned>(text: &str, quoting: Quoting) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_str(text);
    let (path, error) = match serde_path_to_error::deserialize(&mut json) {
        Ok(value) => match json.end() {
            Ok(()) => return Ok(value),
            Err(error) => (None, error),
        },
        Err(tracked) => {
            let path = place::steps(tracked.path());
            (Some(path), tracked.into_inner())
        }
    };
    // A syntax error may make a value before it seem wrong.
    if let Some(mistake) = scan::scan(text) {
        return Err(mistake.into());
    }
    let said = error.to_string();
    let quotes = quoting.quotes();
    let secrets = Secrets::of(&quotes, &mut serde_json::Deserializer::from_str(text));
    let suffix = format!(" at line {} column {}", error.line(), error.column());
    Err(Failure {
        at: offset(text, error.line(), error.column()),
        path,
        message: said.strip_suffix(&suffix).unwrap_or(&said).to_owned(),
        quoted: Some(Box::new((quotes, secrets))),
    })
}

/// Refuses a text that is not JSON, or is nested too deep.
pub(super) fn check(text: &str, name: &str) -> Result<(), Error> {
    let checked = decode::<serde::de::IgnoredAny>(text, Quoting::new());
    checked.map_err(|failure| failure.about(name, text))?;
    // The decoder does not bound the depth of what it ignores.
    match scan::too_deep(text) {
        Some(mistake) => Err(Failure::from(mistake).about(name, text)),
        None => Ok(()),
    }
}

/// The error of a text in quotes that [`check`] has passed, because it does not look into texts.
#[cfg(feature = "layers")]
pub(super) fn invalid_text(text: &str, name: &str, at: usize) -> Error {
    let mistake = scan::scan(text);
    let mistake = mistake.unwrap_or_else(|| place::Mistake::new(at, "this text is not valid"));
    Failure::from(mistake).about(name, text)
}

/// The offset of the parser's location, whose columns are bytes from the start of the line.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum::<usize>();
    Some((start + column.saturating_sub(1)).min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::place::tests::{App, fails, never_shows_the_secret, same_for_all};

    #[test]
    fn checked_text_is_not_deeper_than_a_decoded_one() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = |depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            check(&text(127), "app").unwrap();
            check(&format!("[{}1]", "[],".repeat(500)), "app").unwrap();
            check(&format!("[\"{}\"]", "[\\\"".repeat(500)), "app").unwrap();
            for depth in [128, 50_000] {
                let error = check(&text(depth), "app").unwrap_err().to_string();
                let same = fails(&Json::<serde_json::Value>::new(), &text(depth));
                assert_eq!(error, same);
            }
        }
    }

    #[test]
    fn common_tests_of_all_decoders_pass() {
        same_for_all(
            &Json::<App>::new(),
            r#"{"server": {"host": "a", "port": 1}}"#,
        );
    }

    #[test]
    fn syntax_error_has_its_location() {
        assert_eq!(
            fails(
                &Json::<App>::new(),
                "{\n  \"server\": {\n    port: 1\n  }\n}"
            ),
            "app:3:5: a key needs double quotes"
        );
        assert_eq!(
            fails(&Json::<App>::new(), "{\"server\": {\"port\": 1}} x"),
            "app:1:25: text after the end of the document"
        );
    }

    #[test]
    fn type_error_has_its_location() {
        let text = "{\"server\": {\"host\": \"é\", \"port\": \"80a\"}}";
        assert_eq!(
            fails(&Json::<App>::new(), text),
            "app:1:38: server.port: expected u16, found \"80a\""
        );
        let text = r#"{"server": {"port": 1}, "ports": [1, "x"]}"#;
        assert_eq!(
            fails(&Json::<App>::new(), text),
            "app:1:40: ports[1]: expected u16, found \"x\""
        );
    }

    #[test]
    fn unknown_and_missing_keys_are_named() {
        let text = r#"{"server": {"prot": 1}}"#;
        assert_eq!(
            fails(&Json::<App>::new(), text),
            "app:1:18: server: unknown key \"prot\", expected one of \"host\", \"port\", \"password\" (did you mean \"port\"?)"
        );
        assert_eq!(
            fails(&Json::<App>::new(), r#"{"server": {}}"#),
            "app:1:13: server: missing key \"port\""
        );
    }

    #[test]
    fn empty_content_is_an_error() {
        assert_eq!(
            fails(&Json::<App>::new(), ""),
            "app:1:1: the document is empty"
        );
    }

    #[test]
    fn p18_secret_is_not_shown() {
        let text = r#"{"server": {"port": 1, "password": "hunter2"}}"#;
        assert_eq!(
            fails(&Json::<App>::new(), text),
            "app:1:44: server.password: expected u16, found a string (not shown)"
        );
    }

    #[test]
    fn p18_secret_of_a_corrupted_text_is_not_shown() {
        never_shows_the_secret(
            &Json::<App>::new(),
            r#"{"server": {"host": "a", "port": 1, "password": "hunter2"}, "ports": [1]}"#,
        );
    }
}
