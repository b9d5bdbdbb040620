//! [`Outage`]: the time since the first of the loads in a row that were not good. It is pure: the caller passes the time.

use std::time::Duration;

use crate::service::flight::Span;

/// See the [module documentation](self).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outage {
    /// When the first load ended.
    since: Duration,
    /// The number of loads.
    loads: u64,
    /// The number of reports that are due by now.
    reports: u32,
}

const MINUTE: Duration = Duration::from_secs(60);
/// The first two reports. The intervals grow tenfold, then sixfold: a short outage is reported soon, and a long one rarely.
const FIRST: [Duration; 2] = [MINUTE, Duration::from_secs(10 * 60)];
/// The third report, and the interval of all further ones: any hour of the log shows that the outage lasts.
const EACH: Duration = Duration::from_secs(60 * 60);

impl Outage {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            since: now,
            loads: 0,
            reports: 0,
        }
    }

    /// Counts a load that was not good.
    pub(super) fn add(&mut self) {
        self.loads += 1;
    }

    /// When the next report is due.
    pub(super) fn next_tick(&self) -> Duration {
        let number = self.reports as usize;
        let later = self.reports.saturating_sub(FIRST.len() as u32) + 1;
        self.since + FIRST.get(number).copied().unwrap_or(EACH * later)
    }

    /// Whether a report is due. Several late reports count as one.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        let before = self.reports;
        while self.next_tick() <= now {
            self.reports += 1;
        }
        self.reports > before
    }

    /// Whether it was reported. Then its end is reported, too.
    pub(super) fn is_reported(&self) -> bool {
        self.reports > 0
    }

    pub(super) fn loads(&self) -> u64 {
        self.loads
    }

    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }

    /// `12 min without a good load (24 loads)`.
    pub(super) fn lasted(&self, now: Duration) -> String {
        let age = Span(self.age(now));
        format!("{age} without a good load ({} loads)", self.loads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(minutes: u64) -> Duration {
        MINUTE * minutes as u32
    }

    #[test]
    fn outage_is_due_after_a_minute_ten_minutes_an_hour_and_each_hour() {
        let begun = minutes(7);
        let mut outage = Outage::new(begun);
        let mut due = Vec::new();
        let end = begun + minutes(250);
        while outage.next_tick() <= end {
            let tick = outage.next_tick();
            assert!(!outage.is_due(tick - Duration::from_nanos(1)));
            assert!(outage.is_due(tick) && !outage.is_due(tick));
            due.push((tick - begun).as_secs() / 60);
        }
        assert_eq!(due, [1, 10, 60, 120, 180, 240]);
    }

    #[test]
    fn late_reports_are_one() {
        let mut outage = Outage::new(minutes(0));
        assert!(!outage.is_reported());
        assert!(outage.is_due(minutes(119)));
        assert_eq!(outage.next_tick(), minutes(120));
        assert!(outage.is_reported());
    }

    #[test]
    fn text_has_the_time_and_the_number_of_loads() {
        let mut outage = Outage::new(minutes(1));
        outage.add();
        outage.add();
        let text = outage.lasted(minutes(13));
        assert_eq!(text, "12 min without a good load (2 loads)");
    }
}
