//! `/debug/reload/pause` and `resume`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use futures_util::future::join_all;
use serde::Serialize;

use crate::admin::answer::{receipts, targets};
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::{Refusal, respond};
use crate::admin::targets::{TARGET, some};
use crate::status::Hold;

#[derive(Serialize)]
struct Paused {
    hold: Option<Hold>,
}

pub(super) async fn pause(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET])?;
    let paused = some(&context, &query)?.into_iter().map(|target| {
        target.pause();
        let hold = target.status().hold;
        (target, Paused { hold })
    });
    Ok(respond(StatusCode::OK, &targets(&context, paused)))
}

pub(super) async fn resume(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET])?;
    let resumed = some(&context, &query)?.into_iter().map(|target| async {
        let receipt = target.resume().await;
        (target, receipt)
    });
    Ok(receipts(&context, join_all(resumed).await))
}
