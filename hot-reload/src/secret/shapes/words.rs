//! Splits a text into words, and defines its kind.

use std::ops::Range;

/// The kind of a text, which decides how strict the detection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Text {
    /// A message of a program, mostly in the program's own words: `token: expected a string` contains no secret.
    Sentence,
    /// One value of a configuration.
    Value,
    /// The name of a source: a path or a URL, in which random text is normal.
    Name,
}

/// Whether a word of a text ends before this character.
pub(super) fn is_delimiter(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "\"'`<>(){}[],;|\\".contains(letter)
}

/// The words of a text, delimited by blanks, quotes and brackets.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let words = text.split(is_delimiter).filter(|word| !word.is_empty());
    words.map(|word| place(text, word))
}

/// The range of this part within the text.
pub(super) fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// Whether this is a word of a language: letters in one case, possibly with a capital first letter.
pub(super) fn is_plain_word(word: &str) -> bool {
    let rest = word.strip_prefix(char::is_uppercase).unwrap_or(word);
    let is_lower = |text: &str| {
        text.chars()
            .all(|letter| letter.is_lowercase() || "-_".contains(letter))
    };
    is_lower(rest) || word.chars().all(char::is_uppercase)
}
