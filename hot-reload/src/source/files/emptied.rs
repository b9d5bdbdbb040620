//! [`Filled`]: the parts that have contained more than blank content.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::mem;

use super::{Files, Part};
use crate::source::blank::is_blank;

/// Which parts are blank or have become so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) enum Emptied {
    None,
    /// This part has become blank, given by its name, and possibly others, but not all.
    One(String),
    /// All parts are blank. `emptied`: the first that was not, given by its name.
    All {
        emptied: Option<String>,
    },
}

/// The parts that have contained more than blank content, by the hash of their key.
#[derive(Debug, Clone, Default)]
pub(in crate::source) struct Filled(HashSet<u64>);

impl Filled {
    /// Records which parts have content, and returns which are blank. A part that was removed and reappears counts as new,
    /// unless all parts were removed.
    pub(in crate::source) fn fill(&mut self, files: &Files) -> Emptied {
        let before = mem::take(&mut self.0);
        let (mut emptied, mut is_any_full, mut is_any) = (None, false, false);
        for part in files.iter() {
            is_any = true;
            let key = hash(part);
            let is_full = !is_blank(part.bytes());
            is_any_full |= is_full;
            if is_full || before.contains(&key) {
                self.0.insert(key);
            }
            if !is_full && emptied.is_none() && before.contains(&key) {
                emptied = Some(part.name().to_owned());
            }
        }
        match emptied {
            Some(name) if is_any_full => Emptied::One(name),
            emptied if is_any && !is_any_full => Emptied::All { emptied },
            _ => Emptied::None,
        }
    }
}

fn hash(part: &Part) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(part.key.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_becomes_blank_counts_as_emptied() {
        let mut filled = Filled::default();
        let mut fill = |parts: &[(&str, &str)]| {
            let parts = parts.iter().map(|(key, text)| Part::new(*key, *text));
            filled.fill(&Files::new(parts).unwrap())
        };
        assert_eq!(fill(&[("a", ""), ("b", "1")]), Emptied::None, "as it began");
        assert_eq!(fill(&[("a", "2"), ("b", "1")]), Emptied::None);
        let one = Emptied::One("a".to_owned());
        assert_eq!(fill(&[("a", ""), ("b", "1")]), one);
        assert_eq!(fill(&[("a", "\n"), ("b", "3")]), one, "it still is");
        let all = |emptied: Option<&str>| Emptied::All {
            emptied: emptied.map(str::to_owned),
        };
        let blank = [("0", ""), ("a", ""), ("b", " ")];
        assert_eq!(fill(&blank), all(Some("a")), "0 was never full");
        assert_eq!(fill(&[("c", "")]), all(None));
        assert_eq!(fill(&[]), Emptied::None);
        assert_eq!(fill(&[("b", "1"), ("c", "")]), Emptied::None, "c is new");
        assert_eq!(fill(&[("a", ""), ("b", "1")]), Emptied::None, "and so is a");
    }
}
