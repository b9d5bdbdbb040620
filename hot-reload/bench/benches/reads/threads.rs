//! Reading threads that are timed, and a writing one beside them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bench::values::Value;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::contender::Contender;

/// The mean time that a thread takes for this many reads while other threads read, too.
///
/// Each thread has its own processor if there are enough, because two threads on one processor would take turns. A thread that
/// has finished reads on until all have finished, so that no thread ever reads alone.
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

/// The clock that times a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The processor time of the thread. Other programs do not add to it.
    Processor,
    /// The wall time, which includes the time for which a reader is delayed.
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
    // If the system refuses this, the figures are noisier and still valid.
    let _ = sched_setaffinity(None, &own);
}

/// How often a thread publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    None,
    Kilohertz,
    Fastest,
}

impl Writer {
    /// The clock for reads beside this writer. Without a writer, no reader is delayed.
    pub(crate) fn clock(self) -> Clock {
        match self {
            Self::None => Clock::Processor,
            Self::Kilohertz | Self::Fastest => Clock::Wall,
        }
    }

    /// Runs `work` while a thread publishes.
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

/// Large enough to keep everything that a read needs in the cache. Small enough to check often whether all have finished.
const A_FEW: u64 = 64;
