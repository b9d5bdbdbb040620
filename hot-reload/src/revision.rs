//! [`Revision`]: an opaque token for one state of a source's content.

use std::fmt;
use std::sync::Arc;

/// An opaque token for one state of a source's content.
///
/// A revision can only be compared for equality. A source builds it from anything that identifies its content: a hash of the
/// bytes, an ETag, a modification revision.
///
/// Two loads that return equal revisions found the same content. The reverse need not hold.
///
/// To store a revision, save [`as_bytes`](Self::as_bytes), and pass the bytes to [`new`](Self::new) later. The result is
/// equal. A source with several parts [`join`](Self::join)s their revisions.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Revision(Token);

/// Short tokens are stored inline, because each source has several revisions and creates one at each load.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Token {
    /// The length, and the bytes followed by zeros.
    Short(u8, [u8; SHORT]),
    Long(Arc<[u8]>),
}

/// Begins the token of a revision with the moment of its content. A random number, so that no other token begins with it.
const TOUCHED: &[u8] = &0xd7c1_6ae0_3f94_4b5b_9a6e_21c8_f05d_7713_u128.to_be_bytes();

/// The most bytes of an inline token, so that a revision has the size of three words.
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

    /// Joins several revisions into one. Two joins are equal exactly if they join equal tokens in the same order.
    ///
    /// The join contains every token in full, and eight more bytes for each. A part without a revision needs a token of its own,
    /// such as a counter; otherwise its changes go unnoticed.
    ///
    /// ```
    /// use hot_reload::Revision;
    ///
    /// let (config, users, routes) = (Revision::from(1_u64), Revision::new("etag"), Revision::new([7; 32]));
    /// let all = Revision::join([&config, &users, &routes]);
    /// assert_ne!(all, Revision::join([&config, &users, &Revision::new([8; 32])]));
    /// ```
    pub fn join<T: AsRef<[u8]>>(tokens: impl IntoIterator<Item = T>) -> Self {
        let mut joined = Vec::new();
        for token in tokens {
            let token = token.as_ref();
            // Each token follows its length, so that moving a byte from one token to the next changes the join.
            joined.extend((token.len() as u64).to_be_bytes());
            joined.extend(token);
        }
        Self::new(joined)
    }

    /// The tokens of a [`join`](Self::join), in order. `None` if the bytes are not those of a join.
    ///
    /// A source whose revision has several parts reads them from the revision that the service has seen last:
    ///
    /// ```
    /// use hot_reload::Revision;
    ///
    /// let seen = Revision::join([Revision::new("cluster 7"), Revision::from(1_042_u64)]);
    /// let [cluster, number] = seen.tokens().unwrap()[..] else { unreachable!() };
    /// assert_eq!(cluster, b"cluster 7");
    /// assert_eq!(u64::from_be_bytes(number.try_into().unwrap()), 1_042);
    ///
    /// assert_eq!(Revision::new("etag").tokens(), None);
    /// ```
    pub fn tokens(&self) -> Option<Vec<&[u8]>> {
        let (mut rest, mut tokens) = (self.as_bytes(), Vec::new());
        while !rest.is_empty() {
            let (len, after) = rest.split_first_chunk()?;
            let len = usize::try_from(u64::from_be_bytes(*len)).ok()?;
            let (token, after) = after.split_at_checked(len)?;
            tokens.push(token);
            rest = after;
        }
        Some(tokens)
    }

    /// Adds a number for the moment at which the content was written. A service then counts each such moment as a change, even
    /// if the value is the same.
    #[cfg(feature = "file")]
    pub(crate) fn touched(&self, moment: u128) -> Self {
        let moment = moment.to_be_bytes();
        Self::new([TOUCHED, &moment[..], self.as_bytes()].concat())
    }

    /// The number that [`touched`](Self::touched) has added.
    pub(crate) fn touch(&self) -> Option<u128> {
        Some(self.split_touch()?.0)
    }

    /// The revision without the number that [`touched`](Self::touched) has added.
    #[cfg(feature = "dir")]
    pub(crate) fn untouched(&self) -> Self {
        self.split_touch()
            .map_or_else(|| self.clone(), |(_, rest)| Self::new(rest))
    }

    fn split_touch(&self) -> Option<(u128, &[u8])> {
        let rest = self.as_bytes().strip_prefix(TOUCHED)?;
        let (moment, rest) = rest.split_first_chunk()?;
        Some((u128::from_be_bytes(*moment), rest))
    }

    /// The whole token.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Token::Short(len, bytes) => &bytes[..usize::from(*len)],
            Token::Long(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Revision {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
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

/// For logs: the token in hexadecimal, or its 128-bit hash if it is longer than 16 bytes. A program compares revisions with
/// `==` and stores [`as_bytes`](Self::as_bytes).
impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_bytes();
        if bytes.len() > SHOWN {
            return write!(f, "{:032x}", fnv1a(bytes));
        }
        for byte in bytes {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// The most bytes of a token in logs. A longer token is shown as a hash of this length.
const SHOWN: usize = 16;

/// The 128-bit FNV-1a hash. It is not cryptographic; it only serves to distinguish revisions in logs.
fn fnv1a(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let step = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
    bytes.iter().fold(BASIS, step)
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    #[test]
    fn equal_tokens_are_equal_revisions() {
        assert_eq!(Revision::from(7_u64), Revision::new(7_u64.to_be_bytes()));
        assert_ne!(Revision::new("a"), Revision::new("b"));
    }

    #[test]
    fn tokens_of_every_length_differ_and_round_trip() {
        let revisions: Vec<_> = (0..40).map(|len| Revision::new(vec![0; len])).collect();
        for (len, revision) in revisions.iter().enumerate() {
            assert_eq!(revision.as_bytes(), vec![0; len]);
            assert_eq!(*revision, Revision::new(revision.as_bytes()));
            let same = |other: &&Revision| *other == revision;
            assert_eq!(revisions.iter().filter(same).count(), 1);
            let reads_the_same = |other: &&Revision| other.to_string() == revision.to_string();
            assert_eq!(revisions.iter().filter(reads_the_same).count(), 1);
        }
    }

    #[test]
    fn every_byte_of_a_long_token_changes_its_display() {
        let shown = Revision::new([0xab; 400]).to_string();
        assert_eq!(shown.len(), 32);
        for place in 0..400 {
            for bit in 0..8 {
                let mut token = [0xab; 400];
                token[place] ^= 1 << bit;
                assert_ne!(Revision::new(token).to_string(), shown, "{place}, {bit}");
            }
        }
        let hash = u128::from_be_bytes([0xab; 16]);
        assert_eq!(Revision::from(hash).to_string(), "ab".repeat(16));
    }

    /// The published test vectors of the hash.
    #[test]
    fn display_hash_matches_the_fnv1a_test_vectors() {
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv1a(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn changing_one_of_three_tokens_changes_the_join() {
        let parts = [[1_u8; 16], [2; 16], [3; 16]].map(Revision::new);
        let all = Revision::join(&parts);
        for place in 0..3 {
            let mut changed = parts.clone();
            changed[place] = Revision::new([9; 16]);
            assert_ne!(Revision::join(&changed), all);
            assert_ne!(Revision::join(&changed).to_string(), all.to_string());
        }
    }

    /// Tokens around the lengths where their form changes, and long ones.
    fn token() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            collection::vec(any::<u8>(), 0..40),
            collection::vec(any::<u8>(), 0..3000),
            collection::vec(prop_oneof![Just(0_u8), Just(255)], 20..25),
        ]
    }

    fn tokens() -> impl Strategy<Value = Vec<Vec<u8>>> {
        // Few distinct bytes, among them bytes that occur in lengths, so that a flawed join collides.
        let byte = prop_oneof![Just(0_u8), Just(1), Just(8), Just(16)];
        collection::vec(collection::vec(byte, 0..20), 0..6)
    }

    proptest! {
        #[test]
        fn revision_round_trips_and_compares_in_full(one in token(), other in token()) {
            let (first, second) = (Revision::new(&one), Revision::new(&other));
            prop_assert_eq!(first.as_bytes(), &*one);
            prop_assert_eq!(&Revision::new(first.as_bytes()), &first);
            prop_assert_eq!(first == second, one == other);
            prop_assert_eq!(first.to_string() == second.to_string(), one == other);
            prop_assert_eq!(format!("{first:?}"), format!("Revision({first})"));
        }

        #[test]
        fn changing_the_last_byte_of_a_token_changes_the_revision(mut token in token()) {
            let before = Revision::new(&token);
            prop_assume!(!token.is_empty());
            *token.last_mut().unwrap() ^= 1;
            prop_assert_ne!(Revision::new(&token), before);
        }

        #[test]
        fn join_gives_back_its_tokens(list in collection::vec(token(), 0..6)) {
            let joined = Revision::join(&list);
            let tokens = joined.tokens().unwrap();
            prop_assert_eq!(tokens, list.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }

        #[test]
        fn tokens_of_any_bytes_join_to_the_same_revision(token in token()) {
            let revision = Revision::new(&token);
            if let Some(tokens) = revision.tokens() {
                prop_assert_eq!(Revision::join(tokens), revision.clone());
            }
        }

        #[test]
        fn joins_are_equal_exactly_if_their_tokens_are(one in tokens(), other in tokens()) {
            prop_assert_eq!(Revision::join(&one) == Revision::join(&other), one == other);
        }

        #[test]
        fn splitting_a_token_changes_the_join(list in tokens(), at in any::<(Index, Index)>()) {
            prop_assume!(!list.is_empty());
            let place = at.0.index(list.len());
            let mut split = list.clone();
            let tail = split[place].split_off(at.1.index(list[place].len() + 1));
            split.insert(place + 1, tail);
            prop_assert_ne!(Revision::join(&split), Revision::join(&list));
            let nested = Revision::join([Revision::join(&list)]);
            prop_assert_ne!(nested, Revision::join(&list));
        }
    }
}
