//! [`Expiry`]: schedules and words the warnings about the served certificate's expiry.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::{Moment, Validity};

/// The warnings before the expiry, in days. Renewal is usual a month before.
const DAYS: [i64; 3] = [30, 7, 1];

const DAY: i64 = 24 * 60 * 60;

/// The longest pause between two checks: the clock may be set meanwhile, or the machine may sleep.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The least time between two warnings that the certificate stays in use.
const QUIET: Duration = Duration::from_secs(10);

/// The last warning, as the number of marks that the certificate has passed: 0 if it is valid for long, the most if it
/// has expired.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    said: Option<usize>,
    /// When the last warning was logged that a refused edit keeps the certificate in use.
    kept: Option<Instant>,
}

impl Expiry {
    /// Whether to warn that a refused edit keeps the certificate in use. Many edits in a row lead to one warning.
    pub(crate) fn stays(&mut self, now: Instant) -> bool {
        let due = self.kept.is_none_or(|kept| now >= kept + QUIET);
        if due {
            self.kept = Some(now);
        }
        due
    }

    /// Checks a certificate: returns the warning that is due, and the time until the next check.
    pub(crate) fn look(&mut self, validity: Validity, now: Moment) -> (Option<String>, Duration) {
        let left = validity.until.0 - now.0;
        // The expiry itself is a mark, too, and so is the beginning of the validity.
        let marks = DAYS.map(|days| days * DAY).into_iter().chain([0]);
        let passed = match now < validity.from {
            true => usize::MAX,
            false => marks.clone().filter(|mark| left < *mark).count(),
        };
        let before = self.said.replace(passed).unwrap_or_default();
        let text = (passed != before && passed > 0).then(|| text(validity, now));
        let next = match now < validity.from {
            true => validity.from.0 - now.0,
            false => marks
                .map(|mark| left - mark)
                .find(|wait| *wait >= 0)
                .map_or(i64::MAX, |wait| wait + 1),
        };
        let next = Duration::from_secs(u64::try_from(next).unwrap_or_default().max(1));
        (text, next.min(LONGEST))
    }
}

fn text(validity: Validity, now: Moment) -> String {
    let Validity { from, until } = validity;
    if now < from {
        return format!(
            "the certificate is not valid before {from}: clients refuse it; check the certificate and the clock"
        );
    }
    match until.0 - now.0 {
        left if left < 0 => {
            format!("the certificate has expired on {until}: clients refuse it; renew it")
        }
        left if left < DAY => {
            format!("the certificate expires on {until}, in less than a day; renew it")
        }
        left => format!(
            "the certificate expires on {until}, in {} days; renew it",
            left / DAY
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: i64 = 1_800_000_000;

    /// The warning with this many seconds left.
    fn said(expiry: &mut Expiry, left: i64) -> Option<String> {
        let validity = Validity {
            from: Moment(END - 90 * DAY),
            until: Moment(END),
        };
        expiry.look(validity, Moment(END - left)).0
    }

    #[test]
    fn each_mark_is_warned_about_once() {
        let mut expiry = Expiry::default();
        assert_eq!(said(&mut expiry, 60 * DAY), None);
        assert_eq!(said(&mut expiry, 30 * DAY), None);
        let first = said(&mut expiry, 30 * DAY - 1).unwrap();
        assert_eq!(
            first,
            "the certificate expires on 2027-01-15 08:00:00 UTC, in 29 days; renew it"
        );
        assert_eq!(said(&mut expiry, 8 * DAY), None);
        assert!(said(&mut expiry, 6 * DAY).unwrap().contains("in 6 days"));
        assert_eq!(said(&mut expiry, 2 * DAY), None);
        assert!(
            said(&mut expiry, DAY / 2)
                .unwrap()
                .contains("in less than a day")
        );
        assert!(
            said(&mut expiry, -1)
                .unwrap()
                .contains("has expired on 2027-01-15 08:00:00 UTC: clients refuse it")
        );
        assert_eq!(said(&mut expiry, -100 * DAY), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_refused_edits_lead_to_one_warning() {
        let mut expiry = Expiry::default();
        assert!(expiry.stays(Instant::now()));
        assert!(!expiry.stays(Instant::now()));
        tokio::time::advance(QUIET).await;
        assert!(expiry.stays(Instant::now()));
    }

    #[test]
    fn certificate_that_is_not_valid_yet_is_warned_about_at_once() {
        let mut expiry = Expiry::default();
        let early = said(&mut expiry, 91 * DAY).unwrap();
        assert!(
            early.contains("is not valid before 2026-10-17 08:00:00 UTC"),
            "{early}"
        );
        assert_eq!(said(&mut expiry, 91 * DAY), None);
        assert_eq!(said(&mut expiry, 89 * DAY), None, "it is valid now");
    }

    #[test]
    fn next_check_follows_the_next_mark_within_an_hour() {
        let mut expiry = Expiry::default();
        let validity = Validity {
            from: Moment(0),
            until: Moment(END),
        };
        let mut look = |left: i64| expiry.look(validity, Moment(END - left)).1.as_secs();
        assert_eq!(look(60 * DAY), 3600);
        assert_eq!(look(7 * DAY + 10), 11);
        assert_eq!(look(5), 6);
        assert_eq!(look(-5), 3600);
    }
}
