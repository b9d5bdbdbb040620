//! Finds the cause of a TOML syntax error.

use std::ops::Range;

use super::scan::DEPTH;
use super::scan::{self, Scan};
use crate::source::decode::place::{Mistake, lines};

/// The mistake that caused this error of the parser.
pub(super) fn syntax(message: &str, span: Range<usize>, text: &str) -> Mistake {
    if let Some(at) = lines::merge_conflict(text) {
        return Mistake::new(at, lines::CONFLICT);
    }
    let at = span.start.min(text.len());
    let scan = scan::scan(text, at).unwrap_or_default();
    let whole = scan::scan(text, text.len()).unwrap_or_default();
    if let Some(unclosed) = whole.unclosed.filter(|unclosed| unclosed.offset() <= at) {
        return unclosed;
    }
    let value = text.get(span).unwrap_or_default();
    let (head, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let here = |words: &str| Mistake::new(at, words);
    let behind = |words: &str| match text[..at].trim_end() {
        before if before.len() < lines::line_start(text, at) => Mistake::new(before.len(), words),
        _ => here(words),
    };
    match head {
        "missing comma between array elements" => {
            runs_on(text, &scan, at).unwrap_or_else(|| behind("expected ',' after this item"))
        }
        "missing comma between key-value pairs" | "extra assignment between key-value pairs" => {
            runs_on(text, &scan, at).unwrap_or_else(|| behind("expected ',' after this entry"))
        }
        "unclosed array" | "unclosed inline table" => unclosed(text, &scan, at),
        "unclosed table" => here("expected ']' after the name of the table"),
        "unclosed array table" => here("expected ']]' after the name of the list of tables"),
        "unexpected key or value" => behind_value(text, &scan, at),
        "key with no value" => no_value(text, at),
        "missing value for key" | "missing value" => here("expected a value after '='"),
        "missing assignment between key-value pairs" if colon(text, at).is_some() => {
            Mistake::new(colon(text, at).unwrap_or(at), COLON)
        }
        "missing assignment between key-value pairs" => here("expected '=' after the key"),
        "string values must be quoted" => here(bare(value)),
        "invalid literal string" | "invalid basic string" if value.is_empty() => {
            here("expected a value after '='")
        }
        "invalid boolean" => here("expected true or false, in small letters"),
        "invalid float" => here(match value {
            "null" | "nil" | "none" | "None" | "Null" | "NULL" => NULL,
            _ => "this is not a number; a text needs quotes",
        }),
        "unquoted keys cannot be empty" | "missing key for inline table element" => {
            runs_on(text, &scan, at).unwrap_or_else(|| here("expected a key"))
        }
        "invalid unquoted key" => {
            here("a key with other signs than A-Z, a-z, 0-9, '-' and '_' needs quotes")
        }
        "unexpected leading zero" => here("a number cannot begin with 0"),
        "`_` may only go between digits" => here("'_' can only stand between digits"),
        "invalid fraction" | "invalid mantissa" | "invalid exponent" => {
            here("expected digits on both sides of '.' and after 'e'")
        }
        "invalid date" | "invalid time" | "invalid datetime" if !expected.is_empty() => {
            Mistake::new(
                at,
                format!("this is not a date or time: expected {expected}"),
            )
        }
        "invalid date" | "invalid time" | "invalid datetime" => here("this is not a date or time"),
        "missing escaped value" | "too few unicode value digits" | "invalid value" => {
            here("unknown escape in this text; write a backslash as \\\\ or use single quotes")
        }
        "extra comma in array" | "extra comma in inline table" => here("found a ',' too many"),
        "extra `=`" => here("found a second '='"),
        "invalid comment character" => here("found a control character in a comment"),
        "carriage return must be followed by newline" => {
            here("found a carriage return without a line feed; end lines with LF or CR LF")
        }
        "missing inline table opening" | "missing array opening" | "missing table open" => {
            here("this bracket closes nothing; remove it or put the value in quotes")
        }
        "invalid key-value pair" => here("expected key = value"),
        "recursion limit" | "cannot recurse further; max recursion depth met" => Mistake::new(
            at,
            format!("tables and lists are nested deeper than {DEPTH} levels"),
        ),
        "redundant numeric sign"
        | "unexpected sign"
        | "radix must be lowercase"
        | "integers with a radix cannot be signed"
        | "redundant integer number prefix" => here("this is not a number; a text needs quotes"),
        _ => here("this is not valid TOML"),
    }
}

const COLON: &str = "found ':', but TOML writes key = value";
const NULL: &str = "TOML has no null; leave the key out";

/// The mistake in a value without quotes.
fn bare(value: &str) -> &'static str {
    match value.trim() {
        "" => "expected a value after '='",
        "yes" | "no" | "on" | "off" | "Yes" | "No" | "On" | "Off" => {
            "expected true or false; a text needs quotes"
        }
        "~" | "None" | "NULL" | "Null" | "undefined" => NULL,
        value if value.starts_with(['“', '”', '„', '‘', '’', '«']) => {
            "found a typographic quote; use \" or '"
        }
        value if value.contains(char::is_control) => "found a control character in a value",
        _ => "a text needs quotes",
    }
}

