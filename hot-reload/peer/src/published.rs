//! The patterns against release 0.3.6.

use hot_reload as subject;

use crate::{follow, patterns};

#[path = "../../tests/files/matrix/compatible.rs"]
pub(crate) mod compatible;
