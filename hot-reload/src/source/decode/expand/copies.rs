//! Finds copies of a secret in an error.

use std::ops::Range;

use crate::error::joined;
use crate::secret::{HIDDEN, is_switch, spellings};

/// A copy with fewer characters must be a whole word, because it may occur in other words by chance.
const LEAST: usize = 4;

/// The places of a secret in a message, in any spelling, and of each of its lines.
pub(super) fn copies(message: &str, secret: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut search = |copy: &str| {
        let found = message.match_indices(copy);
        let found = found.map(|(at, copy)| at..at + copy.len());
        places.extend(found.filter(|place| is_copy(message, place)));
    };
    let lines = secret.split(['\n', '\r']).map(str::trim);
    lines.for_each(&mut search);
    spellings(secret).for_each(|copy| search(&copy));
    // No escaped text is shorter than the text.
    if secret.len() <= message.len() {
        search(&secret.escape_debug().to_string());
    }
    // Errors are one line.
    search(&joined(secret));
    let hidden: Vec<_> = message.match_indices(HIDDEN).map(|(at, _)| at).collect();
    let is_hidden = |place: &Range<usize>| {
        let around = |at: &usize| *at <= place.start && place.end <= at + HIDDEN.len();
        hidden.iter().any(around)
    };
    places.retain(|place| !is_hidden(place));
    places
}

/// Whether the text at this place may be a copy, rather than a word of the message.
fn is_copy(message: &str, place: &Range<usize>) -> bool {
    let copy = &message[place.clone()];
    if is_switch(copy) {
        return false;
    }
    let around = [
        message[..place.start].chars().next_back(),
        message[place.end..].chars().next(),
    ];
    let is_part = around.into_iter().flatten().any(char::is_alphanumeric);
    match copy.chars().count() {
        0 | 1 => false,
        2..LEAST => !is_part && !copy.chars().all(char::is_lowercase),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::redact_ranges;

    #[test]
    fn p18_copy_in_another_spelling_is_hidden() {
        for (secret, message, shown) in [
            ("tulip", "bad tulips", "bad (not shown)s"),
            (
                "042",
                "bad pin 042, not 1042",
                "bad pin (not shown), not 1042",
            ),
            ("007345 ", "bad pin 7345", "bad pin (not shown)"),
            ("1.50", "bad rate 1.5", "bad rate (not shown)"),
            ("rose,tulip", "bad tag tulip", "bad tag (not shown)"),
            ("a1\nb2", "bad lines a1; b2.", "bad lines (not shown)."),
            ("a\nb\n", "bad lines a; b.", "bad lines (not shown)."),
            ("a1\nb2", "bad line b2", "bad line (not shown)"),
            ("a\"b", "bad text \"a\\\"b\"", "bad text \"(not shown)\""),
            ("shown", "bad text (not shown)", "bad text (not shown)"),
            ("true", "expected true or false", "expected true or false"),
            ("a", "expected a text", "expected a text"),
            ("", "expected a text", "expected a text"),
        ] {
            assert_eq!(redact_ranges(message, copies(message, secret)), shown);
        }
    }
}
