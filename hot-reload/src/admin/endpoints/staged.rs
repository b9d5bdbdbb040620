//! `/debug/reload/plan`, `apply` and `confirm`: a publication in steps.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;

use crate::admin::answer::{self, receipts, targets};
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::{Refusal, respond};
use crate::admin::targets::{TARGET, one, some};
use crate::event::Requester;
use crate::snapshot::Generation;

/// The field of a query with the token of a plan.
const TOKEN: &str = "token";

/// A plan that would be rejected has the code of that rejection, so that a script stops there.
pub(super) async fn plan(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let target = one(&context, &Query::of(&uri, &[TARGET])?)?;
    let plan = target.plan().await;
    let code = answer::code(&plan.outcome);
    Ok(respond(code, &targets(&context, [(target, plan)])))
}

pub(super) async fn apply(
    State(context): State<Arc<Context>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET, TOKEN])?;
    let token = query.text(TOKEN).ok_or_else(|| {
        Refusal::bad_request("name the token of a plan with `?token=`; see /debug/reload/plan")
    })?;
    let target = one(&context, &query)?;
    let receipt = target.apply_for(Requester::Http, token).await;
    Ok(receipts(&context, vec![(target, receipt)]))
}

#[derive(Serialize)]
struct Confirmed {
    confirmed: Generation,
}

pub(super) async fn confirm(
    State(context): State<Arc<Context>>,
    Path(generation): Path<String>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = Query::of(&uri, &[TARGET])?;
    let refused = |text: String| Refusal::new(StatusCode::CONFLICT, text);
    // Of several targets, the one whose value is on probation is meant.
    let mut on_probation = some(&context, &query)?.into_iter().filter_map(|target| {
        let proving = target.status().on_probation?;
        (proving.to_string() == generation).then_some((target, proving))
    });
    let (target, confirmed) = match (on_probation.next(), on_probation.next()) {
        (Some(found), None) => found,
        (Some(_), Some(_)) => {
            return Err(Refusal::bad_request("name a target with `?target=`"));
        }
        (None, _) => {
            return Err(refused(format!(
                "generation {generation} is not on probation"
            )));
        }
    };
    match target.confirm(confirmed).await {
        Ok(()) => {
            let row = (target, Confirmed { confirmed });
            Ok(respond(StatusCode::OK, &targets(&context, [row])))
        }
        Err(error) => Err(refused(error.to_string())),
    }
}
