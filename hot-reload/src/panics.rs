//! A panic of somebody's code, in words. The panic hook has printed the place already.

use std::any::Any;

use crate::error::{Error, ErrorKind};
use crate::event::Stage;

/// The error of a panic with this payload.
pub(crate) fn panicked(stage: Stage, payload: &(dyn Any + Send)) -> Error {
    let text = panic_text(payload);
    Error::new(
        ErrorKind::Panicked,
        format!("panicked at stage {stage}: {text}"),
    )
}

/// What the panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
