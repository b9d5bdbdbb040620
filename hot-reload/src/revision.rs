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
pub struct Revision(Token);

/// A short one is kept in place, because there are several for each source, and one is made at each look.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Token {
    /// So many bytes, and zeros after them.
    Short(u8, [u8; SHORT]),
    Long(Arc<[u8]>),
}

/// As much as there is room for beside the number, in three words.
const SHORT: usize = 22;

impl Revision {
    /// Makes a revision from the bytes that identify the content.
    pub fn new(token: impl AsRef<[u8]>) -> Self {
        let token = token.as_ref();
        let mut short = [0; SHORT];
        Self(
            match (short.get_mut(..token.len()), u8::try_from(token.len())) {
                (Some(room), Ok(len)) => {
                    room.copy_from_slice(token);
                    Token::Short(len, short)
                }
                _ => Token::Long(Arc::from(token)),
            },
        )
    }

    /// The token, to be written down and compared with later ones.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.0 {
            Token::Short(len, bytes) => &bytes[..usize::from(*len)],
            Token::Long(bytes) => bytes,
        }
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
        for byte in self.bytes().iter().take(12) {
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
    fn tokens_of_every_length_differ_from_each_other() {
        let revisions: Vec<_> = (0..40).map(|len| Revision::new(vec![0; len])).collect();
        for (len, revision) in revisions.iter().enumerate() {
            assert_eq!(*revision, Revision::new(vec![0; len]));
            assert_eq!(revision.to_string(), "00".repeat(len.min(12)));
            assert_eq!(
                revisions.iter().filter(|other| *other == revision).count(),
                1
            );
        }
    }

    #[test]
    fn a_long_token_prints_short() {
        assert_eq!(Revision::new([0xab; 40]).to_string(), "ab".repeat(12));
    }
}
