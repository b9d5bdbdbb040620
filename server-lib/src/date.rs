//! The header `date`, read from the clock for each response.
//!
//! After the clock has stepped back, hyper's own header would repeat its last date until the clock has caught up.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;

/// The last second that the format can express, the end of the year 9999.
const LAST: u64 = 253_402_300_799;

/// The current date. `None` if the clock is out of range.
#[allow(
    clippy::disallowed_methods,
    reason = "the wall clock is what the header tells"
)]
pub(crate) fn now() -> Option<HeaderValue> {
    value(SystemTime::now())
}

fn value(time: SystemTime) -> Option<HeaderValue> {
    // A time before 1970 or after 9999 has no date.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().min(LAST);
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    HeaderValue::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_in_range_has_a_date() {
        let date = |time| value(time).unwrap();
        assert_eq!(date(UNIX_EPOCH), "Thu, 01 Jan 1970 00:00:00 GMT");
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(date(UNIX_EPOCH - day), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(
            date(UNIX_EPOCH + 20_000 * day),
            "Fri, 04 Oct 2024 00:00:00 GMT"
        );
        assert_eq!(
            date(UNIX_EPOCH + 10_000_000 * day),
            "Fri, 31 Dec 9999 23:59:59 GMT"
        );
    }
}
