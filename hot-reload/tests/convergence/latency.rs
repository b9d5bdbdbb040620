//! [`Latencies`]: the time until the last change of each round was visible.

use std::fmt;
use std::time::Duration;

#[derive(Debug, Default, Clone)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, more: &[Duration]) {
        self.0.extend_from_slice(more);
        self.0.sort_unstable();
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// In hundredths of them all.
    pub(crate) fn percentile(&self, hundredths: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0
            .get(last * hundredths / 100)
            .copied()
            .unwrap_or_default()
    }

    /// The number of times above the promised bound.
    pub(crate) fn late(&self) -> usize {
        self.0.iter().filter(|latency| **latency > PROMISED).count()
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, most, max] = [50, 99, 100].map(|part| in_ms(self.percentile(part)));
        let late = self.late();
        write!(
            f,
            "p50 {half}, p99 {most}, max {max}, {late} over {PROMISED:?}"
        )
    }
}

pub(crate) fn in_ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

/// After this, every change should have been seen.
pub(crate) const PROMISED: Duration = Duration::from_secs(2);
