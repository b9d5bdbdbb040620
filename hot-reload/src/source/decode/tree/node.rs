//! [`Node`]: a value with its place.

use serde_path_to_error::Segment;

use super::origin::Origin;
use super::scalar::Scalar;
use super::text::Text;

/// A value with its place.
#[derive(Debug, Clone)]
pub(in crate::source) struct Node {
    pub(in crate::source) origin: Origin,
    pub(in crate::source) kind: Kind,
    /// Whether the value is secret wherever it stands, such as one from a file of secrets.
    pub(in crate::source) is_secret: bool,
    /// Whether several parts have contributed to this table.
    pub(in crate::source) is_merged: bool,
    /// The name in a YAML tag such as `!file`, which may select a variant.
    pub(in crate::source) tag: Option<Box<str>>,
}

/// The content of a node.
#[derive(Debug, Clone)]
pub(in crate::source) enum Kind {
    Scalar(Scalar),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One entry of a table. The parsers refuse duplicate keys, except that of JSON, which leaves them to the target.
#[derive(Debug, Clone)]
pub(in crate::source) struct Entry {
    pub(in crate::source) key: String,
    /// Where the key stands.
    pub(in crate::source) origin: Origin,
    pub(in crate::source) value: Node,
}

impl Node {
    pub(in crate::source) fn new(origin: Origin, kind: Kind) -> Self {
        Self {
            origin,
            kind,
            is_secret: false,
            is_merged: false,
            tag: None,
        }
    }

    /// A table without entries.
    pub(in crate::source) fn table(origin: Origin) -> Self {
        Self::new(origin, Kind::Table(Vec::new()))
    }

    /// Whether this value, or one in it, is secret by itself.
    pub(super) fn has_secret(&self) -> bool {
        self.is_secret
            || match &self.kind {
                Kind::Scalar(_) => false,
                Kind::List(items) => items.iter().any(Self::has_secret),
                Kind::Table(entries) => entries.iter().any(|entry| entry.value.has_secret()),
            }
    }

    /// The number of nested tables and lists.
    pub(super) fn depth(&self) -> usize {
        match &self.kind {
            Kind::Scalar(_) => 0,
            Kind::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Kind::Table(entries) => {
                let depths = entries.iter().map(|entry| entry.value.depth());
                1 + depths.max().unwrap_or(0)
            }
        }
    }

    /// Replaces texts in the tree: `replace` gets each text and returns `None` to keep it.
    ///
    /// The new text has the place of the old one. It is a [`Text`] without a type, so that `"${PORT}"` can become a number.
    /// Keys stay as they are. Numbers, dates and plain YAML scalars that are numbers are not texts.
    ///
    /// # Errors
    ///
    /// The first error of `replace`. The tree is then partly replaced.
    pub(in crate::source) fn replace_texts<E>(
        &mut self,
        replace: &mut impl FnMut(&Found<'_>) -> Result<Option<Text>, E>,
    ) -> Result<(), E> {
        self.replace_below(&mut Vec::new(), replace)
    }

    fn replace_below<E>(
        &mut self,
        path: &mut Vec<Segment>,
        replace: &mut impl FnMut(&Found<'_>) -> Result<Option<Text>, E>,
    ) -> Result<(), E> {
        match &mut self.kind {
            Kind::Scalar(scalar) => {
                let Some(text) = scalar.as_text() else {
                    return Ok(());
                };
                let found = Found {
                    text: &text,
                    origin: &self.origin,
                    path,
                };
                if let Some(text) = replace(&found)? {
                    self.is_secret |= text.is_secret;
                    *scalar = Scalar::Text(text);
                }
                Ok(())
            }
            Kind::List(items) => items.iter_mut().enumerate().try_for_each(|(index, item)| {
                path.push(Segment::Seq { index });
                item.replace_below(path, replace)?;
                path.pop();
                Ok(())
            }),
            Kind::Table(entries) => entries.iter_mut().try_for_each(|entry| {
                let key = entry.key.clone();
                path.push(Segment::Map { key });
                entry.value.replace_below(path, replace)?;
                path.pop();
                Ok(())
            }),
        }
    }
}

/// A text in a tree, with its place.
pub(in crate::source) struct Found<'a> {
    pub(in crate::source) text: &'a str,
    pub(in crate::source) origin: &'a Origin,
    pub(in crate::source) path: &'a [Segment],
}
