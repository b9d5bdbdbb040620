//! [`Toml`]: values from TOML.
//!
//! - `scan`: the first pass, which bounds the depth;
//! - `secrets`: collects the secrets of a text;
//! - `words`: the locations and texts of syntax errors.

mod scan;
mod secrets;
mod words;

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use super::Decode;
use super::decoder::decoder;
use super::place::{self, Failure};
use super::quoting::Quoting;
use crate::error::Error;

/// Decodes TOML.
///
/// Tables and lists may be nested up to 80 levels deep, including the parts of dotted keys and table names.
///
/// An error is one line with the place of the wrong value: `app.toml:4:8: server.port: expected u16, found "80a"`.
///
/// ```
/// use hot_reload::source::{Decode, Toml};
///
/// #[derive(serde::Deserialize)]
/// struct App {
///     port: u16,
/// }
///
/// let app = Toml::<App>::new();
/// assert_eq!(app.decode(b"port = 80", "app.toml").unwrap().port, 80);
/// let error = app.decode(b"port = true", "app.toml").err().unwrap();
/// assert_eq!(error.to_string(), "app.toml:1:8: port: expected u16, found true");
/// ```
pub struct Toml<T> {
    pub(super) quoting: Quoting,
    value: PhantomData<fn() -> T>,
}

impl<T> Toml<T> {
    /// A decoder of TOML into `T`.
    pub const fn new() -> Self {
        Self {
            quoting: Quoting::new(),
            value: PhantomData,
        }
    }
}

decoder!(Toml);

impl<T: DeserializeOwned + Send + Sync + 'static> Decode for Toml<T> {
    type Value = T;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<T, Error> {
        let text = place::text(bytes, name)?;
        let table = parse(text, name, self.quoting)?;
        serde_path_to_error::deserialize(toml::Deserializer::from(table)).map_err(|tracked| {
            let path = Some(place::steps(tracked.path()));
            let error = tracked.into_inner();
            let quotes = self.quoting.quotes();
            let secrets = secrets::find(&quotes, text);
            let failure = Failure {
                at: error.span().map(|span| span.start),
                path,
                message: sentence(&error, text),
                quoted: Some(Box::new((quotes, secrets))),
            };
            failure.about(name, text)
        })
    }
}

/// The decoder's message. The decoder represents a date as a map, so this calls it a date again.
fn sentence(error: &toml::de::Error, text: &str) -> String {
    let start = error
        .span()
        .and_then(|span| text.as_bytes().get(span.start));
    match error.message().strip_prefix("invalid type: map,") {
        Some(rest) if start.is_some_and(u8::is_ascii_digit) => {
            format!("invalid type: a date or time,{rest}")
        }
        _ => error.message().to_owned(),
    }
}

/// Parses the text into a table whose values have their offsets.
pub(super) fn parse<'t>(
    text: &'t str,
    name: &str,
    quoting: Quoting,
) -> Result<toml::Spanned<DeTable<'t>>, Error> {
    scan::scan(text, text.len()).map_err(|mistake| mistake.into_error(name, text))?;
    DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        match (error.message(), text.get(span.clone())) {
            ("duplicate key", Some(key)) => {
                let quotes = quoting.quotes();
                let secrets = secrets::find(&quotes, text);
                Failure {
                    at: Some(span.start),
                    path: None,
                    message: format!("duplicate field `{}`", key.trim_matches(['"', '\''])),
                    quoted: Some(Box::new((quotes, secrets))),
                }
                .about(name, text)
            }
            (message, _) => words::syntax(message, span, text).into_error(name, text),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::place::tests::{App, fails, never_shows_the_secret, same_for_all};

    #[test]
    fn common_tests_of_all_decoders_pass() {
        same_for_all(&Toml::<App>::new(), "[server]\nhost = 'a'\nport = 1\n");
    }

    #[test]
    fn syntax_error_has_its_location() {
        let text = "[server]\nport = \n";
        assert_eq!(
            fails(&Toml::<App>::new(), text),
            "app:2:8: expected a value after '='"
        );
    }

    #[test]
    fn type_error_has_its_location() {
        let text = "[server]\nhost = \"é\"\nport = \"80a\"\n";
        assert_eq!(
            fails(&Toml::<App>::new(), text),
            "app:3:8: server.port: expected u16, found \"80a\""
        );
        let text = "ports = [1, 'x']\nserver = { port = 1 }";
        assert_eq!(
            fails(&Toml::<App>::new(), text),
            "app:1:13: ports[1]: expected u16, found \"x\""
        );
        let text = "ports = []\nserver = { host = \"é\", port = 70000 }";
        assert_eq!(
            fails(&Toml::<App>::new(), text),
            "app:2:31: server.port: expected u16, found 70000"
        );
    }

    #[test]
    fn unknown_and_missing_keys_are_named() {
        assert_eq!(
            fails(&Toml::<App>::new(), "[server]\nprot = 1"),
            "app:2:1: server: unknown key \"prot\", expected one of \"host\", \"port\", \"password\" (did you mean \"port\"?)"
        );
        assert_eq!(
            fails(&Toml::<App>::new(), "\n[server]\n"),
            "app:2:1: server: missing key \"port\""
        );
    }

    #[test]
    fn empty_content_is_an_empty_table() {
        assert_eq!(
            fails(&Toml::<App>::new(), ""),
            "app:1:1: missing key \"server\""
        );
    }

    #[test]
    fn p18_secret_is_not_shown() {
        let text = "[server]\nport = 1\npassword = 'hunter2'";
        assert_eq!(
            fails(&Toml::<App>::new(), text),
            "app:3:12: server.password: expected u16, found a string (not shown)"
        );
    }

    #[test]
    fn p18_secret_of_a_corrupted_text_is_not_shown() {
        never_shows_the_secret(
            &Toml::<App>::new(),
            "ports = [1]\n[server]\nhost = 'a'\nport = 1\npassword = 'hunter2'\n",
        );
    }
}
