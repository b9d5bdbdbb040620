//! [`Patience`]: the time that a load has been waiting.

use std::time::{Duration, Instant};

/// The time that a load has spent since its first step.
///
/// It does not count the time in which a thread came late or the process was stopped, because nobody checked the writer then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience {
    spent: Duration,
    mark: Option<Instant>,
    /// The planned time until the next step.
    planned: Duration,
}

impl Patience {
    /// Counts the time up to now, at the beginning or end of a step.
    pub(crate) fn pass(&mut self, now: Instant) {
        self.spent = self.spent(now);
        self.mark = Some(now);
        self.planned = Duration::ZERO;
    }

    /// Starts a step after a wait for another reason, which does not count here.
    pub(crate) fn skip(&mut self, now: Instant) {
        self.mark = Some(now);
        self.planned = Duration::ZERO;
    }

    /// Plans a wait of this length.
    pub(crate) fn plan(&mut self, pause: Duration) {
        self.planned = pause;
    }

    pub(crate) fn spent(&self, now: Instant) -> Duration {
        let lapse = self.mark.map(|mark| now.saturating_duration_since(mark));
        self.spent + lapse.unwrap_or_default().min(self.planned + LAPSE)
    }
}

/// The time that a step and a wake-up may take on a busy machine.
const LAPSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn time_counts_from_the_first_step_without_stops_of_the_process() {
        let start = clock::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut patience = Patience::default();
        assert_eq!(patience.spent(after(9)), Duration::ZERO);
        patience.pass(after(9));
        patience.plan(Duration::from_secs(2));
        assert_eq!(patience.spent(after(11)), Duration::from_secs(2));
        assert_eq!(patience.spent(after(60)), Duration::from_secs(2) + LAPSE);
        patience.pass(after(60));
        patience.pass(after(99));
        assert_eq!(
            patience.spent(after(99)),
            Duration::from_secs(2) + 2 * LAPSE
        );
    }
}
