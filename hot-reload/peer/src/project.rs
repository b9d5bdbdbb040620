//! The patterns against this crate.

use ours as subject;

#[path = "../../tests/matrix/compatible.rs"]
pub(crate) mod compatible;
