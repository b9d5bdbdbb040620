//! [`LimitLog`]: rate-limited log lines about limits that cut clients off, and their counters.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

/// The least time between two lines about one limit.
const PERIOD: Duration = Duration::from_secs(10);

/// A limit that cuts clients off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Connections,
    ConcurrentRequests,
    HeadBytes,
    BodyBytes,
    HeadTime,
    BodyTime,
    RequestTime,
    IdleTime,
    SendTime,
}

impl Limit {
    const ALL: [Self; 9] = [
        Self::Connections,
        Self::ConcurrentRequests,
        Self::HeadBytes,
        Self::BodyBytes,
        Self::HeadTime,
        Self::BodyTime,
        Self::RequestTime,
        Self::IdleTime,
        Self::SendTime,
    ];

    /// Its key in the configuration.
    fn key(self) -> &'static str {
        match self {
            Self::Connections => "limits.max_connections",
            Self::ConcurrentRequests => "limits.max_concurrent_requests",
            Self::HeadBytes => "limits.max_head_bytes",
            Self::BodyBytes => "limits.max_body_bytes",
            Self::HeadTime => "limits.head_timeout_ms",
            Self::BodyTime => "limits.body_timeout_ms",
            Self::RequestTime => "limits.request_timeout_ms",
            Self::IdleTime => "limits.idle_timeout_ms",
            Self::SendTime => "limits.send_timeout_ms",
        }
    }

    fn log(self, clients: u64) {
        let limit = self.key();
        match self {
            // Normal: every connection that its client leaves open ends like this.
            Self::IdleTime => info!(limit, clients, "idle connections closed"),
            _ => warn!(limit, clients, "clients cut off by a limit"),
        }
    }
}

/// Counts the clients that each limit has cut off, and logs the counts.
#[derive(Default)]
pub(crate) struct LimitLog {
    entries: Mutex<[Entry; Limit::ALL.len()]>,
    /// A client was counted without a log line.
    suppressed: Notify,
}

#[derive(Debug, Default, Clone, Copy)]
struct Entry {
    logged: Option<Instant>,
    /// The clients cut off since the last line.
    since: u64,
}

impl LimitLog {
    /// Counts a client that this limit has cut off.
    pub(crate) fn count(&self, limit: Limit) {
        let mut entries = self.entries();
        let entry = &mut entries[limit as usize];
        entry.since += 1;
        let clients = entry.due(Instant::now());
        drop(entries);
        match clients {
            Some(clients) => limit.log(clients),
            None => self.suppressed.notify_one(),
        }
    }

    /// Waits until [`report`](Self::report) has a line to log. Cancel safe.
    pub(crate) async fn due(&self) {
        loop {
            let next = self
                .entries()
                .iter()
                .filter(|entry| entry.since > 0)
                .filter_map(|entry| entry.logged.map(|logged| logged + PERIOD))
                .min();
            match next {
                Some(next) => return sleep_until(next).await,
                None => self.suppressed.notified().await,
            }
        }
    }

    /// Logs the counts that are due.
    pub(crate) fn report(&self) {
        self.report_at(Instant::now());
    }

    /// Logs all remaining counts.
    pub(crate) fn report_all(&self) {
        self.report_at(Instant::now() + PERIOD);
    }

    fn report_at(&self, now: Instant) {
        for limit in Limit::ALL {
            let due = self.entries()[limit as usize].due(now);
            if let Some(clients) = due {
                limit.log(clients);
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, [Entry; Limit::ALL.len()]> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Takes the count if it is due.
    fn due(&mut self, now: Instant) -> Option<u64> {
        let waited = self.logged.is_none_or(|logged| now >= logged + PERIOD);
        (self.since > 0 && waited).then(|| {
            self.logged = Some(now);
            std::mem::take(&mut self.since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_a_place_of_its_own() {
        for (index, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit as usize, index);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn first_client_is_logged_at_once_and_others_are_counted() {
        let mut entry = Entry {
            logged: None,
            since: 1,
        };
        assert_eq!(entry.due(Instant::now()), Some(1));
        entry.since += 700;
        assert_eq!(entry.due(Instant::now()), None);
        tokio::time::advance(PERIOD).await;
        assert_eq!(entry.due(Instant::now()), Some(700));
        assert_eq!(entry.due(Instant::now() + PERIOD), None, "nothing is left");
    }

    #[tokio::test(start_paused = true)]
    async fn count_is_due_after_the_period() {
        let log = LimitLog::default();
        log.count(Limit::SendTime);
        log.count(Limit::SendTime);
        let begun = Instant::now();
        log.due().await;
        assert_eq!(begun.elapsed().as_secs(), PERIOD.as_secs());
        log.report();
        assert_eq!(log.entries()[Limit::SendTime as usize].since, 0);
    }
}
