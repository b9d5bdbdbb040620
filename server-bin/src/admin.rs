//! The admin endpoints of the server, with its metrics at `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use hot_reload::Registry;
use hot_reload::admin::{Admin, AdminServer};
use hot_reload::prometheus::ReloadCollector;
use prometheus_client::encoding::text;

use crate::args::Serve;
use crate::{CONFIGURATION, Failure};

/// The prefix of the metrics.
const PREFIX: &str = "server";
/// The type of the text format of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves the endpoints if the arguments name an address.
///
/// # Errors
///
/// If the address cannot be used, or needs a token.
pub(crate) async fn start(
    args: &Serve,
    registry: &Registry,
) -> Result<Option<AdminServer>, Failure> {
    let Some(address) = &args.admin else {
        return Ok(None);
    };
    let mut admin = Admin::new(registry).routes(metrics(registry));
    if let Some(file) = &args.admin_token_file {
        admin = admin.token_file(file);
    }
    let server = admin.listen(address).await.map_err(|error| Failure {
        code: CONFIGURATION,
        line: format!("--admin: {error}"),
    })?;
    Ok(Some(server))
}

/// The metrics of all services.
fn metrics(registry: &Registry) -> Router {
    let mut metrics = prometheus_client::registry::Registry::with_prefix(PREFIX);
    metrics.register_collector(Box::new(ReloadCollector::new(registry)));
    let metrics = Arc::new(metrics);
    let page = move || async move {
        let mut page = String::new();
        match text::encode(&mut page, &metrics) {
            Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], page).into_response(),
            Err(error) => (
                axum::http::StatusCode::INTERNAL_SERVER_ERROR,
                error.to_string(),
            )
                .into_response(),
        }
    };
    Router::new().route("/metrics", get(page))
}
