//! Redaction: replaces the secrets in a text by `(not shown)`.

use std::borrow::Cow;
use std::ops::Range;

use super::shapes::{Text, find, merge};

/// The replacement of a secret.
pub(crate) const HIDDEN: &str = "(not shown)";

/// Redacts a sentence. Redacting it again changes nothing.
pub(crate) fn redact(sentence: &str) -> Cow<'_, str> {
    remove(sentence, &find(sentence, Text::Sentence))
}

/// Redacts a sentence, except where it quotes this value.
pub(crate) fn redact_around<'a>(sentence: &'a str, quoted: &str) -> Cow<'a, str> {
    let quotes = sentence.match_indices(quoted);
    let quotes: Vec<_> = quotes.map(|(at, quote)| at..at + quote.len()).collect();
    let mut found = find(sentence, Text::Sentence);
    found.retain(|range| {
        let is_in = |quote: &Range<usize>| quote.start <= range.start && range.end <= quote.end;
        !quotes.iter().any(is_in)
    });
    remove(sentence, &found)
}

/// Redacts the credentials in the name of a source, such as a path or a URL.
pub(crate) fn redact_name(name: &str) -> Cow<'_, str> {
    remove(name, &find(name, Text::Name))
}

/// Redacts these parts of a text.
#[cfg(any(
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
pub(crate) fn redact_ranges(text: &str, ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    remove(text, &merge(ranges))
}

fn remove<'a>(text: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut from = 0;
    for range in ranges {
        shown.push_str(&text[from..range.start]);
        shown.push_str(HIDDEN);
        from = range.end;
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}
