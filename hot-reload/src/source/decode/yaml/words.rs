//! Finds the cause of a YAML syntax error.
//!
//! The parser stops where it cannot continue, which may be several lines after the mistake: an unclosed quote or bracket
//! swallows the following text. So this module searches the text that the parser has read.

use serde_saphyr::granit_parser::{ErrorKind, Marker, ScanError};

use crate::source::decode::place::Mistake;
use crate::source::decode::place::lines::{self, indent_of, line_of, line_start};

/// The state when the parser stopped.
pub(super) struct Read<'a> {
    pub(super) text: &'a str,
    /// The range of the last value.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The innermost bracket that is open.
    pub(super) bracket: Option<usize>,
    /// The greatest depth.
    pub(super) depth: usize,
}

const TAB: &str = "found a tab in the indentation; indent with spaces";
pub(super) const QUOTE: &str = "this quote is not closed";
const LEVEL: &str = "wrong indentation: this line fits no level above it";
const DIRECTIVE: &str = "a line that begins with '%' is a directive; put the key in quotes";
const SECOND_COLON: &str = "found a second ':' in one line; put the value in quotes";
const DEEPER: &str =
    "wrong indentation: this line is deeper than the one above, which has a value already";

/// The text for tables and lists that are nested too deep.
pub(super) fn too_deep(levels: usize) -> String {
    format!("tables and lists are nested deeper than {levels} levels")
}

