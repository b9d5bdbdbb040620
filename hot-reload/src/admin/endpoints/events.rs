//! `/debug/reload/events`: the recent events.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use crate::admin::answer::shown;
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::{Refusal, respond};
use crate::admin::ring::EVENTS;

/// The number of events without a `limit`.
const LIMIT: usize = 50;

pub(super) async fn list(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &["limit", "since"])?;
    let limit = query.number("limit")?.unwrap_or(LIMIT).min(EVENTS);
    let page = match query.number("since")? {
        Some(since) => context.ring.after(since, limit),
        None => context.ring.last(limit),
    };
    let events = page
        .entries
        .iter()
        .map(|entry| shown(&context, &entry.json));
    let answer: Value = json!({"events": events.collect::<Vec<_>>(), "lost": page.lost});
    Ok(respond(StatusCode::OK, &answer))
}
