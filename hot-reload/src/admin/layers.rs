//! The layers of the router: each request passes the [`Guard`](super::guard::Guard) and has its body within limits.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};

use super::context::Context;
use super::guard::{Access, BODY, too_large};
use super::refusal::Refusal;
use super::targets::TARGET;

/// The time for a body to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The layer of the health endpoints. A probe only reads. Other methods pass the checks of an operator, or strangers could use
/// up the rate. So does `?revision=`, because the answer tests a guess, and `?target=`, because the answer tells a name.
pub(super) async fn probe(
    State(context): State<Arc<Context>>,
    request: Request,
    next: Next,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
    // The name of the field may be percent-encoded.
    let asks = names.any(|name| name == TARGET || name == "revision" || name.contains('%'));
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let access = match reads && !asks {
        true => Access::Probe,
        false => Access::Operator,
    };
    guarded(&context, access, request, next).await
}

/// The layer of all other endpoints.
pub(super) async fn operator(
    State(context): State<Arc<Context>>,
    request: Request,
    next: Next,
) -> Response {
    guarded(&context, Access::Operator, request, next).await
}

async fn guarded(context: &Context, access: Access, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let admitted = context.guard.admit(&parts, access, Instant::now());
    let body = match admitted {
        Ok(()) => received(body).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = match body {
        Ok(body) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    let no_cache = HeaderValue::from_static("no-cache");
    headers.entry(CACHE_CONTROL).or_insert(no_cache);
    let as_declared = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, as_declared);
    response
}

/// The whole body, within its limits.
async fn received(body: Body) -> Result<Body, Refusal> {
    match timeout(BODY_TIME, to_bytes(body, BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not arrive in time",
        )),
    }
}
