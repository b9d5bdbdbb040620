//! [`FilesLimits`]: the bounds of what a source may put into [`Files`].

use super::{Files, Part};
use crate::error::{Error, ErrorKind, Location};

/// The bounds of what [`Files`] may contain. Default: as for `Dir`: 10,000 parts, 16 MiB each, 64 MiB
/// together.
///
/// ```
/// use hot_reload::source::files::{FilesLimits, Part};
///
/// let limits = FilesLimits::default().parts(2).part_bytes(16);
/// assert_eq!(limits.collect([Part::new("b", "2"), Part::new("a", "1")]).unwrap().len(), 2);
///
/// let error = limits.collect([Part::new("users/ann", vec![b'x'; 17])]).unwrap_err();
/// assert_eq!(error.to_string(), "users/ann: has 17 bytes, and the limit is 16 bytes");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilesLimits {
    parts: usize,
    part: u64,
    total: u64,
}

impl FilesLimits {
    /// Sets the largest number of parts. Default: 10,000.
    #[must_use]
    pub const fn parts(self, parts: usize) -> Self {
        Self { parts, ..self }
    }

    /// Sets the largest size of one part, in bytes. Default: 16 MiB.
    #[must_use]
    pub const fn part_bytes(self, part: u64) -> Self {
        Self { part, ..self }
    }

    /// Sets the largest size of all parts and keys together, in bytes. Default: 64 MiB.
    #[must_use]
    pub const fn total_bytes(self, total: u64) -> Self {
        Self { total, ..self }
    }

    /// Puts parts together, in any order. Takes no part after the first one that exceeds a limit.
    ///
    /// # Errors
    ///
    /// As [`Files::new`].
    pub fn collect(self, parts: impl IntoIterator<Item = Part>) -> Result<Files, Error> {
        let mut all = self.take(parts)?;
        all.sort_unstable_by(|one, other| one.key.as_bytes().cmp(other.key.as_bytes()));
        unique(&all.iter().collect::<Vec<_>>())?;
        Ok(Files::ordered(all))
    }

    /// Puts parts together and keeps their order.
    fn collect_in_order(self, parts: impl IntoIterator<Item = Part>) -> Result<Files, Error> {
        let all = self.take(parts)?;
        let mut sorted: Vec<_> = all.iter().collect();
        sorted.sort_unstable_by(|one, other| one.key.as_bytes().cmp(other.key.as_bytes()));
        unique(&sorted)?;
        Ok(Files::ordered(all))
    }

    fn take(self, parts: impl IntoIterator<Item = Part>) -> Result<Vec<Part>, Error> {
        let (mut all, mut sum) = (Vec::new(), 0_u64);
        for part in parts {
            let refuse = |text: String| {
                let place = Location::new(part.name());
                Err(Error::new(ErrorKind::TooLarge, text).at(place))
            };
            let (key, bytes) = (part.key.as_bytes().len(), part.bytes().len() as u64);
            if all.len() == self.parts {
                let limit = self.parts;
                return refuse(format!(
                    "is one part too many, and the limit is {limit} parts"
                ));
            }
            if key > KEY {
                return refuse(format!(
                    "has a key of {key} bytes, and the limit is {KEY} bytes"
                ));
            }
            if bytes > self.part {
                let limit = self.part;
                return refuse(format!("has {bytes} bytes, and the limit is {limit} bytes"));
            }
            sum = sum.saturating_add(bytes).saturating_add(key as u64);
            if sum > self.total {
                let limit = self.total;
                return refuse(format!(
                    "is too much: with it, all parts have {sum} bytes, and the limit for all is {limit} bytes"
                ));
            }
            all.push(part);
        }
        Ok(all)
    }
}

/// Refuses a key that occurs twice. The parts are sorted.
fn unique(sorted: &[&Part]) -> Result<(), Error> {
    let is_same = |two: &&[&Part]| two[0].key.as_bytes() == two[1].key.as_bytes();
    match sorted.windows(2).find(is_same) {
        Some(two) => {
            let text = "occurs twice; each part needs a key of its own";
            Err(Error::new(ErrorKind::Invalid, text).at(Location::new(two[0].name())))
        }
        None => Ok(()),
    }
}

