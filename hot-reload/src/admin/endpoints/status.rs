//! `/debug/reload/status`, `components` and `explain`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::tags::{Tag, tagged};
use crate::admin::answer::{shown, targets};
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::{Refusal, respond};
use crate::admin::targets::{TARGET, all, one};
use crate::event::{DataState, WatchState};
use crate::service::Target;
use crate::snapshot::Generation;
use crate::status::{Hold, Status};

pub(super) async fn status(
    State(context): State<Arc<Context>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET])?;
    let targets = all(&context, &query)?;
    let (answer, generation) = match (query.text(TARGET), &*targets) {
        (Some(_), [target]) => {
            let status = target.status();
            let shown = shown_status(&context, target, &status);
            (shown, status.generation)
        }
        _ => (statuses(&context, &targets), None),
    };
    let tag = Tag::of(generation, &answer);
    Ok(tagged(&tag, &headers, || respond(StatusCode::OK, &answer)))
}

/// A status, with the revision of the visible value.
fn shown_status(context: &Context, target: &Target, status: &Status) -> Value {
    let mut shown = shown(context, status);
    let revision = target.revision();
    let revision = revision.as_ref();
    shown["revision"] = revision
        .map(|revision| context.revisions.shown(revision))
        .into();
    shown
}

/// The statuses of these targets, as one answer.
pub(super) fn statuses(context: &Context, targets: &[Target]) -> Value {
    let statuses = targets
        .iter()
        .map(|target| shown_status(context, target, &target.status()));
    json!({"targets": statuses.collect::<Vec<_>>()})
}

/// One row of the components.
#[derive(Serialize)]
struct Row {
    source: Option<String>,
    generation: Option<Generation>,
    data: DataState,
    watch: WatchState,
    hold: Option<Hold>,
    /// The outcome of the last load.
    last_outcome: Option<&'static str>,
    /// Its error, on one line.
    last_error: Option<String>,
    needs_restart: Vec<String>,
}

impl Row {
    fn of(status: Status) -> Self {
        let attempt = status.last_attempt.as_deref();
        Self {
            generation: status.generation,
            data: status.data,
            watch: status.watch,
            last_outcome: attempt.map(|attempt| attempt.outcome.as_str()),
            last_error: status.last_error.as_ref().map(ToString::to_string),
            source: status.source,
            hold: status.hold,
            needs_restart: status.needs_restart,
        }
    }
}

pub(super) async fn components(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    Query::of(&uri, &[])?;
    let rows = context.registry.targets().into_iter().map(|target| {
        let row = Row::of(target.status());
        (target, row)
    });
    Ok(respond(StatusCode::OK, &targets(&context, rows)))
}

pub(super) async fn explain(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET])?;
    let explanation = one(&context, &query)?.explain();
    Ok(respond(StatusCode::OK, &shown(&context, &explanation)))
}
