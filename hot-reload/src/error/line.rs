//! Somebody else's text as one line that a terminal, a log and a person can bear.
//!
//! Everything that reaches an operator goes through here: line breaks, control characters, escape sequences, and characters
//! that change the direction of a text or cannot be seen are written out, as `\n` or `\u{1b}`. So nobody forges a line of
//! a log by a key, a file name or a message.

use std::borrow::Cow;

/// How many characters of a text are kept. A message of a validator may name several problems.
const MOST: usize = 4_096;

/// A sentence as one line: its own lines are joined, since parsers and assertions draw pictures.
pub(crate) fn one_line(text: Cow<'_, str>) -> String {
    if is_clean(&text) && !text.is_empty() {
        return text.into_owned();
    }
    let lines = text.split(['\n', '\r']).map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => "failed without a reason".to_owned(),
        false => escaped(Cow::Owned(lines.join("; "))),
    }
}

/// A name or a key as one line: nothing is joined or trimmed, line breaks are written out.
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

/// Whether a character can be seen, takes part in a word, and does nothing else.
fn is_visible(sign: char) -> bool {
    match sign {
        ' '..='~' => true,
        _ if sign.is_ascii() => false,
        // Behind a letter, so that accents and vowel signs are not escaped.
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
    fn what_cannot_be_seen_is_written_out_and_what_can_stays() {
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
    fn a_sentence_of_several_lines_becomes_one() {
        assert_eq!(one_line("first\n  second\r\n\n".into()), "first; second");
        assert_eq!(
            one_line("first\rsecond\u{1b}".into()),
            "first; second\\u{1b}"
        );
        assert_eq!(one_line("\n".into()), "failed without a reason");
        assert_eq!(one_line("".into()), "failed without a reason");
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let line = escaped("é".repeat(100_000).into());
        assert_eq!(line.chars().count(), MOST + 1);
        assert!(line.ends_with('…'));
    }
}