/// The mistake that caused this error.
pub(super) fn syntax(error: &ScanError, read: &Read<'_>) -> Mistake {
    use ErrorKind as E;
    let text = read.text;
    let at = offset(text, *error.marker());
    let here = |message: &str| Mistake::new(at, message);
    if let Some(conflict) = lines::merge_conflict(text) {
        return Mistake::new(conflict, lines::CONFLICT);
    }
    if let Some(tab) = indenting_tab(error.kind(), text, at) {
        return Mistake::new(tab, TAB);
    }
    if let Some(mistake) = unclosed_bracket(error.kind(), read, at) {
        return mistake;
    }
    match error.kind() {
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => here(QUOTE),
        E::InvalidTrailingSingleQuotedScalar => behind_quote(
            read,
            at,
            "text after a closing quote; write a quote in a text as ''",
        ),
        E::InvalidTrailingDoubleQuotedScalar => behind_quote(
            read,
            at,
            "text after a closing quote; write a quote in a text as \\\"",
        ),
        E::InvalidQuotedScalarIndent | E::TabInIndentation => {
            here("the text in quotes goes on in a line that is not indented")
        }
        E::UnknownQuotedScalarEscape => {
            here("unknown escape in this text; write a backslash as \\\\ or use single quotes")
        }
        E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => here(
            "incomplete or impossible character escape in this text; write \\u and four digits",
        ),
        E::MisplacedFlowCollectionEnd => {
            here("this bracket closes nothing; remove it or put the value in quotes")
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            Mistake::new(at, format!("the bracket '{open}' is closed by '{close}'"))
        }
        E::ExpectedFlowMappingSeparator => here("expected ',' or '}'"),
        E::ExpectedFlowSequenceSeparator => here("expected ',' or ']'"),
        E::UnexpectedEofImplicitFlowMapping => here("expected a value, found ','"),
        E::MappingValueNotAllowed => second_value(read, at),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            here("expected ':' and a value after this key")
        }
        E::ExpectedBlockMappingKey if line_of(text, at).trim_start().starts_with("- ") => {
            here("found a list item among keys; a list goes below a key of its own")
        }
        E::ExpectedBlockMappingKey
            if text[line_start(text, at)..at]
                .trim_end()
                .ends_with(['}', ']']) =>
        {
            here("text after a closing bracket; put the value in quotes")
        }
        E::ExpectedBlockSequenceEntry => here("expected '-', found a key among list items"),
        E::InvalidIndentation
        | E::ExpectedBlockMappingKey
        | E::InvalidBlockScalarIndent
        | E::InvalidFlowScalarIndent => here(LEVEL),
        E::ExpectedDocumentStart if text.starts_with('%') => Mistake::new(0, DIRECTIVE),
        E::ExpectedDocumentStart => here(
            "wrong indentation: this line is less deep than the first one, or follows a value that is the whole document",
        ),
        E::BlockSequenceEntryNotAllowed => {
            here("a list begins in a line of its own, below its key")
        }
        E::BlockEntryInFlowCollection | E::PlainScalarStartsWithDashFlowIndicator => {
            here("found '-' within brackets; separate the items by ','")
        }
        E::InvalidBlockEntryWhitespace => here("expected a space after '-'"),
        E::InvalidMappingValueWhitespace
        | E::FlowMappingValueAdjacentCollection
        | E::InvalidColonPlacement => here("found ':' where no key is; put the text in quotes"),
        E::MappingKeyNotAllowed => {
            here("found '?' where no key is allowed; put the text in quotes")
        }
        E::UnknownAnchor => here(
            "this alias has no anchor above it; define one with '&', or put the text in quotes",
        ),
        E::MissingAnchorOrAliasName => {
            here("expected a name after '&' or '*'; put a text that begins with it in quotes")
        }
        E::UnexpectedCharacter { character } if character.is_control() => {
            here("found a control character in a value")
        }
        E::UnexpectedCharacter { character } => Mistake::new(
            at,
            format!("a value cannot begin with '{character}'; put it in quotes"),
        ),
        E::CommentNotSeparated => here("expected a space in front of '#'"),
        E::CommentInterceptedScalar => {
            here("a comment is not allowed within a text of several lines")
        }
        E::InvalidBlockScalarHeader | E::ZeroBlockScalarIndent => {
            here("expected the end of the line after '|' or '>'")
        }
        E::TabAtBlockScalarStart => here(TAB),
        E::ExpectedTagBang
        | E::InvalidGlobalTagCharacter
        | E::InvalidTagTerminator
        | E::MissingTagUri
        | E::UnclosedVerbatimTag
        | E::InvalidTagEscape
        | E::InvalidTagUtf8
        | E::InvalidTagUtf8LeadingByte
        | E::InvalidTagUtf8TrailingByte
        | E::UndeclaredTagHandle => {
            here("expected a tag after '!'; put a text that begins with it in quotes")
        }
        E::BomInsideDocument => here("found a byte order mark inside of the document; remove it"),
        E::RecursionLimitExceeded => Mistake::new(at, too_deep(read.depth)),
        E::ExpectedNodeContent => here("expected a value"),
        E::MultipleDocumentsUnsupported | E::InvalidDocumentEnd => {
            here("expected the end of the document; a file holds one document")
        }
        E::InvalidDirectiveTerminator
        | E::DirectiveDisallowed
        | E::MissingYamlVersionSeparator
        | E::MissingDirectiveName
        | E::InvalidDirectiveName
        | E::MissingYamlVersion
        | E::MissingDocumentEndBeforeDirective => here(DIRECTIVE),
        _ => here("this is not valid YAML"),
    }
}

/// Whether a text in quotes spans lines that look like keys or items, so that its closing quote is probably missing.
pub(super) fn swallows(text: &str, start: usize, end: usize, level: Option<usize>) -> bool {
    let Some(level) = level else { return false };
    text[start..end.min(text.len())]
        .lines()
        .skip(1)
        .any(|line| {
            let depth = line.len() - line.trim_start_matches(' ').len();
            depth <= level && is_entry(line)
        })
}

/// Whether the line begins with `key:` or `- `.
fn is_entry(line: &str) -> bool {
    let line = line.trim();
    let key = line.split(':').next().unwrap_or_default();
    let is_key = !key.is_empty()
        && key.len() < line.len()
        && (line[key.len() + 1..].is_empty() || line[key.len() + 1..].starts_with(' '))
        && key
            .trim_matches(['"', '\''])
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    is_key || line.starts_with("- ")
}

