//! A number of JSON.

use super::super::fault::Fault;

/// The fault of a number.
pub(in super::super) fn fault(error: &serde_json::Error) -> Fault {
    let said = error.to_string();
    let suffix = format!(" at line {} column {}", error.line(), error.column());
    Fault::new(said.strip_suffix(&suffix).unwrap_or(&said))
}
