//! [`Generation`]: the number of a published value.

use std::fmt;

/// The number of a published value. The first has 1, each further value has one more, and no number is used twice.
///
/// ```
/// let live = hot_reload::Live::fixed("value");
/// assert_eq!(live.get().generation().get(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Generation(u64);

impl Generation {
    /// The generation of the first value.
    pub(crate) const FIRST: Self = Self(1);

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// A saved generation. `None` if no service can have published it.
    #[cfg(feature = "last-good")]
    pub(crate) const fn saved(number: u64) -> Option<Self> {
        // Generations begin at 1, and the next one must be a number too.
        match number {
            1..=0x7fff_ffff_ffff_ffff => Some(Self(number)),
            _ => None,
        }
    }

    /// The next generation.
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
