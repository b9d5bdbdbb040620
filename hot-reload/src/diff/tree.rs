//! [`Node`]: a value in serde's data model, without the distinctions that formats do not write.

/// A value. Floats are stored as bits, with one representation for all NaNs and for both zeros, so that values have an
/// order and a hash.
///
/// It has no `Debug` outside of tests, because it contains secrets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Node {
    /// `None`, `()` and unit structs.
    Nothing,
    Bool(bool),
    Int(i128),
    /// An integer above the range of `Int`.
    Large(u128),
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    /// A list of any length. Its items may move.
    List(Vec<Self>),
    /// A tuple or an array. Each index has its own meaning.
    Tuple(Vec<Self>),
    /// A map. Its keys are part of the content.
    Map(Entries),
    /// A struct, or the content of an enum's variant. Its keys come from the program.
    Record(Entries),
}

/// Sorted by key. A key occurs twice if the value serializes it twice.
pub(super) type Entries = Vec<(Key, Node)>;

/// The key of an entry. Different keys may be shown alike, but are never equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Key {
    /// The name of a field or a variant, a text, or a number or a switch as formats with text keys write it.
    Text(String),
    /// A key that is never written as a text.
    Other(Box<Node>),
}

impl Key {
    /// Makes a key of a node.
    pub(super) fn of(node: Node) -> Self {
        Self::Text(match node {
            Node::Text(text) => text,
            Node::Bool(value) => value.to_string(),
            Node::Int(value) => value.to_string(),
            Node::Large(value) => value.to_string(),
            Node::Float(bits) => format!("{:?}", f64::from_bits(bits)),
            Node::Nothing
            | Node::Bytes(_)
            | Node::List(_)
            | Node::Tuple(_)
            | Node::Map(_)
            | Node::Record(_) => return Self::Other(Box::new(node)),
        })
    }
}

impl Node {
    pub(super) fn float(value: f64) -> Self {
        let value = match value {
            _ if value.is_nan() => f64::NAN,
            0.0 => 0.0,
            value => value,
        };
        Self::Float(value.to_bits())
    }

    /// The content of a variant of an enum.
    pub(super) fn variant(name: &str, content: Self) -> Self {
        Self::Record(vec![(Key::Text(name.to_owned()), content)])
    }

    /// Sorts entries. The sort is stable: equal keys keep their order.
    pub(super) fn sorted(mut entries: Entries) -> Entries {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries
    }

    /// Whether this contains other values.
    pub(super) fn is_compound(&self) -> bool {
        matches!(
            self,
            Self::List(_) | Self::Tuple(_) | Self::Map(_) | Self::Record(_)
        )
    }

    /// The items of a list or a tuple.
    pub(super) fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map or a record.
    pub(super) fn entries(&self) -> Option<&[(Key, Self)]> {
        match self {
            Self::Map(entries) | Self::Record(entries) => Some(entries),
            _ => None,
        }
    }
}
