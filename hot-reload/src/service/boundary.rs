//! The boundary around foreign code: a deadline, and panics that become errors.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Stage};
use crate::panics::panicked;

/// Runs such code for so long and no longer, and catches its panics. `late` says what did not happen in time.
pub(crate) async fn within<F: Future>(
    stage: Stage,
    deadline: Duration,
    late: &str,
    code: impl FnOnce() -> F,
) -> Result<F::Output, Error> {
    // The future is made and dropped inside, so that nothing of it runs without.
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

/// Runs code of the user's, whose panic becomes an outcome.
pub(crate) fn contained<R>(stage: Stage, code: impl FnOnce() -> R) -> Result<R, Outcome> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| Outcome::Rejected {
        stage,
        error: panicked(stage, panic.as_ref()),
    })
}
