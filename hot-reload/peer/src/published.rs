//! The patterns against release 0.3.6.

use hot_reload as subject;

#[path = "../../tests/matrix/compatible.rs"]
pub(crate) mod compatible;
