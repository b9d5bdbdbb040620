//! `/-/healthy` and `/-/ready`: for probes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};

use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::Refusal;
use crate::admin::targets::{TARGET, some};
use crate::event::DataState;
use crate::service::Target;
use crate::status::Status;

pub(super) async fn healthy(uri: Uri) -> Result<&'static str, Refusal> {
    Query::of(&uri, &[])?;
    Ok("OK\n")
}

/// The answers name no service, because probes need no token. A rejected edit does not make a process unready: one typing error would take down every replica.
pub(super) async fn ready(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<&'static str, Refusal> {
    let query = Query::of(&uri, &[TARGET, "strict", "revision"])?;
    let is_strict = query.is_on("strict")?;
    let revision = query.text("revision");
    for target in some(&context, &query)? {
        let status = target.status();
        if let Some(reason) = unready(&context, &target, &status, is_strict, revision) {
            return Err(unavailable(reason));
        }
    }
    match context.conditions.iter().all(|is_ready| is_ready()) {
        true => Ok("ready\n"),
        false => Err(unavailable("the application is not ready")),
    }
}

fn unavailable(reason: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason)
}

fn unready(
    context: &Context,
    target: &Target,
    status: &Status,
    is_strict: bool,
    revision: Option<&str>,
) -> Option<&'static str> {
    let is_in_force = |revision| in_force(context, target, status, revision);
    match status.data {
        _ if status.stopped => Some("a service has stopped"),
        _ if status.generation.is_none() => Some("a service has no value yet"),
        DataState::None | DataState::Restored | DataState::Stale if is_strict => {
            Some("a service is not fresh")
        }
        DataState::None | DataState::Restored | DataState::Stale | DataState::Fresh => {
            let is_other = revision.is_some_and(|revision| !is_in_force(revision));
            is_other.then_some("another revision is in force")
        }
    }
}

/// Whether the visible value has this revision, or has come from it, or was found in it by the last load.
fn in_force(context: &Context, target: &Target, status: &Status, revision: &str) -> bool {
    if let Some(value) = &status.value_revision
        && value.to_string() == revision
    {
        return true;
    }
    let attempt = status.last_attempt.as_deref();
    let verified = attempt.filter(|attempt| attempt.outcome.is_current());
    let found = verified.and_then(|attempt| attempt.revision.as_ref());
    let loaded = target.revision();
    let revisions = [loaded.as_ref(), found];
    let mut revisions = revisions.into_iter().flatten();
    revisions.any(|found| context.revisions.is_meant(revision, found))
}
