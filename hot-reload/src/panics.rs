//! Converts caught panics of foreign code into errors. The panic hook has already printed the location.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, ErrorKind, one_line};
use crate::event::Stage;
use crate::secret;

/// The error for a panic with this payload.
pub(crate) fn panicked(stage: Stage, payload: &(dyn Any + Send)) -> Error {
    let text = panic_text(payload);
    Error::new(
        ErrorKind::Panicked,
        format!("panicked at stage {stage}: {text}"),
    )
}

/// Drops a value of a source or of the user. Its `Drop` may panic.
pub(crate) fn discard<T>(dropped: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(dropped)));
}

/// The message of the panic on one line, with secrets redacted.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let said = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    one_line(secret::redact(said.unwrap_or("no message")))
}