impl Files {
    /// Puts parts together, in any order, within the default [`FilesLimits`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] for parts beyond the limits, and [`ErrorKind::Invalid`] for a key that occurs twice. The error
    /// names the key. Add the revision by [`Error::with_revision`], so that the parts are not read again while it stays.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Result<Self, Error> {
        FilesLimits::default().collect(parts)
    }

    /// Puts parts together as [`new`](Self::new) does, and keeps their order. When they are merged, later parts win.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn in_order(parts: impl IntoIterator<Item = Part>) -> Result<Self, Error> {
        FilesLimits::default().collect_in_order(parts)
    }
}

impl Default for FilesLimits {
    fn default() -> Self {
        Self {
            parts: 10_000,
            part: 16 << 20,
            total: 64 << 20,
        }
    }
}

/// The most bytes of a key: what a path may have on most systems.
const KEY: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sized(key: &str, size: usize) -> Part {
        Part::new(key, vec![b'x'; size])
    }

    fn refusal(limits: FilesLimits, parts: Vec<Part>) -> (ErrorKind, String) {
        let error = limits.collect(parts).unwrap_err();
        (error.kind(), error.to_string())
    }

    #[test]
    fn p17_parts_beyond_each_limit_are_refused_by_name() {
        let limits = FilesLimits::default()
            .parts(2)
            .part_bytes(10)
            .total_bytes(20);
        let at_most = vec![sized("a", 10), sized("b", 8)];
        assert_eq!(limits.collect(at_most.clone()).unwrap().len(), 2);
        let beyond = [
            (
                sized("c", 0),
                "c: is one part too many, and the limit is 2 parts",
            ),
            (sized("c", 11), "c: has 11 bytes, and the limit is 10 bytes"),
            (
                sized("c", 10),
                "c: is too much: with it, all parts have 22 bytes, and the limit for all is 20 bytes",
            ),
        ];
        for (part, text) in beyond {
            let mut parts = at_most.clone();
            if part.bytes().is_empty() {
                parts.push(part);
            } else {
                parts[1] = part;
            }
            assert_eq!(
                refusal(limits, parts),
                (ErrorKind::TooLarge, text.to_owned())
            );
        }
        let (kind, text) = refusal(limits, vec![sized(&"k".repeat(5000), 1)]);
        assert_eq!(kind, ErrorKind::TooLarge);
        assert!(text.contains("has a key of 5000 bytes"), "{text}");
    }

    #[test]
    fn p17_no_part_is_taken_after_the_limit() {
        let mut taken = 0;
        let endless = std::iter::repeat_with(|| {
            taken += 1;
            sized(&taken.to_string(), 1)
        });
        assert!(FilesLimits::default().parts(5).collect(endless).is_err());
        assert_eq!(taken, 6);
    }

    #[test]
    fn key_that_occurs_twice_is_refused() {
        let (kind, text) = refusal(
            FilesLimits::default(),
            vec![sized("b", 1), sized("a", 1), sized("b", 2)],
        );
        assert_eq!(kind, ErrorKind::Invalid);
        assert_eq!(text, "b: occurs twice; each part needs a key of its own");
    }

    #[test]
    fn keys_are_texts_and_not_paths() {
        let keys = ["", "/", "//", "a", "a/", "a/./b", "a//b", "a/b", "b/../a"];
        let files = Files::new(keys.iter().rev().map(|key| Part::new(*key, *key))).unwrap();
        for key in keys {
            assert_eq!(files.get(key).unwrap().bytes(), key.as_bytes());
            assert_eq!(files.get(key).unwrap().key(), key);
        }
        let sorted: Vec<_> = files.iter().map(|part| part.key().into_owned()).collect();
        assert_eq!(sorted, keys);
    }

    proptest! {
        #[test]
        fn parts_are_in_the_order_of_their_bytes(keys in proptest::collection::btree_set(".{0,6}", 0..20)) {
            let mut shuffled: Vec<_> = keys.iter().collect();
            shuffled.reverse();
            let files = Files::new(shuffled.iter().map(|key| Part::new(key.as_str(), key.as_bytes()))).unwrap();
            let found: Vec<_> = files.iter().map(|part| part.key().into_owned()).collect();
            prop_assert_eq!(found, keys.into_iter().collect::<Vec<_>>());
        }
    }
}