/// The offset of a tab in the indentation, if the parser stopped because of it.
fn indenting_tab(kind: &ErrorKind, text: &str, at: usize) -> Option<usize> {
    let mut start = line_start(text, at);
    let is_about_tabs = matches!(
        kind,
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInPlainScalar
    );
    for line in text[start..]
        .lines()
        .take(if is_about_tabs { 3 } else { 1 })
    {
        let indent = line.len() - line.trim_start().len();
        if let Some(tab) = line[..indent].find('\t') {
            return Some(start + tab);
        }
        start += line.len() + 1;
    }
    is_about_tabs.then_some(at)
}

/// The mistake of an unclosed bracket: the parser has reached the end, or a line that looks like the next key.
fn unclosed_bracket(kind: &ErrorKind, read: &Read<'_>, at: usize) -> Option<Mistake> {
    use ErrorKind as E;
    let text = read.text;
    let open = match kind {
        E::UnclosedFlowCollection { .. } => at,
        E::UnexpectedEofFlowSequence | E::UnexpectedEofFlowMapping => read.bracket?,
        E::InvalidColonPlacement
        | E::ExpectedFlowMappingSeparator
        | E::ExpectedFlowSequenceSeparator
        | E::UnexpectedEofImplicitFlowMapping
        | E::BlockEntryInFlowCollection
        | E::InvalidTrailingDoubleQuotedScalar
        | E::InvalidTrailingSingleQuotedScalar => {
            let open = read.bracket?;
            let runs_on = line_start(text, open) < line_start(text, at)
                && is_entry(line_of(text, at))
                && indent_of(text, at) <= indent_of(text, open);
            runs_on.then_some(open)?
        }
        _ => return None,
    };
    let bracket = text[open..]
        .chars()
        .next()
        .filter(|c| matches!(c, '[' | '{'))?;
    Some(Mistake::new(
        open,
        format!("this '{bracket}' is not closed"),
    ))
}

/// The mistake of text after a quote. If the quote was opened lines above, its own closing quote is missing.
fn behind_quote(read: &Read<'_>, at: usize, message: &str) -> Mistake {
    let text = read.text;
    let between = &text[read.end.min(at)..at];
    let closing = between.trim_end().chars().next_back();
    let opening = closing
        .and_then(|quote| between.find(quote))
        .map(|offset| read.end + offset);
    match opening {
        Some(opening) if line_start(text, opening) < line_start(text, at) => {
            Mistake::new(opening, QUOTE)
        }
        _ => Mistake::new(at, message),
    }
}

/// The mistake of a `:` after a complete entry, or after something that cannot be a key.
fn second_value(read: &Read<'_>, at: usize) -> Mistake {
    let text = read.text;
    let end = read.end.min(at);
    // The text that cannot be a key: the last value, or the text after it.
    let begins = text[end..at]
        .char_indices()
        .find(|(_, c)| !c.is_whitespace() && !matches!(c, ':' | '-' | '?'))
        .map_or_else(|| read.start.min(at), |(offset, _)| end + offset);
    let (first, line) = (line_start(text, begins), line_start(text, at));
    if first == line {
        return Mistake::new(at, SECOND_COLON);
    }
    let above = line_of(text, begins).trim_start_matches([' ', '-']);
    let word = text[begins..].lines().next().unwrap_or_default();
    if let Some(colon) = word.find(':')
        && above.starts_with(word.trim_end())
    {
        return Mistake::new(begins + colon, "expected a space after ':'");
    }
    if above.starts_with(word.trim_end()) {
        return Mistake::new(begins, "expected ':' and a value after this key");
    }
    Mistake::new(line + indent_of(text, at), DEEPER)
}

/// The offset of a marker, in bytes.
pub(super) fn offset(text: &str, marker: Marker) -> usize {
    marker.byte_offset().unwrap_or_else(|| {
        let mut offsets = text.char_indices().map(|(offset, _)| offset);
        offsets.nth(marker.index()).unwrap_or(text.len())
    })
}
