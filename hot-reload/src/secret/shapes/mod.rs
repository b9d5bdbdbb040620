//! Detects secrets by their form, anywhere in a text.
//!
//! - `marked`: PEM blocks, and tokens with a prefix of their issuer;
//! - `address`: credentials in a URL, in its query, or before an `@`;
//! - `cards`: numbers of payment cards;
//! - `commands`: credentials in command lines;
//! - `named`: `password=…`, `"token": "…"`, `Bearer …`;
//! - `words`: the words of a text;
//! - random text, with the rules of [`entropy`](super::entropy).

mod address;
mod cards;
mod commands;
mod marked;
mod named;
mod words;

use std::ops::Range;

pub(super) use self::words::Text;
use self::words::{place, tokens};
use super::entropy::is_random;
use super::names::names_identifier;
use super::plain::{is_identifier, is_number, is_path};

/// Finds the secrets in this text. The ranges are ordered and do not overlap.
pub(super) fn find(text: &str, kind: Text) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    marked::blocks(text, &mut found);
    marked::prefixed(text, &mut found);
    named::pairs(text, kind, &mut found);
    named::schemes(text, kind, &mut found);
    address::in_urls(text, &mut found);
    address::in_queries(text, &mut found);
    cards::cards(text, &mut found);
    commands::flags(text, kind, &mut found);
    for token in tokens(text) {
        address::before_at(text, token.clone(), &mut found);
        if kind != Text::Name {
            random(text, token, &mut found);
        }
    }
    merge(found)
}

/// Sorts the ranges, and joins those that overlap or touch.
pub(super) fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Finds random text in a word.
fn random(text: &str, token: Range<usize>, found: &mut Vec<Range<usize>>) {
    let word = &text[token];
    if is_path(word) || is_number(word) {
        return;
    }
    let is_url = word.contains("://");
    let parts =
        word.split(|letter: char| !letter.is_ascii_alphanumeric() && !"+/_-".contains(letter));
    for part in parts {
        let range = place(text, part);
        if is_digest(text, range.clone()) || (is_identifier(part) && names_it(text, range.start)) {
            continue;
        }
        let steps = part.split('/').filter(|step| is_random(step));
        if is_url {
            // The rest of an address stays readable. A segment between slashes is redacted as a whole.
            found.extend(steps.map(|step| place(text, step)));
        } else if steps.count() > 0 || is_random(part) {
            // Text next to random text is probably random, too.
            found.push(place(text, part));
        }
    }
}

/// The most bytes between the beginning of a name and its value.
const NAME: usize = 64;

/// Whether the words before this offset name an identifier: `commit 9f86d08…`, `trace_id=…`.
fn names_it(text: &str, at: usize) -> bool {
    let from = (at.saturating_sub(NAME)..=at).find(|from| text.is_char_boundary(*from));
    let before = text[from.unwrap_or(at)..at].trim_end_matches([' ', '"', '\'', '`', '=', ':']);
    let is_part = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
    let last = before
        .rsplit(|letter| !is_part(letter))
        .next()
        .unwrap_or("");
    // For `session id`, the word before decides too.
    let rest = before[..before.len() - last.len()].trim_end_matches(' ');
    let other = rest.rsplit(|letter| !is_part(letter)).next().unwrap_or("");
    names_identifier(&format!("{other} {last}"))
}

/// Whether this range is the digest of a file or an image: `sha256:` and 64 hexadecimal digits.
fn is_digest(text: &str, range: Range<usize>) -> bool {
    let digits = &text[range.clone()];
    let names = [("sha256:", 64), ("sha384:", 96), ("sha512:", 128)];
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        && names
            .iter()
            .any(|(name, count)| text[..range.start].ends_with(name) && digits.len() == *count)
}

#[cfg(test)]
mod tests;
