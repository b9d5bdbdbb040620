//! `/debug/reload/rollback`: publish an earlier value again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::tags::if_match;
use crate::admin::answer::{self, targets};
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::{Refusal, respond};
use crate::admin::targets::{TARGET, one};
use crate::error::ErrorKind;
use crate::receipt::Receipt;
use crate::service::Target;

pub(super) async fn previous(
    State(context): State<Arc<Context>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let target = asked(&context, &uri, &headers)?;
    let receipt = target.rollback().await;
    Ok(answer(&context, target, receipt))
}

pub(super) async fn to(
    State(context): State<Arc<Context>>,
    Path(generation): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let target = asked(&context, &uri, &headers)?;
    let history = target.history();
    let kept = history
        .iter()
        .find(|kept| kept.to_string() == generation)
        .copied();
    let Some(generation) = kept else {
        let kept: Vec<_> = history.iter().map(ToString::to_string).collect();
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            match &*kept {
                [] => "no earlier value is retained; see `Builder::history`".to_owned(),
                kept => format!(
                    "generation {generation} is not retained; retained: {}",
                    kept.join(", ")
                ),
            },
        ));
    };
    let receipt = target.rollback_to(generation).await;
    Ok(answer(&context, target, receipt))
}

/// The target of a rollback, whose visible generation the request knows.
fn asked(context: &Context, uri: &Uri, headers: &HeaderMap) -> Result<Target, Refusal> {
    let target = one(context, &Query::of(uri, &[TARGET])?)?;
    if_match(headers, target.status().generation)?;
    Ok(target)
}

fn answer(context: &Context, target: Target, receipt: Receipt) -> Response {
    let is_evicted = |error: &crate::error::Error| error.kind() == ErrorKind::NotFound;
    let code = match receipt.error().is_some_and(is_evicted) {
        true => StatusCode::NOT_FOUND,
        false => answer::code(&receipt.outcome),
    };
    respond(code, &targets(context, [(target, receipt)]))
}
