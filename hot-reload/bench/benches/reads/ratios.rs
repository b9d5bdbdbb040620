//! The ratios of criterion's medians, and their bounds.

use bench::values::{Config, Page};

use crate::accessors::{Get, Load, Project, Remember};
use crate::contender::Contender;
use crate::estimates::{Estimates, Key};
use crate::others::{ParkingLock, Plain, StdLock, SwapCache, SwapLoad, SwapLoadFull, WatchBorrow};
use crate::published::PublishedGet;
use crate::rows::Rows;
use crate::threads::Writer;
use crate::timed::{DEPENDENT, MANY_VALUES, ONE_VALUE, Scenario, many_values_name};

/// Adds a row for each ratio whose two sides were measured in this run.
pub(crate) fn add(rows: &mut Rows, estimates: &Estimates) -> anyhow::Result<()> {
    let all = [
        of_one_thread(),
        of_dependent_reads(),
        of_two_threads(),
        of_many_values(),
        beside_writers(),
    ];
    for ratio in all.into_iter().flatten() {
        let ours = estimates.median(&ratio.ours)?;
        let other = estimates.median(&ratio.other)?;
        if let (Some(ours), Some(other)) = (ours, other) {
            rows.ratio(ratio.what, ours / other, ratio.bound);
        }
    }
    Ok(())
}

struct Ratio {
    what: String,
    ours: Key,
    other: Key,
    bound: Option<f64>,
}

fn of_one_thread() -> Vec<Ratio> {
    let alone = Scenario::new(1, Writer::None);
    vec![
        against::<Remember<_>, SwapCache<_>>(alone, Some(1.25)),
        against::<Remember<_>, Plain<_>>(alone, Some(3.0)),
        against::<Load<_>, SwapLoad<_>>(alone, Some(LOAD_TO_ARC_SWAP)),
        against::<Load<_>, WatchBorrow<_>>(alone, Some(0.3)),
        against::<Load<_>, PublishedGet<_>>(alone, Some(0.02)),
        against::<Load<_>, Plain<_>>(alone, Some(6.0)),
        against::<Load<_>, StdLock<_>>(alone, None),
        against::<Load<_>, ParkingLock<_>>(alone, None),
        against::<Get<_>, SwapLoadFull<_>>(alone, Some(0.6)),
        against::<Project<_>, Load<_>>(alone, None),
    ]
}

fn of_dependent_reads() -> Vec<Ratio> {
    fn against<Ours: Contender<Config>, Other: Contender<Config>>(bound: Option<f64>) -> Ratio {
        let scenario = Scenario::new(1, Writer::None).name();
        Ratio {
            what: format!(
                "{} / {}, each read depends on the one before",
                Ours::NAME,
                Other::NAME
            ),
            ours: Key::new(DEPENDENT, Ours::NAME, &scenario),
            other: Key::new(DEPENDENT, Other::NAME, &scenario),
            bound,
        }
    }
    vec![
        against::<Remember<_>, Plain<_>>(Some(1.15)),
        against::<Remember<_>, SwapCache<_>>(None),
        against::<Load<_>, Plain<_>>(None),
        against::<Load<_>, SwapLoad<_>>(None),
    ]
}

fn of_two_threads() -> Vec<Ratio> {
    fn to_one<C: Contender<Config>>(bound: Option<f64>) -> Ratio {
        let [one, two] = [1, 2].map(|threads| Scenario::new(threads, Writer::None).name());
        Ratio {
            what: format!("{}: two threads / one", C::NAME),
            ours: Key::new(ONE_VALUE, C::NAME, &two),
            other: Key::new(ONE_VALUE, C::NAME, &one),
            bound,
        }
    }
    vec![
        to_one::<Load<_>>(Some(1.15)),
        to_one::<Remember<_>>(Some(1.15)),
        to_one::<Project<_>>(None),
        to_one::<Plain<_>>(None),
        to_one::<Get<_>>(None),
        to_one::<SwapLoad<_>>(None),
        to_one::<SwapLoadFull<_>>(None),
        to_one::<SwapCache<_>>(None),
        to_one::<WatchBorrow<_>>(None),
        to_one::<StdLock<_>>(None),
        to_one::<ParkingLock<_>>(None),
        to_one::<PublishedGet<_>>(None),
    ]
}

fn of_many_values() -> Vec<Ratio> {
    fn to_one<C: Contender<Page>>(bound: Option<f64>) -> Ratio {
        Ratio {
            what: format!("{}: 1,000 values / one", C::NAME),
            ours: Key::new(MANY_VALUES, C::NAME, &many_values_name(1, 1_000)),
            other: Key::new(MANY_VALUES, C::NAME, &many_values_name(1, 1)),
            bound,
        }
    }
    vec![
        to_one::<Load<_>>(Some(1.5)),
        to_one::<Remember<_>>(None),
        to_one::<Plain<_>>(None),
        to_one::<SwapLoad<_>>(None),
        to_one::<SwapCache<_>>(None),
        to_one::<WatchBorrow<_>>(None),
    ]
}

/// These ratios have no bounds, because the cost for readers depends on how often the writer writes.
fn beside_writers() -> Vec<Ratio> {
    let writers = [Writer::Kilohertz, Writer::Fastest];
    let ratios = writers.into_iter().flat_map(|writer| {
        [1, 2].into_iter().flat_map(move |threads| {
            let scenario = Scenario::new(threads, writer);
            [
                against::<Load<_>, SwapLoad<_>>(scenario, None),
                against::<Remember<_>, SwapCache<_>>(scenario, None),
                against::<Load<_>, WatchBorrow<_>>(scenario, None),
                against::<Load<_>, StdLock<_>>(scenario, None),
            ]
        })
    });
    ratios.collect()
}

fn against<Ours: Contender<Config>, Other: Contender<Config>>(
    scenario: Scenario,
    bound: Option<f64>,
) -> Ratio {
    let name = scenario.name();
    let suffix = if scenario == Scenario::new(1, Writer::None) {
        String::new()
    } else {
        format!(", {}", name.replace('_', " "))
    };
    Ratio {
        what: format!("{} / {}{suffix}", Ours::NAME, Other::NAME),
        ours: Key::new(ONE_VALUE, Ours::NAME, &name),
        other: Key::new(ONE_VALUE, Other::NAME, &name),
        bound,
    }
}

/// On other systems than Linux a read has a fence.
const LOAD_TO_ARC_SWAP: f64 = if cfg!(target_os = "linux") { 0.35 } else { 0.6 };
