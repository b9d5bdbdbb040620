//! Writes a value for a person: on one line, shortened, with secrets hidden.

use std::borrow::Cow;
use std::fmt::Write;

use super::path::write_key;
use super::tree::{Key, Node};
use crate::scope::{Rules, Scope};
use crate::secret::{carries_secret, is_harmless, is_referenced};

/// The most characters of a shown value.
const MOST: usize = 60;

/// The replacement of a secret.
pub(super) const SECRET: &str = "(secret)";

/// Writes a value, shortened. `None` if the whole value is secret.
pub(super) fn shortened(node: &Node, scope: &Scope<'_>) -> Option<String> {
    let secret = scope.is_secret() || is_secret(node, scope);
    (!secret).then(|| write_node(node, scope, MOST))
}

/// The name of a key, which the rules of secrets and the declared paths are about.
pub(super) fn name(key: &Key) -> Cow<'_, str> {
    match key {
        Key::Text(text) => text.into(),
        Key::Other(node) => match Rules::default().scope() {
            Ok(scope) => write_node(node, &scope, usize::MAX).into(),
            Err(_) => SECRET.into(),
        },
    }
}

/// A name, hidden if it looks like a secret, or is a number that came from a reference. Other names often equal a harmless text
/// that came from a reference.
pub(super) fn hidden(name: Cow<'_, str>) -> Cow<'_, str> {
    let is_number = || name.parse::<f64>().is_ok();
    match carries_secret(&name) || (is_number() && is_referenced(&name)) {
        true => SECRET.into(),
        false => name,
    }
}

/// Whether a single value looks like a secret, or came from a reference.
fn is_secret(node: &Node, scope: &Scope<'_>) -> bool {
    match node {
        Node::Text(text) => is_hidden(text, scope),
        Node::Int(value) => is_referenced(&value.to_string()),
        Node::Large(value) => is_referenced(&value.to_string()),
        Node::Float(bits) => is_referenced(&f64::from_bits(*bits).to_string()),
        Node::Nothing
        | Node::Bool(_)
        | Node::Bytes(_)
        | Node::List(_)
        | Node::Tuple(_)
        | Node::Map(_)
        | Node::Record(_) => false,
    }
}

/// Whether a text came from a reference, looks like a secret, or has an ambiguous key and does not look harmless.
fn is_hidden(text: &str, scope: &Scope<'_>) -> bool {
    let looks_secret = carries_secret(text) || (scope.is_ambiguous() && !is_harmless(text));
    is_referenced(text) || (!scope.expects(text) && looks_secret)
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
    if scope.is_secret() || is_secret(node, scope) {
        return short.write_str(SECRET);
    }
    match node {
        Node::Nothing => short.write_str("none"),
        Node::Bool(value) => write!(short, "{value}"),
        Node::Int(value) => write!(short, "{value}"),
        Node::Large(value) => write!(short, "{value}"),
        Node::Float(bits) => write!(short, "{:?}", f64::from_bits(*bits)),
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
            for (at, (key, value)) in entries.iter().enumerate() {
                short.write_str(if at == 0 { "" } else { ", " })?;
                let name = name(key);
                write_key(&hidden(Cow::Borrowed(&name)), short)?;
                short.write_str(": ")?;
                write_into(short, value, &scope.key(&name))?;
            }
            short.write_char('}')
        }
    }
}
