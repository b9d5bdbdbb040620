//! [`value_revision`]: the revision of a value, whatever its format, under a key.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use serde::Serialize;
use siphasher::sip128::{Hasher128, SipHasher24};

use super::collect::collect;
use super::tree::{Entries, Key, Node};
use crate::error::Error;
use crate::revision::Revision;
use crate::scope::Rules;

/// The key of the revisions of [values](value_revision).
///
/// Two processes with one key can compare what they serve. Without the key, a revision reveals nothing about its value, and
/// nobody can find a value by trying out guesses. So keep the key as a secret; [`random`](Self::random) needs none.
///
/// `Debug` does not show the key.
#[derive(Clone, Copy)]
pub struct RevisionKey([u8; 16]);

impl RevisionKey {
    /// Makes the key that all processes of a fleet share. The 16 bytes must be random and secret.
    pub const fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// The random key of this process. Every call returns the same one.
    pub fn random() -> Self {
        static KEY: OnceLock<[u8; 16]> = OnceLock::new();
        // The hasher of the standard library has a random key. Its output under that key is as hard to guess.
        Self(*KEY.get_or_init(|| {
            let keyed = RandomState::new();
            let halves = [keyed.hash_one(0_u64), keyed.hash_one(1_u64)];
            let mut key = [0; 16];
            for (to, half) in key.chunks_mut(8).zip(halves) {
                to.copy_from_slice(&half.to_le_bytes());
            }
            key
        }))
    }
}

#[cfg(any(
    feature = "admin",
    feature = "audit",
    feature = "metrics",
    feature = "prometheus"
))]
impl RevisionKey {
    /// Hides a revision of a source, which may be a plain hash of the content.
    pub(crate) fn hide(self, revision: &Revision) -> Revision {
        let mut to = SipHasher24::new_with_key(&self.0);
        // Apart from the revisions of values, each of which begins with the tag of a node.
        to.write(b"source revision\0");
        to.write(revision.as_bytes());
        Revision::from(to.finish128().as_u128())
    }
}

impl fmt::Debug for RevisionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevisionKey").finish_non_exhaustive()
    }
}

/// Computes a keyed revision of a value, from the value itself and not from the content that it was loaded from.
///
/// Two values have the same revision if a format would write the same for both. So the same value from TOML and from JSON has
/// one revision. The order of map keys and of struct fields does not matter, nor does the name of a type. The order of lists
/// does, and a `HashSet` serializes as a list in any order: use a `BTreeSet`. A number as the key of a map counts as its text,
/// because formats with text keys write it so. Otherwise, values differ as in a [comparison](super#how-values-are-compared).
///
/// The revision is SipHash-2-4 with 128 bits, a keyed pseudorandom function. With one key, it is the same in every process, on
/// every machine.
///
/// ```
/// use hot_reload::diff::{RevisionKey, value_revision};
///
/// #[derive(serde::Serialize)]
/// struct Config { workers: u16, listen: &'static str }
///
/// let key = RevisionKey::new(*b"16 secret bytes!");
/// let config = value_revision(&Config { workers: 4, listen: "[::]:80" }, key)?;
/// let other = value_revision(&Config { workers: 5, listen: "[::]:80" }, key)?;
/// assert_ne!(config, other);
/// assert_ne!(config, value_revision(&Config { workers: 4, listen: "[::]:80" }, RevisionKey::random())?);
/// # Ok::<(), hot_reload::Error>(())
/// ```
///
/// # Errors
///
/// As [`between`](super::between), for a value that cannot be serialized.
pub fn value_revision<V: Serialize + ?Sized>(
    value: &V,
    key: RevisionKey,
) -> Result<Revision, Error> {
    let node = collect(value, &Rules::default())?;
    let mut to = SipHasher24::new_with_key(&key.0);
    write(&node, &mut to);
    Ok(Revision::from(to.finish128().as_u128()))
}

/// Writes a value so that two values are written alike only if they are equal: each has a tag, and what has a length begins with
/// it. Lists and tuples are alike, and so are maps and structs, because formats do not distinguish them.
fn write(node: &Node, to: &mut SipHasher24) {
    match node {
        Node::Nothing => to.write(b"n"),
        Node::Bool(value) => to.write(&[b'b', u8::from(*value)]),
        Node::Int(value) => {
            to.write(b"i");
            to.write(&value.to_le_bytes());
        }
        Node::Large(value) => {
            to.write(b"u");
            to.write(&value.to_le_bytes());
        }
        Node::Float(bits) => {
            to.write(b"f");
            to.write(&bits.to_le_bytes());
        }
        Node::Text(text) => write_bytes(b"t", text.as_bytes(), to),
        Node::Bytes(bytes) => write_bytes(b"x", bytes, to),
        Node::List(items) | Node::Tuple(items) => {
            write_length(b"l", items.len(), to);
            for item in items {
                write(item, to);
            }
        }
        Node::Map(entries) | Node::Record(entries) => write_entries(entries, to),
    }
}

