//! Mutation tests: broken configuration files are decoded, and their errors checked.
//!
//! `HOT_RELOAD_SEED` sets the first seed, `HOT_RELOAD_ROUNDS` the number of mutants, and `HOT_RELOAD_HOURS` a run time instead.
//! An hour of it: `HOT_RELOAD_HOURS=1 cargo test --release --all-features --test mutations`.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]
#![allow(clippy::disallowed_methods, reason = "a run of an hour needs a clock")]

mod alone;
mod campaign;
mod catalogue;
mod limits;
mod mutator;
mod samples;

use self::mutator::Mutant;

#[test]
fn mutant_depends_on_its_seed_only_and_shrinks() {
    for (format, sample) in samples::ALL {
        let mut changed = 0;
        for seed in 0..200 {
            let mutant = Mutant::new(seed, format, sample);
            assert_eq!(mutant.bytes(), Mutant::new(seed, format, sample).bytes());
            changed += usize::from(mutant.bytes() != sample.as_bytes());
        }
        assert!(changed > 150, "{format:?}: {changed}");
    }
    let (format, sample) = samples::ALL[0];
    let small =
        Mutant::new(1, format, sample).shrunk(|bytes| bytes.windows(4).any(|part| part == b"port"));
    assert_eq!(small.bytes(), b"port");
}
