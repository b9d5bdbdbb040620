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

use self::mutator::{Case, Mutant, Shrink};

#[test]
fn mutant_depends_on_its_seed_only() {
    for (format, sample) in samples::ALL {
        let mut changed = 0;
        for seed in 0..200 {
            let mutant = Mutant::new(seed, format, sample);
            assert_eq!(mutant.bytes(), Mutant::new(seed, format, sample).bytes());
            changed += usize::from(mutant.bytes() != sample.as_bytes());
        }
        assert!(changed > 150, "{format:?}: {changed}");
    }
}

/// Whether the content has this text.
fn has(case: &Case, text: &str) -> bool {
    let bytes = case.bytes();
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// A planted fault needs two texts of the sample, far from each other, and none of the edits.
#[test]
fn failing_mutant_shrinks_to_the_texts_that_the_fault_needs() {
    for (format, sample) in samples::ALL {
        let fails = |case: &Case| has(case, "port") && has(case, "weight");
        let mutants = (0..100).map(|seed| Mutant::new(seed, format, sample));
        for mutant in mutants.filter(|mutant| fails(&mutant.case())) {
            let shown = mutant.to_string();
            let small = Shrink::new(mutant).run(fails);
            let length = small.smallest().bytes().len();
            assert_eq!(length, "portweight".len(), "{shown}\n{small}");
        }
    }
}

/// A planted fault needs what one of the edits inserts.
#[test]
fn failing_mutant_shrinks_to_the_edits_that_the_fault_needs() {
    let (format, sample) = samples::ALL[0];
    let fails = |case: &Case| has(case, "\0");
    let mutants = (0..5_000).map(|seed| Mutant::new(seed, format, sample));
    let (mut several, mut reduced) = (0, 0);
    for mutant in mutants.filter(|mutant| fails(&mutant.case())) {
        let small = Shrink::new(mutant.clone());
        let before = small.edits();
        let small = small.run(fails);
        assert_eq!(small.smallest().bytes(), b"\0", "{mutant}");
        // Sometimes an edit before it decides what it changes.
        several += usize::from(before > 1);
        reduced += usize::from(before > 1 && small.edits() == 1);
    }
    assert!(
        several > 3 && 2 * reduced > several,
        "{reduced} of {several}"
    );
}

/// A planted fault: the wrong line is named where a line above has a certain text.
#[test]
fn fault_about_the_edited_line_shrinks_without_losing_that_line() {
    let (format, sample) = samples::ALL[0];
    let fails = |case: &Case| {
        let above = case.edited_line().is_some_and(|line| line > 5);
        above && has(case, "ratio = 0.5")
    };
    let mutants = (0..500).map(|seed| Mutant::new(seed, format, sample));
    let mut shrunk = 0;
    for mutant in mutants.filter(|mutant| fails(&mutant.case())) {
        let small = Shrink::new(mutant.clone()).run(fails);
        let case = small.smallest();
        assert_eq!(case.edited_line(), Some(6), "{mutant}\n{small}");
        let lines = case.bytes().split(|byte| *byte == b'\n').count();
        assert!(lines <= 7, "{small}");
        assert!(case.before().is_some_and(|before| before != case.bytes()));
        shrunk += 1;
    }
    assert!(shrunk > 20, "{shrunk}");
}
