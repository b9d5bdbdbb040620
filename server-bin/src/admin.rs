//! The admin endpoints of the server, with its metrics at `/metrics`.

use std::fmt::Display;
use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use hot_reload::Registry;
use hot_reload::admin::{Admin, AdminServer};
use hot_reload::diff::RevisionKey;
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
    key: RevisionKey,
) -> Result<Option<AdminServer>, Failure> {
    let Some(address) = &args.admin else {
        return Ok(None);
    };
    let mut admin = Admin::new(registry)
        .revision_key(key)
        .routes(metrics(registry, key));
    if let Some(file) = &args.admin_token_file {
        admin = admin.token_file(file);
    }
    let server = admin.listen(address).await.map_err(|error| Failure {
        code: CONFIGURATION,
        line: format!("--admin: {error}"),
    })?;
    Ok(Some(server))
}

/// The key under which revisions of configurations are computed.
///
/// # Errors
///
/// If the arguments name a file that has none.
pub(crate) fn revision_key(args: &Serve) -> Result<RevisionKey, Failure> {
    let Some(file) = &args.revision_key_file else {
        return Ok(RevisionKey::random());
    };
    let refused = |why: &dyn Display| Failure {
        code: CONFIGURATION,
        line: format!("--revision-key-file: {}: {why}", file.display()),
    };
    let text = fs::read_to_string(file).map_err(|error| refused(&error))?;
    let text = text.trim();
    let is_key = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u128::from_str_radix(text, 16) {
        Ok(key) if is_key => Ok(RevisionKey::new(key.to_be_bytes())),
        // Shows none of it.
        Ok(_) | Err(_) => Err(refused(
            &"expected 32 hexadecimal digits, as `openssl rand -hex 16` prints them",
        )),
    }
}

/// The metrics of all services.
fn metrics(registry: &Registry, key: RevisionKey) -> Router {
    let mut metrics = prometheus_client::registry::Registry::with_prefix(PREFIX);
    metrics.register_collector(Box::new(ReloadCollector::new(registry).revision_key(key)));
    let metrics = Arc::new(metrics);
    let page = move || async move {
        let mut page = String::new();
        match text::encode(&mut page, &metrics) {
            Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], page).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    };
    Router::new().route("/metrics", get(page))
}
