//! Detects secrets after a name: `password=…`, `"token": "…"`, `Bearer …`.

use std::ops::Range;

use super::super::names::{Level, is_secret_word, level};
use super::super::plain::is_path;
use super::words::{Text, is_delimiter, is_plain_word, place, tokens};

/// Finds values after the name of a secret and `=` or `:`.
pub(super) fn pairs(text: &str, kind: Text, found: &mut Vec<Range<usize>>) {
    // The end of the last value and the next semicolon, so that the text is searched once for any number of names.
    let (mut done, mut semicolon) = (0, 0);
    for (at, sign) in text.match_indices(['=', ':']) {
        if at < done {
            continue;
        }
        let rest = &text[at + 1..];
        if sign == ":" && (rest.starts_with("//") || rest.starts_with(':')) {
            continue;
        }
        let before = text[..at].trim_end_matches([' ', '"', '\'', '`', '\\']);
        let name = before
            .rsplit(|letter: char| !letter.is_alphanumeric() && !"_-".contains(letter))
            .next()
            .unwrap_or("");
        if name.is_empty() || level(Level::Plain, name) != Level::Secret {
            continue;
        }
        let rest = rest.trim_start_matches([' ', '=', '>']);
        let value = match quoted(rest) {
            Some(value) => value,
            None => {
                let start = text.len() - rest.len();
                if sign == "=" && semicolon < start {
                    semicolon = rest.find(';').map_or(text.len(), |end| start + end);
                }
                let list = (sign == "=" && semicolon < text.len()).then(|| semicolon - start);
                let value = bare(rest, list);
                if !is_value(name, value, sign, kind) {
                    continue;
                }
                value
            }
        };
        let value = place(text, value);
        done = value.end;
        found.push(value);
    }
}

/// The content of the quotes at the start of this text. Quotes may be escaped.
pub(super) fn quoted(text: &str) -> Option<&str> {
    let inner = text.trim_start_matches('\\');
    let quote = inner
        .chars()
        .next()
        .filter(|letter| "\"'`".contains(*letter))?;
    let escape = &text[..text.len() - inner.len()];
    let inner = &inner[1..];
    let closing = format!("{escape}{quote}");
    let mut ends = inner.match_indices(&closing).map(|(at, _)| at);
    let end = ends.find(|at| !escape.is_empty() || !inner[..*at].ends_with('\\'));
    Some(&inner[..end.unwrap_or(inner.len())])
}

/// The unquoted value at the start of this text. In a list with semicolons it may contain blanks. `list` is the offset of
/// the next semicolon.
fn bare(text: &str, list: Option<usize>) -> &str {
    if text.starts_with('(') {
        return &text[..0];
    }
    let end = list.or_else(|| text.find(|letter: char| is_delimiter(letter) || letter == '&'));
    &text[..end.unwrap_or(text.len())]
}

/// Whether an unquoted text is a value, and not the next word of a sentence.
fn is_value(name: &str, value: &str, sign: &str, kind: Text) -> bool {
    let is_word = is_plain_word(value);
    let is_number = value.bytes().all(|letter| letter.is_ascii_digit());
    match (kind, sign) {
        (Text::Value, _) => !value.is_empty(),
        (_, "=") => !is_word || !["key", "keys", "KEY"].contains(&name),
        _ => !is_word && !is_number && !is_path(value) && value.len() >= 4,
    }
}

/// Names of authentication schemes, which credentials follow.
const SCHEMES: [&str; 7] = [
    "bearer",
    "basic",
    "digest",
    "negotiate",
    "token",
    "apikey",
    "splunk",
];

/// Words that follow the name of a scheme in ordinary sentences.
const NO_CREDENTIALS: [&str; 11] = [
    "access",
    "auth",
    "authentication",
    "authorization",
    "credential",
    "credentials",
    "header",
    "realm",
    "scheme",
    "token",
    "tokens",
];

/// Finds credentials after a word such as `Bearer`.
pub(super) fn schemes(text: &str, kind: Text, found: &mut Vec<Range<usize>>) {
    let mut before = "";
    for token in tokens(text) {
        let word = &text[token.clone()];
        let name = before
            .rsplit(['=', ':'])
            .find(|name| !name.is_empty())
            .unwrap_or("");
        let scheme = SCHEMES
            .iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme));
        let lower = word.to_lowercase();
        let is_word = is_plain_word(word);
        let follows = scheme.is_some_and(|scheme| match (kind, *scheme) {
            (Text::Value, _) => true,
            (_, "bearer") => {
                let is_usual = NO_CREDENTIALS.contains(&lower.as_str());
                !is_usual && word.len() >= 6 && (!is_word || word.len() >= 8)
            }
            _ => {
                !is_word
                    && word.len() >= 8
                    && word
                        .bytes()
                        .any(|letter| letter.is_ascii_digit() || letter == b'=')
            }
        });
        if follows {
            found.push(token);
        }
        before = word;
    }
    // `password hunter2`, with a forgotten `=` or `:`.
    if kind == Text::Value {
        let names = |word: &str| {
            word.split(|letter: char| !letter.is_alphanumeric())
                .any(|part| is_secret_word(&part.to_lowercase()))
        };
        let mut words = tokens(text).skip_while(|token| !names(&text[token.clone()]));
        if words.next().is_some() {
            found.extend(words);
        }
    }
}
