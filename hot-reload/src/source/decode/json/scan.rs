//! Finds the cause of a JSON syntax error.
//!
//! It scans the text again after the decoder has failed. The decoder stops at the first character that it cannot use, which
//! may be on a line after the mistake.

use super::number::fault;
use crate::source::decode::place::{Mistake, lines};

/// The nesting depth that the decoder allows.
const DEPTH: usize = 127;
const QUOTE: &str = "this quote is not closed in its line";

/// The tokens that may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// The first item of a list, or its end.
    Item,
    /// The first key of a table, or its end.
    Entry,
    /// A key after a comma.
    Key,
    Colon,
    /// A comma, or the end of the table or list.
    Comma,
    End,
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    next: Next,
    /// The offsets of the open brackets.
    open: Vec<usize>,
    /// The end of the last token, and whether it was a text in quotes.
    last: (usize, bool),
}

/// The first mistake in the syntax, if there is one.
pub(super) fn scan(text: &str) -> Option<Mistake> {
    if let Some(conflict) = lines::merge_conflict(text) {
        return Some(Mistake::new(conflict, lines::CONFLICT));
    }
    let mut scan = Scan {
        text,
        at: 0,
        next: Next::Value,
        open: Vec::new(),
        last: (0, false),
    };
    loop {
        scan.at += text[scan.at..]
            .bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
        let Some(sign) = text[scan.at..].chars().next() else {
            return scan.end();
        };
        if let Err(mistake) = scan.step(sign) {
            return Some(mistake);
        }
    }
}

/// The mistake of a valid text that is nested deeper than the decoder allows.
pub(super) fn too_deep(text: &str) -> Option<Mistake> {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return scan(text);
        }
    }
    None
}

