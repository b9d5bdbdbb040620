//! The targets that a request is about: `?target=`, or all.

use axum::http::StatusCode;

use super::context::Context;
use super::query::Query;
use super::refusal::Refusal;
use crate::service::Target;

/// The field of the query.
pub(super) const TARGET: &str = "target";

/// The named target, or all.
pub(super) fn all(context: &Context, query: &Query) -> Result<Vec<Target>, Refusal> {
    match query.text(TARGET) {
        Some(name) => Ok(vec![named(context, name)?]),
        None => Ok(context.registry.targets()),
    }
}

/// As [`all`], for a request that needs a target.
pub(super) fn some(context: &Context, query: &Query) -> Result<Vec<Target>, Refusal> {
    match all(context, query)? {
        targets if targets.is_empty() => Err(none()),
        targets => Ok(targets),
    }
}

/// The named target, or the only one.
pub(super) fn one(context: &Context, query: &Query) -> Result<Target, Refusal> {
    let targets = some(context, query)?;
    match <[Target; 1]>::try_from(targets) {
        Ok([target]) => Ok(target),
        Err(targets) => Err(Refusal::bad_request(format!(
            "name a target with `?target=`; known: {}",
            names(&targets)
        ))),
    }
}

fn named(context: &Context, name: &str) -> Result<Target, Refusal> {
    let targets = context.registry.targets();
    if targets.is_empty() {
        return Err(none());
    }
    let found = targets.iter().find(|target| target.name() == name);
    found.cloned().ok_or_else(|| {
        let message = format!("no target is named {name:?}; known: {}", names(&targets));
        Refusal::new(StatusCode::NOT_FOUND, message)
    })
}

fn names(targets: &[Target]) -> String {
    let names: Vec<_> = targets.iter().map(Target::name).collect();
    names.join(", ")
}

fn none() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "no service is registered, or all have stopped",
    )
}