/// The mistake of a bracket that is still open at the next statement.
fn runs_on(text: &str, scan: &Scan, at: usize) -> Option<Mistake> {
    let open = scan.bracket()?;
    let line = lines::line_of(text, at).trim_start();
    let is_header = line.starts_with('[') && line.trim_end().ends_with(']') && !line.contains(',');
    let is_statement = is_header || line.contains('=') && !line.starts_with('{');
    let is_below = lines::line_start(text, open) < lines::line_start(text, at);
    (is_statement && is_below).then(|| unclosed(text, scan, at))
}

fn unclosed(text: &str, scan: &Scan, at: usize) -> Mistake {
    let open = scan.bracket().unwrap_or(at);
    match text[open..].chars().next() {
        Some(bracket @ ('[' | '{')) => {
            Mistake::new(open, format!("this '{bracket}' is not closed"))
        }
        _ => Mistake::new(at, "expected a closing bracket"),
    }
}

/// The mistake of text after a value. If three closing quotes precede it, they were closed too late.
fn behind_value(text: &str, scan: &Scan, at: usize) -> Mistake {
    let (line, start) = (lines::line_of(text, at), lines::line_start(text, at));
    if let Some((open, end)) = scan.quoted
        && text[end.min(at)..at].trim().is_empty()
        && open < start
    {
        return Mistake::new(open, scan::QUOTES);
    }
    match scan.quoted {
        Some((_, end)) if end == at => Mistake::new(
            at,
            "text after a closing quote; write a quote in a text as \\\" or use the other kind",
        ),
        _ if line.trim_start().starts_with('[') => {
            Mistake::new(at, "text after the name of a table; begin a new line")
        }
        _ => Mistake::new(
            at,
            "text after the value; begin a new line or put the value in quotes",
        ),
    }
}

/// The mistake of a line that begins with a key without `=`.
fn no_value(text: &str, at: usize) -> Mistake {
    let line = lines::line_of(text, at);
    let start = lines::line_start(text, at) + lines::indent_of(text, at);
    match line.trim_start() {
        line if line.starts_with("//") || line.starts_with(';') || line.starts_with("/*") => {
            Mistake::new(start, "a comment begins with '#'")
        }
        line if line.starts_with("---") => Mistake::new(start, "this is YAML, not TOML"),
        _ if let Some(colon) = colon(text, at) => Mistake::new(colon, COLON),
        _ => Mistake::new(start, "expected '=' and a value after this key"),
    }
}

/// The `:` right in front of this place, or here.
fn colon(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end_matches([' ', '\t']);
    match text[at..].starts_with(':') {
        true => Some(at),
        false => before.ends_with(':').then(|| before.len() - 1),
    }
}
