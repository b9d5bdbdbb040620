//! Reading threads that are timed, and a writing one beside them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bench::values::Value;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::contender::Contender;

/// How long a thread takes for so many reads while others read, too: the mean of all.
///
/// Each has a processor of its own, as far as there are enough: two that shared one would read one after the other. Who
/// has finished reads on until all have, so that none of them is alone for a part of its time.
pub(crate) fn read_by<H>(
    threads: u32,
    reads: u64,
    clock: Clock,
    handle: impl Fn() -> H + Sync,
    read: impl Fn(&mut H, u64) + Sync,
) -> Duration {
    let (ready, finished) = (Counter::default(), Counter::default());
    let reader = &|number| {
        stay_on_processor(number);
        let mut handle = handle();
        read(&mut handle, A_FEW);
        ready.add_one();
        while !ready.is(threads) {
            thread::yield_now();
        }
        let began = clock.now();
        read(&mut handle, reads);
        let took = clock.now() - began;
        finished.add_one();
        while !finished.is(threads) {
            read(&mut handle, A_FEW);
        }
        took
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || reader(number)))
            .collect();
        let times = readers
            .into_iter()
            .map(|reader| reader.join().expect("no reader panics"));
        times.sum::<Duration>() / threads
    })
}

/// What the time of a read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The time that a processor spends on it: what else runs on the machine adds nothing.
    Processor,
    /// The time that passes, and so the time for which a reader is held up, too.
    Wall,
}

impl Clock {
    /// The time since some moment.
    fn now(self) -> Duration {
        let clock = match self {
            Self::Processor => ClockId::ThreadCPUTime,
            Self::Wall => ClockId::Monotonic,
        };
        let now = clock_gettime(clock);
        Duration::try_from(now).expect("these clocks begin at zero")
    }
}

fn stay_on_processor(number: u32) {
    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    let processors: Vec<_> = (0..CpuSet::MAX_CPU)
        .filter(|&processor| allowed.is_set(processor))
        .collect();
    let mut own = CpuSet::new();
    own.set(processors[number as usize % processors.len()]);
    // If it is refused, the figures are noisier, and still valid.
    let _ = sched_setaffinity(None, &own);
}

/// How often somebody publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    None,
    Kilohertz,
    Fastest,
}

impl Writer {
    /// The clock for reads beside it. Where nobody writes, no reader is ever held up.
    pub(crate) fn clock(self) -> Clock {
        match self {
            Self::None => Clock::Processor,
            Self::Kilohertz | Self::Fastest => Clock::Wall,
        }
    }

    /// Does this while a thread publishes.
    pub(crate) fn beside<V: Value>(self, contender: &impl Contender<V>, work: impl FnOnce()) {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let value = V::sample();
                while self != Self::None && !stop.load(Ordering::Relaxed) {
                    contender.publish(value.clone());
                    if self == Self::Kilohertz {
                        thread::sleep(Duration::from_millis(1));
                    }
                }
            });
            work();
            stop.store(true, Ordering::Relaxed);
        });
    }
}

#[derive(Default)]
struct Counter(AtomicUsize);

impl Counter {
    fn add_one(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn is(&self, count: u32) -> bool {
        self.0.load(Ordering::SeqCst) == count as usize
    }
}

/// Enough to have everything at hand that a read needs, and little enough to look up often whether all have finished.
const A_FEW: u64 = 64;
