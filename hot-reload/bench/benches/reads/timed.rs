//! The measurements by criterion: every contender in every scenario.

use std::time::Duration;

use bench::reads::repeat;
use bench::values::{Config, Page, Value};
use criterion::{BenchmarkId, Criterion, SamplingMode};

use crate::accessors::{Get, Load, Project, Remember};
use crate::contender::Contender;
use crate::others::{ParkingLock, Plain, StdLock, SwapCache, SwapLoad, SwapLoadFull, WatchBorrow};
use crate::published::PublishedGet;
use crate::threads::{Clock, Writer, read_by};

/// Measures the contenders one after the other, so that compared results are close in time.
macro_rules! for_each_contender {
    ($measure:ident::<$value:ty>($($argument:expr),*)) => {
        $measure::<$value, _>($($argument,)* Plain::new);
        $measure::<$value, _>($($argument,)* Remember::new);
        $measure::<$value, _>($($argument,)* SwapCache::new);
        $measure::<$value, _>($($argument,)* Load::new);
        $measure::<$value, _>($($argument,)* |value| Project::new(value, <$value>::part));
        $measure::<$value, _>($($argument,)* SwapLoad::new);
        $measure::<$value, _>($($argument,)* WatchBorrow::new);
        $measure::<$value, _>($($argument,)* StdLock::new);
        $measure::<$value, _>($($argument,)* ParkingLock::new);
        $measure::<$value, _>($($argument,)* Get::new);
        $measure::<$value, _>($($argument,)* SwapLoadFull::new);
        $measure::<$value, _>($($argument,)* PublishedGet::new);
    };
}

pub(crate) fn all(criterion: &mut Criterion) {
    for scenario in Scenario::ALL {
        for_each_contender!(one_value::<Config>(criterion, scenario));
    }
    for (threads, values) in [(1, 1), (1, 1_000), (2, 1), (2, 1_000)] {
        for_each_contender!(many_values::<Page>(criterion, threads, values));
    }
    dependent_reads(criterion, Plain::<Config>::new);
    dependent_reads(criterion, Remember::<Config>::new);
    dependent_reads(criterion, SwapCache::<Config>::new);
    dependent_reads(criterion, Load::<Config>::new);
    dependent_reads(criterion, SwapLoad::<Config>::new);
}

/// The number of threads that read one value, and the writer beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scenario {
    pub(crate) threads: u32,
    pub(crate) writer: Writer,
}

impl Scenario {
    pub(crate) const ALL: [Self; 6] = [
        Self::new(1, Writer::None),
        Self::new(2, Writer::None),
        Self::new(1, Writer::Kilohertz),
        Self::new(2, Writer::Kilohertz),
        Self::new(1, Writer::Fastest),
        Self::new(2, Writer::Fastest),
    ];

    pub(crate) const fn new(threads: u32, writer: Writer) -> Self {
        Self { threads, writer }
    }

    pub(crate) fn name(self) -> String {
        let writer = match self.writer {
            Writer::None => "no_writer",
            Writer::Kilohertz => "writer_1_khz",
            Writer::Fastest => "writer_fastest",
        };
        format!("threads_{}_{writer}", self.threads)
    }
}

/// Reads of one configuration, as many as the processor does at once.
fn one_value<V: Value, C: Contender<V>>(
    criterion: &mut Criterion,
    scenario: Scenario,
    new: impl FnOnce(V) -> C,
) {
    let contender = new(V::sample());
    scenario.writer.beside(&contender, || {
        measure(criterion, ONE_VALUE, C::NAME, scenario.name(), |reads| {
            read_by(
                scenario.threads,
                reads,
                scenario.writer.clock(),
                || contender.handle(),
                read_one::<V, C>,
            )
        });
    });
}

#[inline(never)]
fn read_one<V: Value, C: Contender<V>>(handle: &mut C::Handle, reads: u64) {
    repeat(reads, || C::read(handle));
}

/// Reads of pages of 4 KiB, in an order that no processor predicts.
fn many_values<V: Value, C: Contender<V>>(
    criterion: &mut Criterion,
    threads: u32,
    values: usize,
    new: impl Fn(V) -> C,
) {
    let contenders: Vec<_> = (0..values).map(|_| new(V::sample())).collect();
    let order = order(values);
    let name = many_values_name(threads, values);
    measure(criterion, MANY_VALUES, C::NAME, name, |reads| {
        let handles = || contenders.iter().map(C::handle).collect::<Vec<_>>();
        read_by(
            threads,
            reads,
            Clock::Processor,
            handles,
            |handles, reads| {
                read_many::<V, C>(handles, &order, reads);
            },
        )
    });
}

pub(crate) fn many_values_name(threads: u32, values: usize) -> String {
    format!("threads_{threads}_values_{values}")
}

#[inline(never)]
fn read_many<V: Value, C: Contender<V>>(handles: &mut [C::Handle], order: &Order, reads: u64) {
    let mut at = 0;
    repeat(reads, || {
        at = (at + 1) % order.len();
        C::read(&mut handles[usize::from(order[at])])
    });
}

/// The order in which values are read. It is drawn in advance, so that drawing does not count as part of a read.
type Order = [u16; 4096];

fn order(values: usize) -> Order {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::array::from_fn(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u16::try_from(state % values as u64).expect("no more values than can be numbered")
    })
}

/// Dependent reads: each read needs the number of the read before as its index.
fn dependent_reads<V: Value, C: Contender<V>>(criterion: &mut Criterion, new: impl FnOnce(V) -> C) {
    let contender = new(V::sample());
    let scenario = Scenario::new(1, Writer::None).name();
    measure(criterion, DEPENDENT, C::NAME, scenario, |reads| {
        let handles = || vec![Box::new(contender.handle())];
        read_by(1, reads, Clock::Processor, handles, |handles, reads| {
            read_dependent::<V, C>(handles, reads);
        })
    });
}

/// The handles are boxed, so that their size does not count.
#[inline(never)]
fn read_dependent<V: Value, C: Contender<V>>(handles: &mut [Box<C::Handle>], reads: u64) {
    let mut at = 0;
    repeat(reads, || {
        at = C::read(&mut handles[at]) as usize;
        0
    });
    assert_eq!(at, 0, "the number of every sample is zero");
}

fn measure(
    criterion: &mut Criterion,
    group: &str,
    contender: &str,
    scenario: String,
    mut time: impl FnMut(u64) -> Duration,
) {
    let mut group = criterion.benchmark_group(group);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(SAMPLES)
        .warm_up_time(WARM_UP)
        .measurement_time(MEASUREMENT)
        .bench_function(BenchmarkId::new(contender, scenario), |bencher| {
            bencher.iter_custom(&mut time);
        });
    group.finish();
}

pub(crate) const ONE_VALUE: &str = "one_value";
pub(crate) const MANY_VALUES: &str = "many_values";
pub(crate) const DEPENDENT: &str = "dependent";

/// Few and short enough for a run of two or three minutes. A sample takes ten milliseconds, which is ten swaps of the 1 kHz
/// writer.
const SAMPLES: usize = 30;
const WARM_UP: Duration = Duration::from_millis(100);
const MEASUREMENT: Duration = Duration::from_millis(300);
