//! The boundary around foreign code: a deadline, and panics that become errors.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Stage};
use crate::panics::panicked;

/// Runs async code of the user with a deadline, and catches its panics. `late` is the error's text for a missed deadline.
pub(crate) async fn within<F: Future>(
    stage: Stage,
    deadline: Duration,
    late: &str,
    code: impl FnOnce() -> F,
) -> Result<F::Output, Error> {
    // The future is made and dropped inside, so that all its code runs within the boundary.
    let code = async { timeout(deadline, code()).await };
    match AssertUnwindSafe(code).catch_unwind().await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(_)) => Err(Error::new(
            ErrorKind::Timeout,
            format!("{late} within {deadline:?}"),
        )),
        Err(panic) => Err(panicked(stage, panic.as_ref())),
    }
}

/// Runs synchronous code of the user. A panic becomes an outcome.
pub(crate) fn contained<R>(stage: Stage, code: impl FnOnce() -> R) -> Result<R, Outcome> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| Outcome::Rejected {
        stage,
        error: panicked(stage, panic.as_ref()),
    })
}
