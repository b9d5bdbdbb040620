//! A text without the secrets in it.

use std::borrow::Cow;
use std::ops::Range;

use super::shapes::{Text, find, merge};

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "(not shown)";

/// A sentence without what looks like a secret. Cutting it again changes nothing.
pub(crate) fn cut(sentence: &str) -> Cow<'_, str> {
    remove(sentence, &find(sentence, Text::Sentence))
}

/// The name of a source, a path or a URL, without credentials.
pub(crate) fn cut_name(name: &str) -> Cow<'_, str> {
    remove(name, &find(name, Text::Name))
}

/// A text without these parts of it.
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(crate) fn cut_ranges(text: &str, ranges: Vec<Range<usize>>) -> Cow<'_, str> {
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
