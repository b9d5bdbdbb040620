//! The answers of the endpoints: JSON, and the status code of outcomes.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::context::Context;
use super::refusal::respond;
use crate::error::{Error, ErrorKind};
use crate::event::Outcome;
use crate::receipt::Receipt;
use crate::service::Target;

/// A value as JSON, with its revisions as answers show them.
pub(super) fn shown(context: &Context, value: &impl Serialize) -> Value {
    let mut value = match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => json!({"error": format!("cannot be written as JSON: {error}")}),
    };
    context.revisions.conceal(&mut value);
    value
}

/// A value of each target, with the target's name: `{"targets": [{"target": "app", …}]}`.
pub(super) fn targets<T: Serialize>(
    context: &Context,
    rows: impl IntoIterator<Item = (Target, T)>,
) -> Value {
    #[derive(Serialize)]
    struct Row<'t, T> {
        target: &'t str,
        #[serde(flatten)]
        value: T,
    }
    let rows = rows.into_iter().map(|(target, value)| {
        let target = target.name();
        shown(context, &Row { target, value })
    });
    json!({"targets": rows.collect::<Vec<_>>()})
}

/// The receipts of reloads, with the code of the worst.
pub(super) fn receipts(context: &Context, receipts: Vec<(Target, Receipt)>) -> Response {
    let codes = receipts.iter().map(|(_, receipt)| code(&receipt.outcome));
    let code = codes.max_by_key(|code| severity(*code));
    let code = code.unwrap_or(StatusCode::OK);
    respond(code, &targets(context, receipts))
}

/// The code of an outcome. 409: a hold, or a plan that is out of date. 422: bad content. 502: the source failed.
pub(super) fn code(outcome: &Outcome) -> StatusCode {
    match outcome {
        Outcome::Published { .. } | Outcome::Unchanged => StatusCode::OK,
        Outcome::Held => StatusCode::CONFLICT,
        Outcome::Rejected { error, .. } | Outcome::Failed { error } if is_conflict(error) => {
            StatusCode::CONFLICT
        }
        Outcome::Rejected { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Outcome::Missing => StatusCode::BAD_GATEWAY,
        Outcome::Failed { error } => match is_stopped(error) {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::BAD_GATEWAY,
        },
    }
}

/// Whether an apply was refused, because its plan is out of date.
fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict
}

fn is_stopped(error: &Error) -> bool {
    error.kind() == ErrorKind::Stopped
}

fn severity(code: StatusCode) -> u8 {
    match code {
        StatusCode::OK => 0,
        StatusCode::CONFLICT => 1,
        StatusCode::UNPROCESSABLE_ENTITY => 2,
        StatusCode::BAD_GATEWAY => 3,
        _ => 4,
    }
}
