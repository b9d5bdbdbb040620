//! Finds a value of a tree by its path, and shows it without secrets.

use super::node::{Kind, Node};
use super::scalar::{Scalar, Shown};
use crate::scope::Scope;
use crate::scope::pattern::Wanted;
use crate::secret::{HIDDEN, is_harmless, is_secret};
use crate::source::decode::quoting::Quoting;

/// The most characters that are shown.
const LONGEST: usize = 120;

impl Node {
    /// Whether this is a table.
    pub(in crate::source) fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_))
    }

    /// Whether both have the same place.
    pub(in crate::source) fn is_from(&self, other: &Self) -> bool {
        let (one, other) = (&self.origin, &other.origin);
        std::sync::Arc::ptr_eq(&one.part, &other.part) && one.offset == other.offset
    }

    /// The value at this path. A pattern finds nothing.
    pub(in crate::source) fn find(&self, steps: &[Wanted]) -> Option<&Self> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(self);
        };
        let below = match (&self.kind, step) {
            (Kind::Table(entries), Wanted::Key(key)) => {
                let entry = entries.iter().rev().find(|entry| entry.key == *key);
                entry.map(|entry| &entry.value)
            }
            (Kind::List(items), Wanted::Index(index)) => items.get(*index),
            _ => None,
        };
        below?.find(rest)
    }

    /// The value for a person, on one line. Secrets are masked. `steps` is its path.
    pub(in crate::source) fn shown(&self, steps: &[Wanted], quoting: Quoting) -> String {
        let quotes = quoting.quotes();
        let scope = steps.iter().fold(quotes.scope(), |scope, step| match step {
            Wanted::Key(key) => scope.key(key),
            Wanted::Index(index) => scope.item(*index, *index),
            Wanted::Any => scope,
        });
        let mut text = String::new();
        write(&mut text, self, &scope, &|scope, is_kept, value| {
            let looks_well = match scope.is_ambiguous() {
                true => is_harmless(value),
                false => !is_secret(value),
            };
            !quotes.is_off && !is_kept && !scope.is_secret() && (looks_well || scope.expects(value))
        });
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// Whether both are the same value, whatever their formats.
    pub(in crate::source) fn is_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar(one), Kind::Scalar(other)) => one.shown() == other.shown(),
            (Kind::List(one), Kind::List(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| one.is_same(other))
            }
            (Kind::Table(one), Kind::Table(other)) => {
                one.len() == other.len()
                    && one.iter().all(|entry| {
                        let mut others = other.iter();
                        others.any(|other| {
                            other.key == entry.key && entry.value.is_same(&other.value)
                        })
                    })
            }
            _ => false,
        }
    }
}

/// Decides whether a text may be shown: its scope, whether its node is secret, and the text.
type Shows<'a> = dyn Fn(&Scope<'_>, bool, &str) -> bool + 'a;

fn write(text: &mut String, node: &Node, scope: &Scope<'_>, shows: &Shows<'_>) {
    // Only the beginning is shown.
    if text.len() > 4 * LONGEST {
        return;
    }
    match &node.kind {
        Kind::Scalar(scalar) => {
            let (value, is_text) = match scalar.shown() {
                Shown::Nothing => ("nothing".to_owned(), false),
                Shown::Bool(value) => (value.to_string(), false),
                Shown::Number(number) => (number.into_owned(), false),
                Shown::Text(value) => {
                    let is_plain = matches!(scalar, Scalar::Text(_))
                        && (value.parse::<f64>().is_ok() || value.parse::<bool>().is_ok());
                    (value.into_owned(), !is_plain)
                }
            };
            match (shows(scope, node.is_secret, &value), is_text) {
                (false, _) => text.push_str(HIDDEN),
                (true, false) => text.push_str(&value),
                (true, true) => text.push_str(&format!("{value:?}")),
            }
        }
        Kind::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write(text, item, &scope.item(index, index), shows);
            }
            text.push(']');
        }
        Kind::Table(entries) => {
            // Keys may be secret, too.
            let noun = if entries.len() == 1 { "key" } else { "keys" };
            text.push_str(&format!("a table of {} {noun}", entries.len()));
        }
    }
}