impl Scan<'_> {
    fn step(&mut self, sign: char) -> Result<(), Mistake> {
        match (self.next, sign) {
            (_, '/' | '#') => Err(self.here("JSON has no comments; remove this one")),
            (Next::Colon, ':') => self.take(1, Next::Value, false),
            (Next::Colon, _) => Err(self.behind_key(sign)),
            (Next::Comma, ',') => {
                let is_list = self.is_list();
                self.take(1, if is_list { Next::Value } else { Next::Key }, false)
            }
            (Next::Comma | Next::Item, ']') | (Next::Comma | Next::Entry, '}') => self.close(sign),
            (Next::Comma, _) => Err(self.no_comma(sign)),
            (Next::Entry | Next::Key, '"') => {
                self.text()?;
                self.next = Next::Colon;
                Ok(())
            }
            (Next::Entry | Next::Key, _) => Err(self.no_key(sign)),
            (Next::End, _) => Err(self.here("text after the end of the document")),
            (Next::Value | Next::Item, '{' | '[') => {
                if self.open.len() == DEPTH {
                    return Err(Mistake::new(
                        self.at,
                        format!("tables and lists are nested deeper than {DEPTH} levels"),
                    ));
                }
                self.open.push(self.at);
                let next = if sign == '{' { Next::Entry } else { Next::Item };
                self.take(1, next, false)
            }
            (Next::Value | Next::Item, '"') => {
                self.text()?;
                self.value_ends();
                Ok(())
            }
            (Next::Value | Next::Item, _) => self.word(sign),
        }
    }

    /// The mistake in a text that ends too early.
    fn end(&self) -> Option<Mistake> {
        if self.text.trim().is_empty() {
            return Some(Mistake::new(0, "the document is empty"));
        }
        let open = self.open.last()?;
        let bracket = &self.text[*open..=*open];
        Some(Mistake::new(
            *open,
            format!("this '{bracket}' is not closed"),
        ))
    }

    fn here(&self, words: &str) -> Mistake {
        Mistake::new(self.at, words)
    }

    fn is_list(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| self.text.as_bytes()[*open] == b'[')
    }

    fn take(&mut self, length: usize, next: Next, is_text: bool) -> Result<(), Mistake> {
        self.at += length;
        self.next = next;
        self.last = (self.at, is_text);
        Ok(())
    }

    fn value_ends(&mut self) {
        self.next = match self.open.is_empty() {
            true => Next::End,
            false => Next::Comma,
        };
    }

    fn close(&mut self, sign: char) -> Result<(), Mistake> {
        let Some(open) = self.open.pop() else {
            return Err(self.here("this bracket closes nothing"));
        };
        let bracket = char::from(self.text.as_bytes()[open]);
        if !matches!((bracket, sign), ('[', ']') | ('{', '}')) {
            self.open.push(open);
            return Err(self.mismatch(sign));
        }
        self.take(1, Next::End, false)?;
        self.value_ends();
        Ok(())
    }

    /// The mistake of a bracket that does not match the innermost one. If it matches an outer one, the innermost is unclosed.
    fn mismatch(&self, sign: char) -> Mistake {
        let bracket = |open: &usize| char::from(self.text.as_bytes()[*open]);
        let opening = if sign == ']' { '[' } else { '{' };
        match self.open.as_slice() {
            [around @ .., open] if around.iter().any(|open| bracket(open) == opening) => {
                Mistake::new(*open, format!("this '{}' is not closed", bracket(open)))
            }
            [.., open] => Mistake::new(
                self.at,
                format!("found '{sign}', but a '{}' is open", bracket(open)),
            ),
            [] => self.here("this bracket closes nothing"),
        }
    }

    /// A text in quotes.
    fn text(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at) {
                Some(b'"') => return self.take(at + 1 - start, Next::Comma, true),
                None | Some(b'\n' | b'\r') => return Err(Mistake::new(start, QUOTE)),
                Some(b'\\') => at += self.escape(at)?,
                Some(0..0x20) => {
                    return Err(Mistake::new(
                        at,
                        format!(
                            "found a control character in a text; write it as \\u{:04x}",
                            bytes[at]
                        ),
                    ));
                }
                Some(_) => at += 1,
            }
        }
    }

    /// The length of the escape that begins here.
    fn escape(&self, at: usize) -> Result<usize, Mistake> {
        const UNKNOWN: &str = "unknown escape in this text; write a backslash as \\\\";
        const HALF: &str = "half of a character escape; write both \\u parts of it";
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex
                .then(|| u16::from_str_radix(digits, 16).ok())
                .flatten()
        };
        match self.text.as_bytes().get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
            Some(b'u') => match unit(at) {
                None => Err(Mistake::new(
                    at,
                    "expected four hexadecimal digits after \\u",
                )),
                Some(0xd800..0xdc00) => match unit(at + 6) {
                    Some(0xdc00..0xe000) => Ok(12),
                    _ => Err(Mistake::new(at, HALF)),
                },
                Some(0xdc00..0xe000) => Err(Mistake::new(at, HALF)),
                Some(_) => Ok(6),
            },
            _ => Err(Mistake::new(at, UNKNOWN)),
        }
    }

    /// A number, or one of the three names.
    fn word(&mut self, sign: char) -> Result<(), Mistake> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| c.is_whitespace() || ",:[]{}\"'".contains(c))
            .unwrap_or(rest.len());
        let word = &rest[..length];
        let words = match word {
            "true" | "false" | "null" => {
                self.take(length, Next::Comma, false)?;
                self.value_ends();
                return Ok(());
            }
            _ if sign == ',' => "found a ',' too many",
            "" if matches!(sign, ']' | '}') && self.text[..self.last.0].ends_with(',') => {
                let comma = self.last.0 - 1;
                return Err(Mistake::new(
                    comma,
                    "found a ',' in front of a closing bracket; remove it",
                ));
            }
            "" if sign == '\'' => "use double quotes; JSON knows no others",
            "" if matches!(sign, ']' | '}') && self.open.is_empty() => {
                "this bracket closes nothing"
            }
            "" => "expected a value",
            "yes" | "no" | "on" | "off" => "expected true or false; a text needs quotes",
            "True" | "TRUE" | "False" | "FALSE" => "expected true or false, in small letters",
            "None" | "nil" | "undefined" | "Null" | "NULL" => "expected null, in small letters",
            "NaN" | "nan" | "Infinity" | "-Infinity" | "inf" | "-inf" => {
                "JSON has no number for this; write null or a text"
            }
            word if word.starts_with(['“', '”', '„', '‘', '’', '«']) => {
                "found a typographic quote; use \""
            }
            number if number.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                match fault(number) {
                    None => {
                        self.take(length, Next::Comma, false)?;
                        self.value_ends();
                        return Ok(());
                    }
                    Some(words) => words,
                }
            }
            _ if self.open.is_empty() => "this is not JSON; expected '{' or '['",
            _ => "a text needs quotes",
        };
        Err(self.here(words))
    }

    /// The mistake of anything but `:` after a key.
    fn behind_key(&self, sign: char) -> Mistake {
        let (end, _) = self.last;
        match sign {
            '=' => self.here("found '=', but JSON writes \"key\": value"),
            ',' | '}' => Mistake::new(end, "expected ':' and a value after this key"),
            c if c.is_alphanumeric() && end == self.at => {
                self.here("text after a closing quote; a quote is missing or too many in this line")
            }
            _ => Mistake::new(end, "expected ':' after this key"),
        }
    }

    /// The mistake of anything but a comma or a closing bracket after a value.
    fn no_comma(&self, sign: char) -> Mistake {
        let (end, is_text) = self.last;
        match (sign, self.open.last()) {
            (']' | '}', _) => self.mismatch(sign),
            (':', Some(open)) if self.is_list() && is_text => {
                Mistake::new(*open, "this '[' is not closed")
            }
            (':', _) => self.here("found a ':' too many"),
            (c, _) if is_text && end == self.at && c != '"' => {
                self.here("text after a closing quote; a quote is missing or too many in this line")
            }
            _ => Mistake::new(end, "expected ',' after this value"),
        }
    }

    /// The mistake of anything but a key.
    fn no_key(&self, sign: char) -> Mistake {
        match sign {
            '}' => Mistake::new(
                self.last.0 - 1,
                "found a ',' in front of a closing bracket; remove it",
            ),
            ',' => self.here("found a ',' too many"),
            '\'' => self.here("use double quotes; JSON knows no others"),
            '“' | '”' | '„' => self.here("found a typographic quote; use \""),
            ']' => self.mismatch(sign),
            // This is the next item of the outer list: the table before it is not closed.
            '{' | '[' if self.next == Next::Key => {
                let open = self.open.last().copied().unwrap_or(self.at);
                Mistake::new(open, "this '{' is not closed")
            }
            ':' => self.here("expected a key"),
            c if c.is_alphanumeric() || matches!(c, '_' | '$' | '-') => {
                self.here("a key needs double quotes")
            }
            _ => self.here("expected a key in double quotes"),
        }
    }
}
