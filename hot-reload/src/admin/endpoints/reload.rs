//! `/-/reload` and `/debug/reload/trigger`: load now, and answer with the outcome.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use futures_util::future::join_all;

use crate::admin::answer::receipts;
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::Refusal;
use crate::admin::targets::{TARGET, some};
use crate::event::Requester;

pub(super) async fn reload(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET])?;
    let reloads = some(&context, &query)?.into_iter().map(|target| async {
        let receipt = target.reload_for(Requester::Http).await;
        (target, receipt)
    });
    Ok(receipts(&context, join_all(reloads).await))
}
