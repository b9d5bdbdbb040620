//! [`Yaml`]: values from YAML.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned};
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter};

use super::Decode;
use super::place::{self, Fault};
use crate::error::Error;

/// Decodes YAML, one document.
///
/// An error is one line: `app.yaml:4:9: server.port: expected u16, found "80a"`.
///
/// ```
/// use hot_reload::source::{Decode, Yaml};
///
/// let ports = Yaml::<Vec<u16>>::new();
/// assert_eq!(ports.decode(b"- 80\n- 443\n", "ports.yaml").unwrap(), [80, 443]);
/// let error = ports.decode(b"- 80\n- many\n", "ports.yaml").unwrap_err();
/// assert_eq!(error.to_string(), "ports.yaml:2:3: [1]: expected u16, found \"many\"");
/// ```
pub struct Yaml<T>(PhantomData<fn() -> T>);

impl<T> Yaml<T> {
    /// A decoder of YAML into `T`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Decode for Yaml<T> {
    type Value = T;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<T, Error> {
        let text = place::text(bytes, name)?;
        let mut path = None;
        let decoded = serde_saphyr::with_deserializer_from_str(text, |yaml| {
            serde_path_to_error::deserialize(yaml).map_err(|tracked| {
                path = Some(tracked.path().clone());
                tracked.into_inner()
            })
        });
        decoded.map_err(|error| {
            let error = error.without_snippet();
            let secrets = serde_saphyr::with_deserializer_from_str(text, |yaml| {
                Deserialize::deserialize(yaml)
            });
            Fault {
                name,
                place: error.location().map(|place| (place.line(), place.column())),
                path: path.as_ref(),
                message: &sentence(error, text),
                secrets: secrets.ok(),
            }
            .into_error()
        })
    }
}

/// The parser's words, in serde's form. About a wrong scalar the parser does not say which it was, so that is added.
fn sentence(error: &serde_saphyr::Error, text: &str) -> String {
    use serde_saphyr::Error;
    match error {
        Error::InvalidScalar { ty, location } => {
            let (start, length) = (
                location.span().offset() as usize,
                location.span().len() as usize,
            );
            let scalar: String = text.chars().skip(start).take(length).collect();
            format!(
                "invalid type: string {:?}, expected {ty}",
                scalar.trim_matches(['"', '\''])
            )
        }
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            format!("unknown field `{field}`, expected {}", names(expected))
        }
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            format!("unknown variant `{variant}`, expected {}", names(expected))
        }
        other => DefaultMessageFormatter.format_message(other).into_owned(),
    }
}

fn names(expected: &[&str]) -> String {
    expected
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl<T> Default for Yaml<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Yaml<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Yaml<T> {}

impl<T> fmt::Debug for Yaml<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Yaml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::place::tests::{App, fails, never_shows_the_secret, same_for_all};

    #[test]
    fn keeps_what_every_decoder_keeps() {
        same_for_all(&Yaml::<App>::new(), "server:\n  host: a\n  port: 1\n");
    }

    #[test]
    fn says_where_the_syntax_is_wrong() {
        let text = "server:\n  port: 1\n  host: \"a\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:3:9: server: unclosed quote"
        );
    }

    #[test]
    fn says_where_a_type_is_wrong() {
        let text = "server:\n  host: é\n  port: 80a\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:3:9: server.port: expected u16, found \"80a\""
        );
        let text = "ports: [1, é, x]\nserver: {port: 1}\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:1:12: ports[1]: expected u16, found \"é\""
        );
    }

    #[test]
    fn names_unknown_and_missing_keys() {
        assert_eq!(
            fails(&Yaml::<App>::new(), "server:\n  prot: 1\n"),
            "app:2:3: server: unknown key \"prot\", expected one of \"host\", \"port\", \"password\" (did you mean \"port\"?)"
        );
        assert_eq!(
            fails(&Yaml::<App>::new(), "server: {}"),
            "app:1:9: server: missing key \"port\""
        );
    }

    #[test]
    fn an_empty_content_has_no_keys() {
        assert_eq!(
            fails(&Yaml::<App>::new(), ""),
            "app:1:1: unexpected end of input"
        );
    }

    #[test]
    fn p18_shows_no_secret() {
        let text = "server:\n  port: 1\n  password: hunter2\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:3:13: server.password: expected u16, found a string (not shown)"
        );
    }

    #[test]
    fn shows_no_secret_of_a_spoiled_text() {
        never_shows_the_secret(
            &Yaml::<App>::new(),
            "server:\n  host: a\n  port: 1\n  password: hunter2\nports: [1]\n",
        );
    }
}
