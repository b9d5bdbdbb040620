//! Finds lines of a text by an offset.

/// The start of the line with this offset.
pub(in super::super) fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1)
}

/// The line with this offset, without its line break.
#[cfg(any(feature = "toml", feature = "yaml"))]
pub(in super::super) fn line_of(text: &str, at: usize) -> &str {
    text[line_start(text, at)..]
        .lines()
        .next()
        .unwrap_or_default()
}

/// The indentation of the line with this offset, in bytes.
#[cfg(any(feature = "toml", feature = "yaml"))]
pub(in super::super) fn indent_of(text: &str, at: usize) -> usize {
    let line = line_of(text, at);
    line.len() - line.trim_start().len()
}

/// The offset of an unresolved merge conflict.
pub(in super::super) fn merge_conflict(text: &str) -> Option<usize> {
    let conflict = text
        .find("<<<<<<< ")
        .filter(|at| line_start(text, *at) == *at)?;
    text[conflict..].contains("\n=======").then_some(conflict)
}

/// The error text for [`merge_conflict`].
pub(in super::super) const CONFLICT: &str = "found a merge conflict; keep one of its sides";
