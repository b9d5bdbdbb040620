//! [`Moment`]: a date of a certificate.

use std::fmt;
use std::time::{Duration, SystemTime};

use der::DateTime;
use rustls::time_provider::TimeProvider;

use crate::error::{Error, ErrorKind};

/// A date of a certificate, in whole seconds.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use hot_reload::tls::Moment;
///
/// let moment = Moment::from_unix_seconds(1_800_000_000);
/// assert_eq!(moment.to_string(), "2027-01-15 08:00:00 UTC");
/// assert_eq!(SystemTime::from(moment), SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The moment this many seconds after the start of 1970, UTC.
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The seconds since the start of 1970, UTC: the form of a metric.
    pub const fn unix_seconds(self) -> u64 {
        self.0
    }

    /// The present time of this clock.
    pub(super) fn now(clock: &dyn TimeProvider) -> Result<Self, Error> {
        let now = clock.current_time();
        now.map(|now| Self(now.as_secs())).ok_or_else(|| {
            let text = "the time provider does not know the time, so no certificate can be checked";
            Error::new(ErrorKind::Unavailable, text)
        })
    }

    /// How long after `earlier` this moment is. `None` if it is not.
    pub(super) fn after(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration::from_secs)
    }

    pub(super) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }

    pub(super) fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_secs()))
    }
}

impl From<Moment> for SystemTime {
    fn from(moment: Moment) -> Self {
        Self::UNIX_EPOCH
            .checked_add(Duration::from_secs(moment.0))
            .unwrap_or(Self::UNIX_EPOCH)
    }
}

/// As `2026-12-24 18:00:00 UTC`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_unix_duration(Duration::from_secs(self.0)) {
            Ok(date) => write!(
                f,
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                date.year(),
                date.month(),
                date.day(),
                date.hour(),
                date.minutes(),
                date.seconds()
            ),
            Err(_) => write!(f, "second {} since 1970", self.0),
        }
    }
}
