//! [`Settings`]: the constants of the engine, each with its reason.

use std::time::Duration;

use crate::compat::WatchStrategy;
use crate::watch::WatchProfile;

/// The times of loads, waits and deadlines, for the machine and the driver.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Whether a watch is wanted.
    pub(crate) watch: bool,
    /// The longest pause between two loads while no watch is trusted, and the cap of the retry delay.
    pub(crate) interval: Duration,
    /// The longest pause between two loads in hybrid: alone under a trusted watch, otherwise together with `interval`.
    /// `None`: under a trusted watch, there are no periodic loads.
    pub(crate) heartbeat: Option<Duration>,
    /// The debounce window: a load begins once no hint has arrived for this long.
    pub(crate) debounce: Duration,
    /// The longest delay of a hint. After it, the watch has missed the change.
    pub(crate) grace: Duration,
    /// The number of loads that hints may cause at once, and the wait for each further one.
    pub(crate) rate: Option<(u32, Duration)>,
    /// How long a watch may give no sign of life.
    pub(crate) idle: Option<Duration>,
    /// The longest random delay of a load that a hint causes.
    pub(crate) jitter: Duration,
    /// Whether the service loads without a request once it has its first value.
    pub(crate) enabled: bool,
}

impl Settings {
    /// The settings of this strategy.
    pub(crate) fn of(strategy: WatchStrategy, interval: Duration, profile: WatchProfile) -> Self {
        match strategy {
            WatchStrategy::Polling => Self::polling(interval),
            WatchStrategy::Realtime => Self::realtime(interval, profile),
            WatchStrategy::Hybrid => Self::hybrid(interval, profile),
        }
    }

    /// Polling only.
    pub(crate) fn polling(interval: Duration) -> Self {
        Self {
            watch: false,
            interval: period(interval),
            heartbeat: None,
            debounce: Duration::ZERO,
            grace: Duration::ZERO,
            rate: None,
            idle: None,
            jitter: Duration::ZERO,
            enabled: true,
        }
    }

    /// A watch without a heartbeat: while it is trusted, only its hints cause loads.
    pub(crate) fn realtime(interval: Duration, profile: WatchProfile) -> Self {
        Self {
            watch: true,
            debounce: profile.debounce.min(LONGEST),
            grace: profile.grace.min(LONGEST),
            rate: profile
                .rate
                .map(|(burst, pause)| (burst, pause.min(LONGEST))),
            idle: profile.idle.map(period),
            ..Self::polling(interval)
        }
    }

    /// A watch with a heartbeat.
    pub(crate) fn hybrid(interval: Duration, profile: WatchProfile) -> Self {
        Self {
            heartbeat: Some(period(profile.heartbeat)),
            ..Self::realtime(interval, profile)
        }
    }
}

impl Settings {
    /// Whether a watch is to be open.
    pub(crate) fn watches(&self) -> bool {
        self.watch && self.enabled
    }
}

/// A period that neither floods a source nor overflows a clock.
fn period(period: Duration) -> Duration {
    period.clamp(INTERVAL_FLOOR, LONGEST)
}

/// The longest duration: ten years. A longer one is shortened to it, so that adding durations never overflows.
pub(crate) const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// The shortest interval. A shorter one is raised to it.
pub(crate) const INTERVAL_FLOOR: Duration = Duration::from_secs(1);
/// The largest random shortening of a period, so that the loads of many processes drift apart. A period is never
/// lengthened, because it is a documented bound.
pub(crate) const PERIOD_JITTER_PERCENT: u32 = 10;
/// Periodic loads of one process begin at multiples of this time, so that one wake-up serves many services. A draw of the
/// jitter that spans as much as this always has such a multiple in it.
pub(crate) const GRID: Duration = Duration::from_millis(100);
const _: () = assert!(1_000_000_000 % GRID.subsec_nanos() == 0);
const _: () =
    assert!(GRID.as_millis() * 100 <= INTERVAL_FLOOR.as_millis() * PERIOD_JITTER_PERCENT as u128);

/// The time from the last multiple of [`GRID`] to this moment.
pub(crate) fn since_grid_point(moment: Duration) -> Duration {
    Duration::from_nanos(u64::from(moment.subsec_nanos() % GRID.subsec_nanos()))
}

