//! [`keyed`]: a hash under a key of the process, so that nobody outside of it can test guesses of a secret.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// Hashes under a key of this process. Without the key, nobody can test a guess of a hashed secret.
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
