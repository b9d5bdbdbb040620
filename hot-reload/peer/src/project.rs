//! The patterns against this crate.

use ours as subject;

use crate::{follow, patterns};

#[path = "../../tests/files/matrix/compatible.rs"]
pub(crate) mod compatible;
