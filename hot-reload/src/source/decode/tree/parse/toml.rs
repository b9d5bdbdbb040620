//! TOML as a tree.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::super::node::{Entry, Kind, Node};
use super::super::scalar::{Scalar, Value};
use super::build::Build;
use crate::error::Error;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::toml;

/// Builds the tree of a text. `None`: it has too many values.
pub(super) fn build(
    build: &mut Build,
    text: &str,
    name: &str,
    quoting: Quoting,
) -> Result<Option<Node>, Error> {
    let whole = toml::parse(text, name, quoting)?;
    let start = whole.span().start;
    let mut reader = Reader { build, text };
    let kind = reader.table(whole.into_inner());
    Ok(kind.map(|kind| build.node(start, kind)))
}

struct Reader<'b, 't> {
    build: &'b mut Build,
    text: &'t str,
}

impl Reader<'_, '_> {
    fn table(&mut self, table: DeTable<'_>) -> Option<Kind> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let origin = self.build.origin(key.span().start);
            let value = self.node(value)?;
            entries.push(Entry::new(key.into_inner(), origin, value));
        }
        Some(Kind::Table(entries))
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>) -> Option<Node> {
        self.build.count()?;
        let span = value.span();
        let start = span.start;
        let kind = match value.into_inner() {
            DeValue::Table(inner) => self.table(inner)?,
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| self.node(item));
                Kind::List(items.collect::<Option<_>>()?)
            }
            DeValue::String(text) => Kind::Scalar(Scalar::Value(Value::Text(text.into_owned()))),
            DeValue::Boolean(value) => Kind::Scalar(Scalar::Value(Value::Bool(value))),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
                let raw = self.text.get(span).unwrap_or_default();
                Kind::Scalar(Scalar::Toml(raw.into()))
            }
        };
        Some(self.build.node(start, kind))
    }
}
