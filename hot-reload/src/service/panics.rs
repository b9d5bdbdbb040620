//! [`panicked`]: a panic of somebody's code, as an error.

use std::any::Any;

use crate::error::{Error, ErrorKind};
use crate::event::Stage;

/// The error of a panic with this payload. The panic hook has printed the place already.
pub(super) fn panicked(stage: Stage, payload: &(dyn Any + Send)) -> Error {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::new(
        ErrorKind::Panicked,
        format!("panicked at stage {stage}: {text}"),
    )
}
