//! [`Generation`]: the number of a published value.

use std::fmt;

/// The number of a published value: 1 for the first, one more for each further one, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The first published value.
    pub(crate) const FIRST: Self = Self(1);

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// One that was written down; none if no service has ever published under this number.
    #[cfg(feature = "last-good")]
    pub(crate) const fn saved(number: u64) -> Option<Self> {
        // So far no service counts, and what follows the number must be a number, too.
        match number {
            1..=0x7fff_ffff_ffff_ffff => Some(Self(number)),
            _ => None,
        }
    }

    /// The one that follows.
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
