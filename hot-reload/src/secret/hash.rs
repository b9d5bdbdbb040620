//! [`keyed`]: a hash that nobody outside of the process can test guesses with.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// A hash with a key of this process, so that nobody can guess a secret and compare.
pub(crate) fn keyed(write: impl Fn(&mut dyn Hasher)) -> u128 {
    static KEYS: OnceLock<[RandomState; 2]> = OnceLock::new();
    let keys = KEYS.get_or_init(Default::default).each_ref();
    let [high, low] = keys.map(|key| {
        let mut hasher = key.build_hasher();
        write(&mut hasher);
        u128::from(hasher.finish())
    });
    high << 64 | low
}
