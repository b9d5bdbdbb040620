//! [`Query`]: the fields of a query, each known and at most once.

use std::str::FromStr;

use axum::http::Uri;
use percent_encoding::percent_decode_str;

use super::refusal::Refusal;

/// The fields of a query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses the query of a request. A field that the endpoint does not have is an error: `?tagret=app` must not reload
    /// everything.
    pub(super) fn of(uri: &Uri, known: &[&str]) -> Result<Self, Refusal> {
        let mut fields = Vec::<(String, String)>::new();
        let query = uri.query().unwrap_or_default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if !known.contains(&&*name) {
                return Err(Refusal::bad_request(match known {
                    [] => format!("unknown field `{name}` in the query; there is none here"),
                    _ => format!(
                        "unknown field `{name}` in the query; known: {}",
                        known.join(", ")
                    ),
                }));
            }
            if fields.iter().any(|(other, _)| *other == name) {
                let message = format!("the field `{name}` is in the query twice");
                return Err(Refusal::bad_request(message));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| &**value)
    }

    pub(super) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, Refusal> {
        let number = |text: &str| {
            text.parse().map_err(|_| {
                Refusal::bad_request(format!("`{name}` must be a number, found {text:?}"))
            })
        };
        self.text(name).map(number).transpose()
    }

    /// Whether a switch is on: `?strict`, `?strict=1` or `?strict=true`.
    pub(super) fn is_on(&self, name: &str) -> Result<bool, Refusal> {
        match self.text(name) {
            None | Some("0" | "false") => Ok(false),
            Some("" | "1" | "true") => Ok(true),
            Some(text) => Err(Refusal::bad_request(format!(
                "`{name}` must be 0 or 1, found {text:?}"
            ))),
        }
    }
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    let decoded = decoded.map_err(|_| Refusal::bad_request("the query is not UTF-8"))?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Query, Refusal> {
        let uri: Uri = format!("/?{query}").parse().unwrap();
        Query::of(&uri, &["target", "limit", "strict"])
    }

    fn error(query: &str) -> String {
        let refused = parse(query).and_then(|query| {
            query.number::<u64>("limit")?;
            query.is_on("strict")
        });
        refused.unwrap_err().to_string()
    }

    #[test]
    fn fields_are_decoded() {
        let query = parse("target=%2Fetc%2Fmy+app.toml&&limit=7&strict").unwrap();
        assert_eq!(query.text("target"), Some("/etc/my app.toml"));
        assert_eq!(query.number::<usize>("limit").unwrap(), Some(7));
        assert!(query.is_on("strict").unwrap());
        assert!(!parse("strict=0").unwrap().is_on("strict").unwrap());
        assert_eq!(parse("").unwrap().text("target"), None);
    }

    #[test]
    fn mistake_is_refused_and_names_the_field() {
        assert_eq!(
            error("tagret=app"),
            "unknown field `tagret` in the query; known: target, limit, strict"
        );
        assert_eq!(
            error("target=a&target=b"),
            "the field `target` is in the query twice"
        );
        assert_eq!(error("limit=-1"), "`limit` must be a number, found \"-1\"");
        assert_eq!(
            error("strict=maybe"),
            "`strict` must be 0 or 1, found \"maybe\""
        );
        assert_eq!(error("target=%ff"), "the query is not UTF-8");
    }
}
