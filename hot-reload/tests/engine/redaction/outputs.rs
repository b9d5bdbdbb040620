//! All texts of an error that a program can print.

use std::error::Error as StdError;

use hot_reload::Error;

/// All texts that an error provides.
pub(super) fn of(error: &Error) -> Vec<String> {
    let chain = anyhow::Error::new(error.clone()).context("around");
    let mut shown = vec![
        error.to_string(),
        format!("{error:?}"),
        format!("{error:#?}"),
        format!("{chain:#}"),
        format!("{chain:?}"),
        error.message().to_owned(),
        format!("{:?}", error.location()),
    ];
    #[cfg(feature = "serde")]
    shown.push(serde_json::to_string(error).unwrap());
    let mut cause = error.source();
    while let Some(error) = cause {
        shown.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    shown
}
