//! [`Revision`]: the token with which a source names one state of its content.

use std::fmt;
use std::sync::Arc;

/// A source's name for one state of its content.
///
/// A revision is opaque: two of them are compared for equality and for nothing else. A source builds one from
/// whatever identifies content for it: a hash of the bytes, an ETag, a modification revision.
///
/// Two looks that return equal revisions found the same content. The reverse need not hold.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Revision(Arc<[u8]>);

impl Revision {
    /// Makes a revision from the bytes that identify the content.
    pub fn new(token: impl AsRef<[u8]>) -> Self {
        Self(Arc::from(token.as_ref()))
    }
}

impl From<u64> for Revision {
    fn from(token: u64) -> Self {
        Self::new(token.to_be_bytes())
    }
}

impl From<u128> for Revision {
    fn from(token: u128) -> Self {
        Self::new(token.to_be_bytes())
    }
}

/// Up to the first twelve bytes in hexadecimal: enough to tell two states apart in a log line.
impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.iter().take(12) {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tokens_are_equal_revisions() {
        assert_eq!(Revision::from(7_u64), Revision::new(7_u64.to_be_bytes()));
        assert_ne!(Revision::new("a"), Revision::new("b"));
    }

    #[test]
    fn a_long_token_prints_short() {
        assert_eq!(Revision::new([0xab; 40]).to_string(), "ab".repeat(12));
    }
}
