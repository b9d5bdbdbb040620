//! [`Patience`]: for how long a look has been waiting.

use std::time::{Duration, Instant};

/// The time that a look has spent, from its first step on.
///
/// It does not count what it was not there for: a thread that came late, a process that was stopped. A writer who was not
/// looked at all that time was not waited for either.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience {
    spent: Duration,
    mark: Option<Instant>,
    /// How long it was meant to take until it is asked again.
    planned: Duration,
}

impl Patience {
    /// A step begins or ends.
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

    /// From here on it is waited for so long.
    pub(crate) fn plan(&mut self, pause: Duration) {
        self.planned = pause;
    }

    pub(crate) fn spent(&self, now: Instant) -> Duration {
        let lapse = self.mark.map(|mark| now.saturating_duration_since(mark));
        self.spent + lapse.unwrap_or_default().min(self.planned + LAPSE)
    }
}

/// What a step and being woken may take on a busy machine.
const LAPSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn it_begins_with_the_first_step_and_a_sleep_of_the_process_does_not_count() {
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
