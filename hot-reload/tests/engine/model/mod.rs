//! Model test: a [reference](reference) predicts what a service may publish after any sequence of inputs.
//!
//! A schedule has a few rounds of steps in quick succession, so that changes, failures, rollbacks, pauses and stops overlap.
//! After each round, the test waits until nothing happens any more. Time is paused; the constants are those of production. The
//! test checks that
//!
//! 1. generations are 1, 2, 3 …, and every participant committed exactly the visible values,
//! 2. a rollback publishes a kept value on request only, with its origin,
//! 3. every other value was loaded since the last publication; it was good, accepted, and not loaded in a pause,
//! 4. the source is not published twice,
//! 5. at rest, the value of the source is visible or the status says why not, within the promised bound,
//! 6. after all faults have ended, the newest value is visible, whatever happened before,
//! 7. after a stop nothing is published, every caller has its receipt, and no resource is left.
//!
//! | variable | |
//! |---|---|
//! | `HOT_RELOAD_SEED` | the seed of the schedules, which is printed |
//! | `HOT_RELOAD_SCHEDULES` | the number of schedules |
//! | `HOT_RELOAD_SHRINK=0` | prints a failing schedule without shrinking it |
//!
//! The service has a jitter of its own, so a seed that fails once may pass the next time.

mod record;
mod reference;
mod rest;
mod schedule;
mod witness;
mod world;

use std::hash::{BuildHasher, RandomState};

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use self::schedule::schedules;
use self::world::run;

#[test]
fn p01_p09_p14_model_predicts_every_sequence_of_inputs() {
    let seed = number("SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    eprintln!("HOT_RELOAD_SEED={seed}");
    let mut runner = TestRunner::new(Config {
        cases: number("SCHEDULES").map_or(USUAL, |schedules| schedules as u32),
        failure_persistence: None,
        max_shrink_iters: if number("SHRINK") == Some(0) {
            0
        } else {
            4_000
        },
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    });
    let explained = runner.run(&schedules(), |schedule| {
        run(&schedule).map_err(TestCaseError::fail)
    });
    match explained {
        Ok(()) => {}
        Err(TestError::Fail(wrong, schedule)) => panic!("{wrong}\n{schedule:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// The number of schedules that find each planted bug.
const USUAL: u32 = 300;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(format!("HOT_RELOAD_{name}")).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("HOT_RELOAD_{name} is no number: {text}")))
}
