//! Parser for paths and patterns of paths.

use crate::error::{Error, ErrorKind};

/// One step of a path or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Key(String),
    Index(usize),
    /// `*` or `[*]`: any key and any index.
    Any,
}

/// Whether a key with this character needs quotes.
pub(crate) fn is_special(letter: char) -> bool {
    matches!(letter, '.' | '[' | ']' | '"' | '\\') || letter.is_whitespace() || is_hidden(letter)
}

/// Whether a character is invisible: exactly the characters that Rust escapes.
fn is_hidden(letter: char) -> bool {
    letter != '\'' && letter.escape_debug().len() > 1
}

/// Parses a path or a pattern into its steps.
pub(crate) fn parse(text: &str) -> Result<Vec<Wanted>, Error> {
    let mut rest = text;
    let mut steps = Vec::new();
    if text == "." {
        return Ok(steps);
    }
    loop {
        let at = text.len() - rest.len();
        let wrong = |what: &str| {
            let message = format!("{text:?} is not a path: {what} at byte {at}");
            Error::new(ErrorKind::Misconfigured, message)
        };
        rest = if let Some(behind) = rest.strip_prefix('[') {
            let (index, behind) = behind
                .split_once(']')
                .ok_or_else(|| wrong("a bracket that is not closed"))?;
            steps.push(match index {
                "*" => Wanted::Any,
                _ if index.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Wanted::Index(index.parse().map_err(|_| wrong("no index"))?)
                }
                _ => return Err(wrong("no index")),
            });
            behind
        } else if let Some(behind) = rest.strip_prefix('"') {
            let (key, behind) = quoted(behind).map_err(wrong)?;
            steps.push(Wanted::Key(key));
            behind
        } else {
            let end = rest.find(is_special).unwrap_or(rest.len());
            let (key, behind) = rest.split_at(end);
            steps.push(match key {
                "" => return Err(wrong("an empty key")),
                "*" => Wanted::Any,
                key => Wanted::Key(key.to_owned()),
            });
            behind
        };
        // A key must follow a dot. Another bracket may follow a bracket.
        rest = match rest.strip_prefix('.') {
            Some(behind) if !behind.starts_with('[') => behind,
            None if rest.is_empty() => return Ok(steps),
            None if rest.starts_with('[') => rest,
            _ => {
                let at = text.len() - rest.len();
                let message = format!(
                    "{text:?} is not a path: neither `.` and a key nor an index at byte {at}"
                );
                return Err(Error::new(ErrorKind::Misconfigured, message));
            }
        };
    }
}

/// Parses a key up to its closing quote. Returns the key and the text after the quote.
fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut key = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        key.push(match letter {
            '"' => return Ok((key, &text[at + 1..])),
            '\\' => match letters.next().map(|(_, escaped)| escaped) {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('0') => '\0',
                Some('u') => by_number(&mut letters).ok_or("an unknown escape")?,
                Some(same @ ('"' | '\'' | '\\')) => same,
                _ => return Err("an unknown escape"),
            },
            letter => letter,
        });
    }
    Err("a quote that is not closed")
}

/// Parses the number in `{1f600}`.
fn by_number(letters: &mut std::str::CharIndices<'_>) -> Option<char> {
    letters.next().filter(|(_, letter)| *letter == '{')?;
    let mut number = 0_u32;
    for (_, letter) in letters {
        match letter.to_digit(16) {
            Some(digit) => number = number.checked_mul(16)?.checked_add(digit)?,
            None => return (letter == '}').then(|| char::from_u32(number)).flatten(),
        }
    }
    None
}
