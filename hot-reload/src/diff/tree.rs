//! [`Node`]: a value as the formats would write it, without what a format would lose.

/// Any value. Floats are kept by their bits, made equal where the numbers are (`-0.0`, every NaN), so that values have an
/// order and a hash.
///
/// It has no `Debug`, because it holds secrets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Node {
    /// `None`, `()` and unit structs.
    Nothing,
    Bool(bool),
    Int(i128),
    /// What is too large for the one before.
    Large(u128),
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    /// A list of any length, in which items may have moved.
    List(Vec<Self>),
    /// A tuple or an array, in which every place has its meaning.
    Tuple(Vec<Self>),
    /// A map, by keys; those come with the content.
    Map(Entries),
    /// A struct, or the variant of an enum with its content, by names; those stand in the program.
    Record(Entries),
}

/// Sorted by key. A key stands here twice if the value says it twice.
pub(super) type Entries = Vec<(String, Node)>;

impl Node {
    pub(super) fn float(value: f64) -> Self {
        let value = match value {
            _ if value.is_nan() => f64::NAN,
            0.0 => 0.0,
            value => value,
        };
        Self::Float(value.to_bits())
    }

    /// Sorts what was collected. The sort is stable: of equal keys the first stays the first.
    pub(super) fn sorted(mut entries: Entries) -> Entries {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries
    }

    /// Whether this consists of other values.
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
    pub(super) fn entries(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Map(entries) | Self::Record(entries) => Some(entries),
            _ => None,
        }
    }
}
