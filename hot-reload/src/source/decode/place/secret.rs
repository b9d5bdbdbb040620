//! [`Secrets`]: the secret values and keys of one content, to redact them in errors.

use std::collections::HashSet;
use std::ops::Range;

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
use serde::Deserializer;

use super::super::quoting::Quotes;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
use super::collect::Collect;
use super::found::Found;
use crate::scope::Scope;
use crate::secret::redact_ranges;

/// The fewest characters of a secret that is redacted anywhere in a text.
const LEAST: usize = 4;
/// The fewest characters of a part of a secret that is redacted.
const PART: usize = 8;

/// The values and keys of one content that are or may be secret. Every message about that content redacts them.
///
/// The path of an error is not enough: serde buffers flattened and untagged values, and errors about them have the path of
/// the enclosing table.
#[derive(Debug, Default)]
pub(in super::super) struct Secrets {
    found: Vec<String>,
    /// Usual words below ambiguous keys. Elsewhere they occur by chance.
    words: Vec<String>,
    /// Whether the whole content was read.
    is_whole: bool,
}

impl Secrets {
    /// Collects from any self-describing format.
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    pub(in super::super) fn of<'de, D: Deserializer<'de>>(quotes: &Quotes, content: D) -> Self {
        Self::found_by(quotes, |found, scope| {
            content.deserialize_any(Collect::new(found, scope)).is_ok()
        })
    }

    /// Collects the secrets that `visit` finds. `visit` returns whether it has read the whole content.
    pub(in super::super) fn found_by(
        quotes: &Quotes,
        visit: impl FnOnce(&mut Found, &Scope<'_>) -> bool,
    ) -> Self {
        let mut found = Found::new(quotes.is_off);
        let is_whole = visit(&mut found, &quotes.scope());
        Self {
            found: found.values,
            words: found.words,
            is_whole,
        }
    }

    /// No secrets.
    #[cfg(test)]
    pub(super) fn of_nothing() -> Self {
        Self {
            found: Vec::new(),
            words: Vec::new(),
            is_whole: true,
        }
    }

    /// Whether the whole content was read, so that every other value is known not to be secret.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether this value contains a secret, or a part of one.
    pub(super) fn show_in(&self, value: &str) -> bool {
        let is_same = |secret: &String| secret == value && value.chars().count() >= LEAST;
        self.found.iter().any(is_same) || !self.places(value).is_empty()
    }

    /// Redacts the secrets in a message. If the message is about an ambiguous key, it also redacts the words below such keys.
    pub(super) fn redact(&self, sentence: &str, is_ambiguous: bool) -> String {
        let mut places = self.places(sentence);
        for word in self.words.iter().filter(|_| is_ambiguous) {
            let found = sentence.match_indices(word.as_str());
            let found = found.map(|(at, word)| at..at + word.len());
            places.extend(found.filter(|place| is_word(sentence, place)));
        }
        redact_ranges(sentence, places).into_owned()
    }

    /// The ranges of secrets in a text: whole words, and long parts with the word around them.
    ///
    /// The cost is one pass over the secrets and a few passes over the text, for any number of secrets.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let parts: HashSet<&str> = windows(text, PART).collect();
        let words: HashSet<&str> = (LEAST..PART)
            .flat_map(|count| windows(text, count))
            .collect();
        let mut places = Vec::new();
        if words.is_empty() {
            return places;
        }
        let mut shared: HashSet<&str> = HashSet::new();
        let mut same: HashSet<&str> = HashSet::new();
        for secret in &self.found {
            let escaped = secret.escape_debug().to_string();
            for form in [secret, &escaped] {
                // Only a word that shares a part with a secret can be one.
                if !parts.is_empty() {
                    shared.extend(windows(form, PART).filter_map(|part| parts.get(part).copied()));
                }
                if is_searched(form) {
                    same.extend(words.get(form.as_str()).copied());
                }
            }
        }
        for word in same {
            let found = text.match_indices(word);
            let found = found.map(|(at, word)| at..at + word.len());
            places.extend(found.filter(|place| is_word(text, place)));
        }
        let mut done = 0;
        for (at, part) in windows_at(text, PART) {
            if at + part.len() > done && shared.contains(part) {
                let place = around(text, at..at + part.len());
                done = place.end;
                places.push(place);
            }
        }
        places
    }
}

/// Whether to search messages for this value. Short words of a language occur in them by chance.
fn is_searched(value: &str) -> bool {
    let count = value.chars().count();
    let is_word = value.chars().all(char::is_lowercase);
    count >= PART || (count >= LEAST && !is_word)
}

/// All parts of a text with this number of characters.
fn windows(text: &str, count: usize) -> impl Iterator<Item = &str> {
    windows_at(text, count).map(|(_, part)| part)
}

fn windows_at(text: &str, count: usize) -> impl Iterator<Item = (usize, &str)> {
    let starts = text.char_indices().map(|(at, _)| at);
    let ends = text.char_indices().map(|(at, _)| at).skip(count);
    let ends = ends.chain([text.len()]);
    let is_long = text.chars().nth(count - 1).is_some();
    let windows = starts
        .zip(ends)
        .map(|(start, end)| (start, &text[start..end]));
    windows.filter(move |_| is_long)
}

/// Whether this range is a whole word: no letter or digit right before or after it.
fn is_word(text: &str, place: &Range<usize>) -> bool {
    let before = text[..place.start].chars().next_back();
    let behind = text[place.end..].chars().next();
    ![before, behind]
        .iter()
        .flatten()
        .any(|letter| letter.is_alphanumeric())
}

/// Extends the range to the whole word around it.
fn around(text: &str, place: Range<usize>) -> Range<usize> {
    let ends = |letter: char| letter.is_whitespace() || "\"'`".contains(letter);
    let start = text[..place.start].rfind(ends);
    let start = start.map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let end = text[place.end..]
        .find(ends)
        .map_or(text.len(), |at| place.end + at);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred thousand secrets that all occur throughout the sentence.
    #[test]
    fn many_secrets_are_searched_in_one_pass() {
        let secrets = Secrets {
            found: vec!["pw=pw=pw=".to_owned(); 100_000],
            words: Vec::new(),
            is_whole: true,
        };
        let sentence = format!("got {}, and no more", "pw=".repeat(1_000));
        assert_eq!(
            secrets.redact(&sentence, false),
            "got (not shown) and no more"
        );
    }
}
