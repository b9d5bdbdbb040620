//! Converts foreign text to one visible line.
//!
//! All texts for operators pass through this module. It escapes line breaks, control characters, escape sequences, invisible
//! characters and those that change the direction of text, as `\n` or `\u{1b}`. So a key, a file name or a message cannot
//! forge a line of the log.

use std::borrow::Cow;

/// The most characters of a text. A validator's message may name several problems.
const MOST: usize = 4_096;

/// Converts a sentence to one line. Joins its lines, because messages of parsers and assertions may have several.
pub(crate) fn one_line(text: Cow<'_, str>) -> String {
    if is_clean(&text) && !text.is_empty() {
        return text.into_owned();
    }
    match joined(&text) {
        line if line.is_empty() => "failed without a reason".to_owned(),
        line => escaped(Cow::Owned(line)),
    }
}

/// Joins the lines of a text, without blank lines and without the blanks around each line.
pub(crate) fn joined(text: &str) -> String {
    let lines = text.split(['\n', '\r']).map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

/// Converts a name or a key to one line. Escapes line breaks, and neither joins nor trims.
pub(crate) fn escaped(text: Cow<'_, str>) -> String {
    if is_clean(&text) {
        return text.into_owned();
    }
    let mut line = String::with_capacity(text.len());
    for (at, sign) in text.chars().enumerate() {
        if at == MOST {
            line.push('…');
            break;
        }
        match is_visible(sign) {
            true => line.push(sign),
            false => line.extend(sign.escape_debug()),
        }
    }
    line
}

fn is_clean(text: &str) -> bool {
    text.len() <= MOST && text.chars().all(is_visible)
}

/// Whether a character is visible and has no other effect.
fn is_visible(sign: char) -> bool {
    match sign {
        ' '..='~' => true,
        _ if sign.is_ascii() => false,
        // Tested after a letter, so that combining accents and vowel signs are not escaped.
        _ => {
            let mut buffer = [b'a'; 5];
            let length = sign.encode_utf8(&mut buffer[1..]).len();
            let pair = str::from_utf8(&buffer[..=length]).unwrap_or_default();
            pair.escape_debug().count() == 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped_and_visible_ones_stay() {
        for (text, line) in [
            ("plain \"text\" with 'quotes' \\ and {}", None),
            ("ünter, 日本語, हिन्दी, cafe\u{301}, 🦀", None),
            ("a\nb\r\tc\0", Some("a\\nb\\r\\tc\\0")),
            (
                "\u{1b}[31mred\u{7f}\u{9b}",
                Some("\\u{1b}[31mred\\u{7f}\\u{9b}"),
            ),
            ("\u{202e}abc\u{2066}", Some("\\u{202e}abc\\u{2066}")),
            (
                "a\u{2028}b\u{200b}c\u{a0}d\u{feff}",
                Some("a\\u{2028}b\\u{200b}c\\u{a0}d\\u{feff}"),
            ),
            ("", None),
        ] {
            assert_eq!(escaped(text.into()), line.unwrap_or(text));
        }
    }

    #[test]
    fn sentence_of_several_lines_becomes_one_line() {
        assert_eq!(one_line("first\n  second\r\n\n".into()), "first; second");
        assert_eq!(
            one_line("first\rsecond\u{1b}".into()),
            "first; second\\u{1b}"
        );
        assert_eq!(one_line("\n".into()), "failed without a reason");
        assert_eq!(one_line("".into()), "failed without a reason");
    }

    #[test]
    fn very_long_text_is_truncated() {
        let line = escaped("é".repeat(100_000).into());
        assert_eq!(line.chars().count(), MOST + 1);
        assert!(line.ends_with('…'));
    }
}
