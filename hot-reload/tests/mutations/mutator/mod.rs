//! Structure-aware mutations of configuration files.
//!
//! A [`Mutant`] is a sample and a few edits, all from one seed. The edits are data, so [`Shrink`] can remove those that a
//! failure does not need. These files do not use the crate: other test binaries include them by path.
//!
//! - `edit`: one change, and how it is applied;
//! - `material`: the replacements;
//! - `tokens`: the parts of a file that edits change;
//! - `shrink`: reduces a mutant that fails.

#![allow(
    dead_code,
    unused_imports,
    reason = "not every test that includes it uses all of it"
)]

mod edit;
mod material;
mod shrink;
mod tokens;

use std::fmt;

use self::edit::Edit;

pub(crate) use self::shrink::{Case, Shrink};

/// The format of a sample: it decides which structures an edit builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Json,
    Yaml,
}

/// A sample after some edits.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) seed: u64,
    pub(crate) format: Format,
    sample: Vec<u8>,
    edits: Vec<Edit>,
}

impl Mutant {
    /// The mutant of this seed: mostly one edit, at most four.
    pub(crate) fn new(seed: u64, format: Format, sample: &str) -> Self {
        let mut dice = Dice(seed ^ 0x6d75_7461_6e74);
        let count = [1, 1, 1, 2, 2, 3, 4][dice.below(7)];
        let edits = (0..count).map(|_| Edit::random(&mut dice)).collect();
        Self {
            seed,
            format,
            sample: sample.as_bytes().to_vec(),
            edits,
        }
    }

    /// The content.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.edits.iter().fold(self.sample.clone(), |bytes, edit| {
            edit.apply(&bytes, self.format)
        })
    }

    /// The content, and what its one edit has changed.
    pub(crate) fn case(&self) -> Case {
        Case::new(self.bytes(), self.edited_line(), &self.sample)
    }

    /// The index of the only edited line, if there is one edit and it changes one line only.
    fn edited_line(&self) -> Option<usize> {
        let [edit] = *self.edits.as_slice() else {
            return None;
        };
        let bytes = self.bytes();
        let count = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
        if !edit.is_local() || count(&bytes) != count(&self.sample) {
            return None;
        }
        self.sample
            .split(|byte| *byte == b'\n')
            .zip(bytes.split(|byte| *byte == b'\n'))
            .position(|(before, after)| before != after)
    }
}

/// Shows the seed, the edits and the content, so that a person can repeat a failure.
impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            format,
            edits,
            ..
        } = self;
        write!(f, "seed {seed}, {format:?}, {edits:?}, {}", self.case())
    }
}

/// A pseudorandom number generator, so that a seed repeats a mutant.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
