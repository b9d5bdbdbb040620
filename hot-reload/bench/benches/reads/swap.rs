//! The first read after a swap of a large value. The thread that frees the old value spends milliseconds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench::table::percentile;
use bench::values::Value;

use crate::contender::Contender;

/// The median time of the first read after a swap, by a thread that had read the old value.
///
/// The read begins after the publication has returned. If they overlapped, the publisher would sometimes free the old value.
pub(crate) fn first_read<C: Contender<Strings>>(new: impl FnOnce(Strings) -> C) -> Duration {
    let contender = new(Strings::sample());
    let (published, seen) = (AtomicU64::new(0), AtomicU64::new(0));
    let times = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut handle = contender.handle();
            assert_eq!(C::read(&mut handle), 0);
            let first_reads = (1..=SWAPS).map(|number| {
                wait_for(&published, number);
                let began = Instant::now();
                let read = C::read(&mut handle);
                let took = began.elapsed();
                assert_eq!(read, number, "what is published is visible");
                seen.store(number, Ordering::Release);
                took
            });
            first_reads.collect::<Vec<_>>()
        });
        for number in 1..=SWAPS {
            contender.publish(Strings::numbered(number));
            published.store(number, Ordering::Release);
            wait_for(&seen, number);
        }
        reader.join().expect("the reader does not panic")
    });
    percentile(&times, 50)
}

fn wait_for(counter: &AtomicU64, number: u64) {
    while counter.load(Ordering::Acquire) != number {
        thread::yield_now();
    }
}

/// A value that takes long to free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strings {
    number: u64,
    strings: Vec<String>,
}

impl Strings {
    fn numbered(number: u64) -> Self {
        Self {
            number,
            strings: (0..STRINGS)
                .map(|string| format!("string {string}"))
                .collect(),
        }
    }
}

impl Value for Strings {
    fn sample() -> Self {
        Self::numbered(0)
    }

    fn part(&self) -> &u64 {
        &self.number
    }
}

const STRINGS: usize = 200_000;
const SWAPS: u64 = 40;
