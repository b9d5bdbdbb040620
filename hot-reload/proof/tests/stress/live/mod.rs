//! The files of the library, with their real parts and barrier.
#![allow(
    dead_code,
    reason = "the library has a use for all of it, the load for a part"
)]

#[path = "../../../../src/live/barrier/mod.rs"]
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

use std::time::Duration;

use load::{Plan, Way, run};

const WAYS: [Way; 8] = [
    Way::Guard,
    Way::Guards,
    Way::Share,
    Way::Reader,
    Way::Moving,
    Way::Threads,
    Way::Strangers,
    Way::Forgotten,
];

/// For tools that take a thousand times as long.
const SWAPS: u64 = if cfg!(miri) { 100 } else { u64::MAX };

fn nothing_bad(plan: Plan) {
    let seen = run(&WAYS, plan);
    println!("{seen:?}");
    assert_eq!(seen.bad, 0, "{seen:?}");
    let counts = [seen.swept, seen.reads, seen.forgotten];
    assert!(counts.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn no_reader_sees_a_swept_value_or_frees_one() {
    nothing_bad(Plan {
        reuse: true,
        time: Duration::from_secs(3),
        swaps: SWAPS,
    });
}

/// The same for tools that know what is freed: sanitizers and Miri.
#[test]
fn swept_node_can_be_freed_at_once() {
    nothing_bad(Plan {
        reuse: false,
        time: Duration::from_secs(1),
        swaps: SWAPS,
    });
}
