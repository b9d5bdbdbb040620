//! The first pass over a TOML text: bounds its depth, and finds unclosed quotes and brackets.
//!
//! The parser bounds nested brackets and the parts of a key separately, so that together they could overflow the stack.
//! This pass bounds their sum before the parser runs.

use crate::source::decode::place::{Mistake, lines};

/// The greatest depth, the parser's own bound for each kind of nesting.
pub(super) const DEPTH: usize = 80;

pub(super) const QUOTE: &str = "this quote is not closed in its line";
pub(super) const QUOTES: &str = "these three quotes are not closed";

/// An open bracket, or the statement around the brackets.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The offset of the bracket.
    at: usize,
    is_list: bool,
    /// The number of dots in the current key.
    dots: usize,
    in_value: bool,
}

/// The state of the pass at an offset.
#[derive(Default)]
pub(super) struct Scan {
    header: usize,
    in_header: bool,
    levels: Vec<Level>,
    /// The last text in quotes.
    pub(super) quoted: Option<(usize, usize)>,
    /// The first quote that is not closed.
    pub(super) unclosed: Option<Mistake>,
}

/// Reads the text up to this offset.
///
/// # Errors
///
/// The place where tables and lists are nested too deep.
pub(super) fn scan(text: &str, until: usize) -> Result<Scan, Mistake> {
    let bytes = text.as_bytes();
    let mut scan = Scan {
        levels: vec![Level::default()],
        ..Scan::default()
    };
    let mut at = 0;
    while at < until.min(bytes.len()) {
        at = match bytes[at] {
            b'#' => line_end(text, at),
            quote @ (b'"' | b'\'') if !follows_word(bytes, at) => scan.text(text, at, quote),
            byte => {
                scan.sign(text, at, byte);
                at + 1
            }
        };
        if matches!(bytes[at - 1], b'.' | b'[' | b'{') && scan.depth() > DEPTH {
            return Err(Mistake::new(
                at - 1,
                format!("tables and lists are nested deeper than {DEPTH} levels"),
            ));
        }
    }
    Ok(scan)
}

impl Scan {
    /// The innermost bracket that is open.
    pub(super) fn bracket(&self) -> Option<usize> {
        self.levels[1..].last().map(|level| level.at)
    }

    /// An upper bound for the depth of the next value.
    fn depth(&self) -> usize {
        let inner: usize = self.levels[1..].iter().map(|level| 1 + level.dots).sum();
        self.header + self.levels[0].dots + inner
    }

    /// A text in quotes that begins here; its end.
    fn text(&mut self, text: &str, start: usize, quote: u8) -> usize {
        let bytes = text.as_bytes();
        let is_long = bytes[start..].starts_with(&[quote; 3]);
        let width = if is_long { 3 } else { 1 };
        let mut at = start + width;
        loop {
            match bytes.get(at) {
                Some(b'\\') if quote == b'"' => at += 2,
                Some(byte) if *byte == quote && !is_long => break,
                Some(byte) if *byte == quote && bytes[at..].starts_with(&[quote; 3]) => {
                    // Up to two more quotes belong to the text.
                    while bytes.get(at + 3) == Some(&quote) {
                        at += 1;
                    }
                    break;
                }
                None | Some(b'\n') if !is_long || at >= bytes.len() => {
                    let words = if is_long { QUOTES } else { QUOTE };
                    self.unclosed
                        .get_or_insert_with(|| Mistake::new(start, words));
                    return at.min(bytes.len());
                }
                _ => at += 1,
            }
        }
        self.quoted = Some((start, at + width));
        at + width
    }

    fn sign(&mut self, text: &str, at: usize, byte: u8) {
        let is_statement = self.levels.len() == 1;
        let Some(level) = self.levels.last_mut() else {
            return;
        };
        match byte {
            b'\n' if is_statement => {
                *level = Level::default();
                self.in_header = false;
            }
            _ if self.in_header => {}
            b'[' if is_statement && text[lines::line_start(text, at)..at].trim().is_empty() => {
                let name = lines::line_of(text, at).trim_start();
                let is_list = name.starts_with("[[");
                let name = name
                    .trim_start_matches('[')
                    .split(']')
                    .next()
                    .unwrap_or_default();
                self.header = name.matches('.').count() + 1 + usize::from(is_list);
                self.in_header = true;
            }
            b'[' | b'{' if level.in_value => self.levels.push(Level {
                at,
                is_list: byte == b'[',
                in_value: byte == b'[',
                ..Level::default()
            }),
            b']' | b'}' if !is_statement => {
                self.levels.pop();
            }
            b'.' if !level.in_value => level.dots += 1,
            b'=' => level.in_value = true,
            b',' if !is_statement && !level.is_list => {
                level.dots = 0;
                level.in_value = false;
            }
            _ => {}
        }
    }
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |length| at + length)
}

/// Whether a quote follows a bare word, as in `it's`.
fn follows_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] >= 0x80)
}