/// The deadline of one load: ten times the need of a slow store, and less than an operator's patience. It may be longer than
/// the interval: loads never overlap, so a slow source is loaded less often instead of never.
pub(crate) const LOAD_DEADLINE: Duration = Duration::from_secs(10);
/// The deadline of one load of a program written for 0.3.6, which cannot set one. It is longer than any load that such a
/// program would have accepted.
pub(crate) const COMPAT_LOAD_DEADLINE: Duration = Duration::from_secs(30);
/// The deadline of a validator or a participant, which may open connections, like a load.
pub(crate) const PREPARE_DEADLINE: Duration = LOAD_DEADLINE;
/// The default share of its size that a value may lose at once without a hold.
pub(crate) const SHRINK_PERCENT: u8 = 50;
/// The default time that confirms a smaller value. A mistake is noticed sooner, and an intended change can wait or be
/// confirmed.
pub(crate) const SHRINK_CONFIRM: Duration = Duration::from_secs(10 * 60);
/// The default time that confirms a lower version. A lagging replica catches up sooner; a restored backup does not.
pub(crate) const REWIND_CONFIRM: Duration = Duration::from_secs(5 * 60);
/// The pause between two checks of a value on probation: the pace of a person who watches a counter.
pub(crate) const PROBATION_CHECK: Duration = Duration::from_secs(1);
/// How long the end of a service waits for the last save. A disk that hangs must not keep a process from ending.
pub(crate) const SAVE_DEADLINE: Duration = LOAD_DEADLINE;
/// How often a newer value of the source replaces a candidate that is being prepared. After that, the service publishes the
/// candidate, and then the newer value.
pub(crate) const RECHECKS: u32 = 3;
/// The deadline of opening a watch. It equals that of a load, since both are a round trip to the source.
pub(crate) const OPEN_DEADLINE: Duration = LOAD_DEADLINE;
/// How long the first load waits for the watch to open, so that in the usual case one load serves for both.
pub(crate) const OPEN_PATIENCE: Duration = Duration::from_secs(1);
/// How long `start` waits for a first good value while the source cannot be reached.
pub(crate) const FIRST_VALUE_DEADLINE: Duration = Duration::from_secs(15);

/// The first retry of a failed load; it doubles up to the polling interval. Most failures are over in an instant.
pub(crate) const RETRY_FLOOR: Duration = Duration::from_millis(250);
/// The first attempt to open a lost watch again.
pub(crate) const RECONNECT_FLOOR: Duration = Duration::from_secs(1);
/// The longest pause between two attempts. The service polls meanwhile, so it can wait.
pub(crate) const RECONNECT_CAP: Duration = Duration::from_secs(30);
/// A source that refuses access (credentials, set-up) gets no quick retry. Without a heartbeat, this is the first pause …
pub(crate) const REFUSED_FLOOR: Duration = Duration::from_secs(5 * 60);
/// … and this is the longest. The retries never end.
pub(crate) const REFUSED_CAP: Duration = Duration::from_secs(60 * 60);
/// The time after which rejected content is tried again although it has not changed, because the cause may lie outside of the
/// content.
pub(crate) const QUARANTINE: Duration = Duration::from_secs(5 * 60);
/// Good loads in a row after which a source counts as no longer refusing.
pub(crate) const REFUSED_LEAVE: u32 = 2;

/// How long a watch must be open, and a load must follow it, before it is trusted and its back-off is reset.
pub(crate) const SETTLE: Duration = Duration::from_secs(60);
/// The reported changes after which a watch that missed one is trusted again.
pub(crate) const REGAIN_TRUST: u32 = 3;
/// How often a watch that had reported a change may close before [`SETTLE`] without a longer back-off.
pub(crate) const FORGIVEN_CLOSINGS: u32 = 2;
/// The largest number of debounce windows by which a stream of hints postpones a load.
pub(crate) const DEBOUNCE_CEILING: u32 = 4;
/// The debounce window of a group. Files that belong together are mostly written in quick succession, by one command or one
/// deployment. A load between two of these writes is rejected or repeated.
pub(crate) const GROUP_DEBOUNCE: Duration = Duration::from_millis(50);
/// The pause before the second load that confirms a removal.
pub(crate) const REMOVAL_CONFIRM: Duration = Duration::from_secs(1);

/// The first pause before a replaced value that is still read is checked again; later pauses are longer. A guard lasts for a
/// few lines of code.
pub(crate) const NEXT_SWEEP_FIRST: Duration = Duration::from_millis(1);
/// The longest such pause. A value that is read for so long may be read for minutes. A check costs less than a microsecond.
pub(crate) const NEXT_SWEEP_AT_MOST: Duration = Duration::from_secs(1);
/// The time after which the log warns once about a held value. A program has forgotten it, or a request takes very long.
pub(crate) const HELD_LONG: Duration = Duration::from_secs(60);
/// The time after which values are freed on another thread, because a task of a runtime should not run longer without a pause.
pub(crate) const SLOW_FREE: Duration = Duration::from_millis(1);
