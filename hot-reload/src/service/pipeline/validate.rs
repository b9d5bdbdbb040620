//! [`Validators`]: accept or refuse a value.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use crate::error::{Error, ErrorKind};
use crate::event::Stage;
use crate::panics::panicked;
use crate::service::boundary::within;
use crate::service::policy::digest::Digest;
use crate::service::policy::restart::RestartCheck;

/// Says why a value is not acceptable, at once.
pub(crate) type Validator<V> = Box<dyn Fn(&V) -> Result<(), String> + Send + Sync>;

/// Says why a value is not acceptable, when it has found out.
pub(crate) type AsyncValidator<V> =
    Box<dyn for<'v> Fn(&'v V) -> BoxFuture<'v, Result<(), String>> + Send + Sync>;

/// The validators of a service. All problems are reported, not only the first.
pub(crate) struct Validators<V> {
    pub(crate) at_once: Vec<Validator<V>>,
    pub(crate) in_time: Vec<AsyncValidator<V>>,
    /// The check for changes that need a restart, if there is one.
    pub(crate) restarts: Option<Arc<dyn RestartCheck<V>>>,
    /// How the revision of a valid value is computed, if it is.
    pub(crate) digest: Option<Arc<dyn Digest<V>>>,
    /// The deadline of one async validator.
    pub(crate) deadline: Duration,
}

/// Runs the validators, if there are any.
pub(super) async fn validate<V>(
    validators: Option<&Validators<V>>,
    value: &V,
) -> Result<(), Error> {
    match validators {
        Some(validators) => validators.check(value).await,
        None => Ok(()),
    }
}

impl<V> Validators<V> {
    pub(crate) fn none(deadline: Duration) -> Self {
        Self {
            at_once: Vec::new(),
            in_time: Vec::new(),
            restarts: None,
            digest: None,
            deadline,
        }
    }

    /// On the heap, unless there is nothing to check.
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        let is_empty = self.at_once.is_empty() && self.in_time.is_empty();
        let has_more = self.restarts.is_some() || self.digest.is_some();
        (!is_empty || has_more).then(|| Box::new(self))
    }

    /// Whether there are async validators.
    pub(super) fn take_time(&self) -> bool {
        !self.in_time.is_empty()
    }

    /// Runs the synchronous validators. If they accept the value, runs the async ones at the same time.
    async fn check(&self, value: &V) -> Result<(), Error> {
        let at_once = || {
            let check = |validator: &Validator<V>| validator(value).err();
            self.at_once.iter().filter_map(check).collect::<Vec<_>>()
        };
        let mut problems = catch_unwind(AssertUnwindSafe(at_once))
            .map_err(|panic| panicked(Stage::Validate, panic.as_ref()))?;
        match self.restarts.as_ref().map(|restarts| restarts.admit(value)) {
            // Its kind shows what to do, unless there are more problems.
            Some(Err(error)) if problems.is_empty() => return Err(error),
            Some(Err(error)) => problems.push(error.to_string()),
            Some(Ok(())) | None => {}
        }
        refuse(problems)?;
        let answers = self.in_time.iter().map(|validator| async move {
            let late = "a validator did not answer";
            let answer = within(Stage::Validate, self.deadline, late, || validator(value)).await;
            answer.unwrap_or_else(|silent| Err(silent.to_string()))
        });
        refuse(
            join_all(answers)
                .await
                .into_iter()
                .filter_map(Result::err)
                .collect(),
        )
    }
}

fn refuse(problems: Vec<String>) -> Result<(), Error> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, problems.join("; ")))
}
