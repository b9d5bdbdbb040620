//! [`Node`]: a value with its place.

use super::origin::Origin;
use super::scalar::Scalar;

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
    /// The merge that has set the tag.
    pub(super) tagged: u32,
    /// How many tables were merged over this one.
    pub(super) merges: u32,
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
    /// The last merge into its table that had this key.
    pub(super) since: u32,
}

impl Entry {
    pub(in crate::source) fn new(key: impl Into<String>, origin: Origin, value: Node) -> Self {
        Self {
            key: key.into(),
            origin,
            value,
            since: 0,
        }
    }
}

impl Node {
    pub(in crate::source) fn new(origin: Origin, kind: Kind) -> Self {
        Self {
            origin,
            kind,
            is_secret: false,
            is_merged: false,
            tag: None,
            tagged: 0,
            merges: 0,
        }
    }

    /// A table without entries.
    pub(in crate::source) fn table(origin: Origin) -> Self {
        Self::new(origin, Kind::Table(Vec::new()))
    }

    /// Whether this value, or one in it, is secret whatever its key is.
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
}
