//! The table of the endpoints: each path with its handler.
//!
//! An endpoint is one function in the file of its subject, and a line in [`router`] and in the table of the
//! [module](super::super).

mod events;
mod health;
mod holds;
mod reload;
mod rollback;
mod staged;
mod status;
mod stream;
mod tags;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::context::Context;
use super::layers;

pub(super) fn router(context: &Arc<Context>) -> Router {
    let operator = from_fn_with_state(Arc::clone(context), layers::operator);
    let probes = Router::new()
        .route("/-/healthy", get(health::healthy))
        .route("/-/ready", get(health::ready))
        .route_layer(from_fn_with_state(Arc::clone(context), layers::probe));
    let operators = Router::new()
        .route("/-/reload", post(reload::reload).put(reload::reload))
        .route("/debug/reload/trigger", post(reload::reload))
        .route("/debug/reload/status", get(status::status))
        .route("/debug/reload/components", get(status::components))
        .route("/debug/reload/explain", get(status::explain))
        .route("/debug/reload/events", get(events::list))
        .route("/debug/reload/stream", get(stream::stream))
        .route("/debug/reload/rollback", post(rollback::previous))
        .route("/debug/reload/rollback/{generation}", post(rollback::to))
        .route("/debug/reload/plan", post(staged::plan))
        .route("/debug/reload/apply", post(staged::apply))
        .route("/debug/reload/confirm/{generation}", post(staged::confirm))
        .route("/debug/reload/pause", post(holds::pause))
        .route("/debug/reload/resume", post(holds::resume))
        .route_layer(operator.clone());
    let endpoints = probes.merge(operators).with_state(Arc::clone(context));
    let routes = context.routes.clone();
    match routes.has_routes() {
        // A router without routes takes no layer of them.
        false => endpoints,
        true => endpoints.merge(routes.route_layer(operator)),
    }
}
