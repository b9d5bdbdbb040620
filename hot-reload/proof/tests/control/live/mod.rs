//! The files of the library, with a barrier for the compiler only.
#![allow(
    dead_code,
    reason = "the library has a use for all of it, the load for a part"
)]

mod barrier;
#[path = "../../../../src/live/cell.rs"]
mod cell;
#[path = "../../../../src/live/hazard.rs"]
mod hazard;
#[path = "../../load/mod.rs"]
mod load;
#[path = "../../../../src/live/sync.rs"]
mod sync;
#[path = "../../../../src/live/thread.rs"]
mod thread;

use std::io::Write;
use std::time::Duration;

use load::{Plan, Way, run};

#[test]
fn missing_publisher_barrier_lets_a_reader_see_a_swept_node() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        let why = "not run: missing_publisher_barrier_lets_a_reader_see_a_swept_node: it takes two processors";
        assert!(std::env::var_os("HOT_RELOAD_REQUIRE").is_none(), "{why}");
        let _ = writeln!(std::io::stderr(), "{why}");
        return;
    }
    let seen = run(
        &vec![Way::Guard; (cores - 1).min(3)],
        Plan {
            reuse: true,
            time: Duration::from_secs(60),
            swaps: u64::MAX,
        },
    );
    println!("{seen:?}");
    assert!(seen.bad > 0, "the load shows nothing: {seen:?}");
}
