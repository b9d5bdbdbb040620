//! Writes a value for a person: on one line, shortened, with secrets hidden.

use std::fmt::Write;

use super::path::write_key;
use super::tree::Node;
use crate::scope::{Rules, Scope};
use crate::secret::{carries_secret, is_harmless};

/// The most characters of a shown value.
const MOST: usize = 60;

/// The replacement of a secret.
pub(super) const SECRET: &str = "(secret)";

/// Writes a value, shortened. `None` if the whole value is secret.
pub(super) fn shortened(node: &Node, scope: &Scope<'_>) -> Option<String> {
    let secret = scope.is_secret() || matches!(node, Node::Text(text) if is_hidden(text, scope));
    (!secret).then(|| write_node(node, scope, MOST))
}

/// Writes a value in full length, as the key of a map.
pub(super) fn whole(node: &Node) -> String {
    match Rules::default().scope() {
        Ok(scope) => write_node(node, &scope, usize::MAX),
        Err(_) => SECRET.to_owned(),
    }
}

/// A key, hidden if it looks like a secret.
pub(super) fn key(key: &str) -> &str {
    match carries_secret(key) {
        true => SECRET,
        false => key,
    }
}

/// Whether a text looks like a secret, or has an ambiguous key and does not look harmless.
fn is_hidden(text: &str, scope: &Scope<'_>) -> bool {
    !scope.expects(text) && (carries_secret(text) || (scope.is_ambiguous() && !is_harmless(text)))
}

fn write_node(node: &Node, scope: &Scope<'_>, most: usize) -> String {
    let mut short = Short {
        text: String::new(),
        left: most,
    };
    // The only error means that the text is full.
    if write_into(&mut short, node, scope).is_err() {
        short.text.push('…');
    }
    short.text
}

/// A text of limited length. Writing fails when it is full.
struct Short {
    text: String,
    left: usize,
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for letter in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(std::fmt::Error)?;
            self.text.push(letter);
        }
        Ok(())
    }
}

fn write_into(short: &mut Short, node: &Node, scope: &Scope<'_>) -> std::fmt::Result {
    if scope.is_secret() {
        return short.write_str(SECRET);
    }
    match node {
        Node::Nothing => short.write_str("none"),
        Node::Bool(value) => write!(short, "{value}"),
        Node::Int(value) => write!(short, "{value}"),
        Node::Large(value) => write!(short, "{value}"),
        Node::Float(bits) => write!(short, "{:?}", f64::from_bits(*bits)),
        Node::Text(text) if is_hidden(text, scope) => short.write_str(SECRET),
        // Escapes letter by letter, so that only the shown part of a long text is escaped.
        Node::Text(text) => {
            short.write_char('"')?;
            for letter in text.chars() {
                match letter {
                    '\'' => short.write_char(letter)?,
                    letter => write!(short, "{}", letter.escape_debug())?,
                }
            }
            short.write_char('"')
        }
        Node::Bytes(bytes) => write!(short, "{} bytes", bytes.len()),
        Node::List(items) | Node::Tuple(items) => {
            short.write_char('[')?;
            for (at, item) in items.iter().enumerate() {
                short.write_str(if at == 0 { "" } else { ", " })?;
                write_into(short, item, &scope.item(at, at))?;
            }
            short.write_char(']')
        }
        Node::Map(entries) | Node::Record(entries) => {
            short.write_char('{')?;
            for (at, (name, value)) in entries.iter().enumerate() {
                short.write_str(if at == 0 { "" } else { ", " })?;
                write_key(key(name), short)?;
                short.write_str(": ")?;
                write_into(short, value, &scope.key(name))?;
            }
            short.write_char('}')
        }
    }
}