/// Entries are sorted already.
fn write_entries(entries: &Entries, to: &mut SipHasher24) {
    write_length(b"m", entries.len(), to);
    for (key, value) in entries {
        match key {
            Key::Text(text) => write_bytes(b"k", text.as_bytes(), to),
            Key::Other(node) => {
                to.write(b"o");
                write(node, to);
            }
        }
        write(value, to);
    }
}

fn write_bytes(tag: &[u8; 1], bytes: &[u8], to: &mut SipHasher24) {
    write_length(tag, bytes.len(), to);
    to.write(bytes);
}

fn write_length(tag: &[u8; 1], length: usize, to: &mut SipHasher24) {
    to.write(tag);
    to.write(&(length as u64).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;

    use super::*;

    const KEY: RevisionKey = RevisionKey::new([7; 16]);

    fn revision<V: Serialize + ?Sized>(value: &V) -> Revision {
        value_revision(value, KEY).expect("the value can be serialized")
    }

    #[derive(Serialize)]
    struct Config {
        workers: u16,
        hosts: Vec<&'static str>,
        timeout: Option<f64>,
    }

    #[test]
    fn revision_stays_the_same_across_versions() {
        let config = Config {
            workers: 4,
            hosts: vec!["a", "b"],
            timeout: Some(0.5),
        };
        assert_eq!(
            revision(&config).to_string(),
            "4aea5e20654f9c15f3f42d75b0f37788"
        );
    }

    #[test]
    fn struct_map_and_order_of_keys_do_not_matter() {
        let pairs = [("b", 1), ("a", 2), ("c", 3)];
        let sorted = revision(&BTreeMap::from(pairs));
        assert_eq!(revision(&HashMap::from(pairs)), sorted);
        #[derive(Serialize)]
        struct Three {
            c: u8,
            a: i64,
            b: u32,
        }
        assert_eq!(revision(&Three { c: 3, a: 2, b: 1 }), sorted);
        assert_eq!(revision(&(1, 2)), revision(&[1, 2]));
    }

    #[test]
    fn different_keys_that_are_shown_alike_have_different_revisions() {
        const SECRETS: [&str; 2] = ["password=hunter2", "postgres://app:hunter2@db/shop"];
        struct Bytes(&'static [u8]);
        impl Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_bytes(self.0)
            }
        }
        struct Entry<K>(K);
        impl<K: Serialize> Serialize for Entry<K> {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_map([(&self.0, 1)])
            }
        }
        let [one, two] = SECRETS;
        let revisions = [
            revision(&Entry(Bytes(b"abc"))),
            revision(&Entry(Bytes(b"abd"))),
            revision(&Entry("3 bytes")),
            revision(&Entry((1, one))),
            revision(&Entry((1, two))),
            revision(&Entry("[1, (secret)]")),
            revision(&Entry(BTreeMap::from([("password", one)]))),
            revision(&Entry(BTreeMap::from([("password", two)]))),
            revision(&Entry(None::<u8>)),
            revision(&Entry("none")),
            revision(&Entry(one)),
            revision(&Entry("(secret)")),
        ];
        for (at, revision) in revisions.iter().enumerate() {
            assert!(!revisions[..at].contains(revision), "revision {at}");
        }
    }

    #[test]
    fn number_as_key_has_the_revision_of_its_text() {
        let text = |key| revision(&BTreeMap::from([(key, 1)]));
        assert_eq!(revision(&BTreeMap::from([(8080_u16, 1)])), text("8080"));
        assert_eq!(revision(&BTreeMap::from([(true, 1)])), text("true"));
    }

    #[test]
    fn key_decides_the_revision_and_is_not_shown() {
        let other = value_revision("text", RevisionKey::new([8; 16]));
        assert_ne!(revision("text"), other.expect("it can be serialized"));
        let random = [RevisionKey::random(), RevisionKey::random()];
        let [one, two] = random.map(|key| value_revision("text", key).ok());
        assert_eq!(one, two);
        assert_eq!(format!("{KEY:?}"), "RevisionKey { .. }");
    }

    #[test]
    fn value_that_cannot_be_serialized_is_an_error() {
        struct Fails;
        impl Serialize for Fails {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("it cannot be written"))
            }
        }
        assert!(value_revision(&Fails, KEY).is_err());
    }

    fn node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::Nothing),
            any::<bool>().prop_map(Node::Bool),
            (-2_i128..3).prop_map(Node::Int),
            any::<f64>().prop_map(Node::float),
            "[ab]{0,2}".prop_map(Node::Text),
            prop::collection::vec(0_u8..2, 0..3).prop_map(Node::Bytes),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let key = inner.clone().prop_map(Key::of);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Node::List),
                prop::collection::btree_map(key, inner, 0..3)
                    .prop_map(|map| Node::Map(map.into_iter().collect())),
            ]
        })
    }

    fn hashed(node: &Node) -> u128 {
        let mut to = SipHasher24::new_with_key(&KEY.0);
        write(node, &mut to);
        to.finish128().as_u128()
    }

    proptest! {
        #[test]
        fn revisions_are_equal_exactly_if_values_are(one in node(), other in node()) {
            prop_assert_eq!(hashed(&one) == hashed(&other), one == other);
        }
    }
}
