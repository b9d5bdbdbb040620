//! The cost of a publication without subscribers, with threads that have read.

use std::time::{Duration, Instant};

use bench::table::percentile;
use bench::values::{Config, Value};
use ours::testing::Publisher;

use crate::idle::Idle;

/// The median time of one publication beside this many idle threads that have read once.
pub(crate) fn beside_idle_threads(threads: usize) -> Duration {
    let publisher = Publisher::new(Config::sample());
    let idle = Idle::start(threads, &publisher.live());
    let times: Vec<_> = (0..PUBLICATIONS)
        .map(|_| {
            let value = Config::sample();
            let began = Instant::now();
            publisher.publish(value);
            began.elapsed()
        })
        .collect();
    drop(idle);
    percentile(&times, 50)
}

const PUBLICATIONS: usize = 1_000;
