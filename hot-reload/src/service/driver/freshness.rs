//! [`Freshness`]: whether the last good load is recent enough. Pure: the caller passes the time.

use std::time::Duration;

use crate::event::DataState;
use crate::service::machine::Verdict;
use crate::service::settings::Settings;

/// The number of periods in a bound. Two are not enough, because a watch that has settled may begin a new period before the
/// last one is over.
pub(crate) const LOADS_WITHIN_BOUND: u32 = 3;

impl Settings {
    /// Shortens the periods so that several loads fit into a bound of staleness.
    pub(crate) fn loading_within(mut self, bound: Option<Duration>) -> Self {
        let Some(bound) = bound else {
            return self;
        };
        let longest = bound / LOADS_WITHIN_BOUND;
        self.interval = self.interval.min(longest);
        if self.watch {
            let heartbeat = self.heartbeat.unwrap_or(longest);
            self.heartbeat = Some(heartbeat.min(longest));
        }
        self
    }
}

/// The age of the last good load, and the bound of it.
#[derive(Debug)]
pub(crate) struct Freshness {
    bound: Option<Duration>,
    /// When the last good load ended, if the visible value is the source's.
    checked: Option<Duration>,
    /// Whether the log and an event have reported that this was too long ago.
    reported: bool,
}

impl Freshness {
    pub(crate) fn new(bound: Option<Duration>) -> Self {
        Self {
            bound,
            checked: None,
            reported: false,
        }
    }

    /// Notes the end of a load. Returns the age of the last good load if it was too old and this load is good.
    pub(crate) fn load_ended(
        &mut self,
        now: Duration,
        verdict: Verdict,
        data: DataState,
    ) -> Option<Duration> {
        self.bound?;
        let checked = match data {
            // The visible value does not come from the source.
            DataState::None | DataState::Restored => None,
            DataState::Fresh | DataState::Stale if is_good(verdict) => Some(now),
            DataState::Fresh | DataState::Stale => return None,
        };
        let before = std::mem::replace(&mut self.checked, checked);
        let was_reported = std::mem::take(&mut self.reported);
        let age = now - before.filter(|_| was_reported)?;
        checked.map(|_| age)
    }

    /// When the value becomes stale, unless a good load ends before.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        let (bound, checked) = (self.bound?, self.checked?);
        (!self.reported).then_some(checked + bound)
    }

    /// Returns the age of the last good load when it becomes too old, once.
    pub(crate) fn is_due(&mut self, now: Duration) -> Option<Duration> {
        self.reported |= self.next_tick()? <= now;
        let age = now - self.checked?;
        self.reported.then_some(age)
    }
}

/// Whether such a load has found the source as it should be.
fn is_good(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Published | Verdict::Unchanged | Verdict::Held(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::machine::Regime;
    use crate::service::settings::LONGEST;
    use crate::watch::WatchProfile;

    const BOUND: Duration = Duration::from_secs(60);
    const FAILED: Verdict = Verdict::Failed(Regime::Passing);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn checked_at(seconds: u64) -> Freshness {
        let mut freshness = Freshness::new(Some(BOUND));
        let again = freshness.load_ended(at(seconds), Verdict::Published, DataState::Fresh);
        assert_eq!(again, None, "it was never stale");
        freshness
    }

    #[test]
    fn value_becomes_stale_once_at_the_bound() {
        let mut freshness = checked_at(5);
        for verdict in [FAILED, Verdict::Rejected, Verdict::Missing, Verdict::Absent] {
            assert_eq!(
                freshness.load_ended(at(64), verdict, DataState::Fresh),
                None
            );
            assert_eq!(freshness.next_tick(), Some(at(65)));
        }
        assert_eq!(freshness.is_due(at(65) - Duration::from_nanos(1)), None);
        assert_eq!(freshness.is_due(at(65)), Some(BOUND));
        assert_eq!(
            (freshness.is_due(at(66)), freshness.next_tick()),
            (None, None)
        );
    }

    #[test]
    fn good_load_postpones_staleness() {
        let mut freshness = checked_at(0);
        for (now, verdict) in [(50, Verdict::Unchanged), (100, Verdict::Published)] {
            assert_eq!(
                freshness.load_ended(at(now), verdict, DataState::Fresh),
                None
            );
            assert_eq!(freshness.next_tick(), Some(at(now) + BOUND));
        }
    }

    #[test]
    fn good_load_ends_staleness_and_returns_its_age() {
        let mut freshness = checked_at(0);
        assert_eq!(freshness.is_due(at(70)), Some(at(70)));
        assert_eq!(freshness.load_ended(at(80), FAILED, DataState::Stale), None);
        assert_eq!(freshness.next_tick(), None);
        let again = freshness.load_ended(at(90), Verdict::Unchanged, DataState::Fresh);
        assert_eq!(
            (again, freshness.next_tick()),
            (Some(at(90)), Some(at(150)))
        );
        let again = freshness.load_ended(at(95), Verdict::Unchanged, DataState::Fresh);
        assert_eq!(again, None);
    }

    #[test]
    fn value_that_is_not_of_the_source_never_becomes_stale() {
        let mut freshness = Freshness::new(Some(BOUND));
        assert_eq!(freshness.next_tick(), None);
        assert_eq!(freshness.load_ended(at(1), FAILED, DataState::None), None);
        assert_eq!(freshness.next_tick(), None);
        freshness = checked_at(2);
        assert_eq!(freshness.is_due(at(62)), Some(BOUND));
        let again = freshness.load_ended(at(70), Verdict::Missing, DataState::Restored);
        assert_eq!((again, freshness.next_tick()), (None, None));
        let again = freshness.load_ended(at(99), Verdict::Published, DataState::Fresh);
        assert_eq!((again, freshness.next_tick()), (None, Some(at(159))));
    }

    #[test]
    fn without_a_bound_nothing_is_ever_due() {
        let mut freshness = Freshness::new(None);
        assert_eq!(
            freshness.load_ended(at(1), Verdict::Published, DataState::Fresh),
            None
        );
        assert_eq!(
            (freshness.next_tick(), freshness.is_due(LONGEST)),
            (None, None)
        );
    }

    #[test]
    fn bound_shortens_the_periods_to_a_third_of_it() {
        let within = |settings: Settings| settings.loading_within(Some(BOUND));
        let profile = WatchProfile::network();
        let numbers = |settings: Settings| (settings.interval, settings.heartbeat);
        assert_eq!(numbers(within(Settings::polling(at(7)))), (at(7), None));
        assert_eq!(numbers(within(Settings::polling(LONGEST))), (at(20), None));
        let realtime = Settings::realtime(at(7), profile);
        assert_eq!(numbers(within(realtime.clone())), (at(7), Some(at(20))));
        let hybrid = Settings::hybrid(at(99), profile);
        assert_eq!(numbers(within(hybrid)), (at(20), Some(at(20))));
        let hybrid = Settings {
            heartbeat: Some(at(5)),
            ..realtime
        };
        assert_eq!(numbers(within(hybrid)), (at(7), Some(at(5))));
        assert_eq!(numbers(realtime.loading_within(None)), (at(7), None));
    }

    #[test]
    fn freshness_bound_allows_two_of_the_longest_pauses() {
        // A period runs from load to load, and no change of the watch stretches it.
        let period = BOUND / LOADS_WITHIN_BOUND;
        assert!(2 * period < BOUND, "two pauses exceed the bound");
    }
}
