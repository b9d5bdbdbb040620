//! One request, answered from one generation from start to end.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hot_reload::Snapshot;
use tokio::time::timeout;

use crate::config::ServerConfig;
use crate::state::Shared;

/// The service of every connection. Which routes there are is looked up for each request, so it never changes.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let now = shared.now();
    let limits = now.limits;
    let response = match shared.enter(limits.max_concurrent_requests) {
        None => refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once\n",
        ),
        Some(_place) => timeout(limits.request_timeout, respond(&now, request))
            .await
            .unwrap_or_else(|_| refuse(StatusCode::REQUEST_TIMEOUT, "the request took too long\n")),
    };
    stamped(response, &now)
}

async fn respond(config: &ServerConfig, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // Nobody needs the body, but the connection can only be used again once it has been read.
    if to_bytes(body, config.limits.max_body_bytes).await.is_err() {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n");
    }
    let Some(route) = config.route(parts.uri.path()) else {
        return refuse(StatusCode::NOT_FOUND, "there is nothing here\n");
    };
    let mut response = Response::new(Body::from(route.body.clone()));
    *response.status_mut() = route.status;
    *response.headers_mut() = route.headers.clone();
    response
}

fn refuse(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The response with the headers that say of which generation it is.
fn stamped(mut response: Response, now: &Snapshot<ServerConfig>) -> Response {
    let headers = response.headers_mut();
    headers.insert("x-config-id", HeaderValue::from(now.id));
    headers.insert(
        "x-config-generation",
        HeaderValue::from(now.generation().get()),
    );
    response
}
