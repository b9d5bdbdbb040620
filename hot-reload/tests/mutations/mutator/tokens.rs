//! Splits a configuration into tokens, and finds keys and values among them.

use std::ops::Range;

/// Words, runs of blanks, line ends, and every other byte on its own.
pub(super) fn tokens(bytes: &[u8]) -> Vec<&[u8]> {
    let class = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | 0x80.. => 1,
        b' ' | b'\t' => 2,
        _ => 0,
    };
    bytes
        .chunk_by(|a, b| class(*a) != 0 && class(*a) == class(*b))
        .collect()
}

pub(super) fn is_visible(token: &[u8]) -> bool {
    !token[0].is_ascii_whitespace()
}

pub(super) fn is_quote(token: &[u8]) -> bool {
    matches!(token[0], b'"' | b'\'')
}

pub(super) fn is_bracket(token: &[u8]) -> bool {
    matches!(token[0], b'[' | b']' | b'{' | b'}')
}

/// Runs of tokens that look like scalars: after `:`, `=`, `-`, `,` or `[`, up to the end of the line or the next `,`.
pub(super) fn values(tokens: &[&[u8]]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for at in 1..tokens.len() {
        let blank = |token: &&[u8]| matches!(token[0], b' ' | b'\t');
        let Some(before) = tokens[..at].iter().rev().find(|token| !blank(token)) else {
            continue;
        };
        let is_value = matches!(before[0], b':' | b'=' | b'-' | b',' | b'[');
        if !is_value || blank(&tokens[at]) || !is_visible(tokens[at]) || is_bracket(tokens[at]) {
            continue;
        }
        let quote = is_quote(tokens[at]).then(|| tokens[at][0]);
        let rest = &tokens[at + 1..];
        let length = match quote {
            Some(quote) => rest
                .iter()
                .position(|token| token[0] == quote)
                .map_or(0, |end| end + 1),
            None => rest
                .iter()
                .position(|token| matches!(token[0], b',' | b'\n' | b'\r' | b']' | b'}' | b'#'))
                .unwrap_or(rest.len()),
        };
        found.push(at..at + 1 + length);
    }
    found
}

/// Words in front of `:` or `=`.
pub(super) fn keys(tokens: &[&[u8]]) -> Vec<Range<usize>> {
    (0..tokens.len())
        .filter(|at| tokens[*at][0].is_ascii_alphabetic())
        .filter(|at| {
            let mut rest = tokens[at + 1..]
                .iter()
                .filter(|token| !matches!(token[0], b' ' | b'\t' | b'"'));
            rest.next()
                .is_some_and(|token| matches!(token[0], b':' | b'='))
        })
        .map(|at| at..at + 1)
        .collect()
}
