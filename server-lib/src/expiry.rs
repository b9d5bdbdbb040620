//! [`ExpiryWarnings`]: the log warnings before a certificate expires, and their schedule.

use std::time::Duration;

use hot_reload::tls::Moment;
use rustls::pki_types::UnixTime;
use tokio::time::Instant;

use crate::config::Validity;

/// The days before the expiry at which a warning is logged. Renewal is usual a month before.
const WARNING_DAYS: [i64; 3] = [30, 7, 1];

const DAY: i64 = 24 * 60 * 60;

/// The longest pause between two checks: the clock may be set meanwhile, or the machine may sleep.
const MAX_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The least time between two warnings that the certificate stays in use.
const STAYS_PERIOD: Duration = Duration::from_secs(10);

/// The warnings about the expiry of one certificate that were logged.
#[derive(Debug, Default)]
pub(crate) struct ExpiryWarnings {
    /// How many marks the certificate had passed at the last check.
    passed: Option<usize>,
    /// When the last warning was logged that a refused edit keeps the certificate in use.
    stays_warned: Option<Instant>,
}

impl ExpiryWarnings {
    /// Whether to warn that a refused edit keeps the certificate in use. Many edits in a row lead to one warning.
    pub(crate) fn is_stays_due(&mut self, now: Instant) -> bool {
        let due = self
            .stays_warned
            .is_none_or(|warned| now >= warned + STAYS_PERIOD);
        if due {
            self.stays_warned = Some(now);
        }
        due
    }

    /// Checks a certificate: returns the warning that is due, and the time until the next check.
    pub(crate) fn check(&mut self, validity: Validity, now: Moment) -> (Option<String>, Duration) {
        let left = until(validity.until, now);
        // The expiry itself is a mark, too, and so is the beginning of the validity.
        let marks = WARNING_DAYS.map(|days| days * DAY).into_iter().chain([0]);
        let passed = match now < validity.from {
            true => usize::MAX,
            false => marks.clone().filter(|mark| left < *mark).count(),
        };
        let before = self.passed.replace(passed).unwrap_or_default();
        let warning = (passed != before && passed > 0).then(|| warning(validity, now));
        let next = match now < validity.from {
            true => until(validity.from, now),
            false => marks
                .map(|mark| left - mark)
                .find(|wait| *wait >= 0)
                .map_or(i64::MAX, |wait| wait + 1),
        };
        let next = Duration::from_secs(u64::try_from(next).unwrap_or_default().max(1));
        (warning, next.min(MAX_PAUSE))
    }
}

/// The warning about a certificate that expires soon, has expired or is not valid yet.
pub(crate) fn warning_now(validity: Validity) -> Option<String> {
    ExpiryWarnings::default().check(validity, now()).0
}

/// The present moment.
pub(crate) fn now() -> Moment {
    Moment::from_unix_seconds(UnixTime::now().as_secs())
}

/// The seconds until this moment. Negative if it has passed.
fn until(moment: Moment, now: Moment) -> i64 {
    let seconds = |moment: Moment| i64::try_from(moment.unix_seconds()).unwrap_or(i64::MAX);
    seconds(moment) - seconds(now)
}

fn warning(validity: Validity, now: Moment) -> String {
    let Validity { from, until: end } = validity;
    if now < from {
        return format!(
            "the certificate is not valid before {from}: clients refuse it; check the certificate and the clock"
        );
    }
    match until(end, now) {
        left if left < 0 => {
            format!("the certificate has expired on {end}: clients refuse it; renew it")
        }
        left if left < DAY => {
            format!("the certificate expires on {end}, in less than a day; renew it")
        }
        left => format!(
            "the certificate expires on {end}, in {} days; renew it",
            left / DAY
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: i64 = 1_800_000_000;

    fn moment(seconds: i64) -> Moment {
        Moment::from_unix_seconds(seconds.try_into().unwrap())
    }

    /// The warning with this many seconds left.
    fn warned(expiry: &mut ExpiryWarnings, left: i64) -> Option<String> {
        let validity = Validity {
            from: moment(END - 90 * DAY),
            until: moment(END),
        };
        expiry.check(validity, moment(END - left)).0
    }

    #[test]
    fn each_mark_is_warned_about_once() {
        let mut expiry = ExpiryWarnings::default();
        assert_eq!(warned(&mut expiry, 60 * DAY), None);
        assert_eq!(warned(&mut expiry, 30 * DAY), None);
        let first = warned(&mut expiry, 30 * DAY - 1).unwrap();
        assert_eq!(
            first,
            "the certificate expires on 2027-01-15 08:00:00 UTC, in 29 days; renew it"
        );
        assert_eq!(warned(&mut expiry, 8 * DAY), None);
        assert!(warned(&mut expiry, 6 * DAY).unwrap().contains("in 6 days"));
        assert_eq!(warned(&mut expiry, 2 * DAY), None);
        assert!(
            warned(&mut expiry, DAY / 2)
                .unwrap()
                .contains("in less than a day")
        );
        assert!(
            warned(&mut expiry, -1)
                .unwrap()
                .contains("has expired on 2027-01-15 08:00:00 UTC: clients refuse it")
        );
        assert_eq!(warned(&mut expiry, -100 * DAY), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_refused_edits_lead_to_one_warning() {
        let mut expiry = ExpiryWarnings::default();
        assert!(expiry.is_stays_due(Instant::now()));
        assert!(!expiry.is_stays_due(Instant::now()));
        tokio::time::advance(STAYS_PERIOD).await;
        assert!(expiry.is_stays_due(Instant::now()));
    }

    #[test]
    fn certificate_that_is_not_valid_yet_is_warned_about_at_once() {
        let mut expiry = ExpiryWarnings::default();
        let early = warned(&mut expiry, 91 * DAY).unwrap();
        assert!(
            early.contains("is not valid before 2026-10-17 08:00:00 UTC"),
            "{early}"
        );
        assert_eq!(warned(&mut expiry, 91 * DAY), None);
        assert_eq!(warned(&mut expiry, 89 * DAY), None, "it is valid now");
    }

    #[test]
    fn next_check_follows_the_next_mark_within_an_hour() {
        let mut expiry = ExpiryWarnings::default();
        let validity = Validity {
            from: moment(0),
            until: moment(END),
        };
        let mut look = |left: i64| expiry.check(validity, moment(END - left)).1.as_secs();
        assert_eq!(look(60 * DAY), 3600);
        assert_eq!(look(7 * DAY + 10), 11);
        assert_eq!(look(5), 6);
        assert_eq!(look(-5), 3600);
    }
}
