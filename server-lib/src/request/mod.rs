//! Answers each request, from one generation of the configuration.
//!
//! - `endpoints`: the table of paths and their handlers. A new endpoint changes only this file;
//! - `error_response`: the responses to requests that no endpoint answers;
//! - `body`: discards the body of a request; the body of a response.

mod body;
mod endpoints;
mod error_response;

use std::sync::Arc;

use axum::body::{Bytes, HttpBody};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hot_reload::Snapshot;
use hyper::body::Incoming;

pub(crate) use self::body::ResponseBody;
use self::endpoints::Endpoint;
use self::error_response::ErrorResponse;
pub(crate) use self::error_response::head_timed_out;
use crate::config::ServerConfig;
use crate::connection::Progress;
use crate::date;
use crate::state::Shared;

/// A response without its body, and the body.
pub(crate) type Answer = (Response<()>, Bytes);

/// Answers a request. Its body is read and discarded, so that the connection can be reused.
pub(crate) async fn answer(
    shared: &Shared,
    progress: &Arc<Progress>,
    request: Request<Incoming>,
) -> Response<ResponseBody> {
    let config = shared.config();
    let (head, body) = request.into_parts();
    progress.begin(body.size_hint().exact());
    let endpoint = endpoint(&config, &head, progress.is_over_limit());
    let has_body = !body.is_end_stream();
    if has_body {
        progress.read_body();
    }
    let (endpoint, is_read) = match body::read(endpoint, &head, body, &config.limits).await {
        Ok(endpoint) => (endpoint, true),
        Err(error) => (Err(error), false),
    };
    if has_body {
        progress.work();
    }
    // Only now does the request count as in progress: waiting for a slow client does not.
    let permit = shared.begin_request(config.limits.max_concurrent_requests);
    let answered = endpoint.and_then(|endpoint| match permit {
        None if !endpoint.is_health() => Err(ErrorResponse::TOO_MANY_REQUESTS),
        _ => Ok(endpoint.answer()),
    });
    let (mut head, body) = answered.unwrap_or_else(|error| {
        if let Some(limit) = error.limit {
            shared.limit_log.count(limit);
        }
        error.response()
    });
    // A connection beyond the limit ends after one response.
    if !is_read || progress.is_over_limit() {
        let close = HeaderValue::from_static("close");
        head.headers_mut().insert(header::CONNECTION, close);
    }
    if !is_read {
        progress.leave_unread();
    }
    add_headers(&mut head, &config);
    progress.respond();
    head.map(|()| ResponseBody::new(body, Arc::clone(progress)))
}

/// Chooses the endpoint by the head alone. An error is the response if none answers.
fn endpoint<'a>(
    config: &'a ServerConfig,
    head: &Parts,
    is_over_limit: bool,
) -> Result<&'a dyn Endpoint, ErrorResponse> {
    if !host_is_valid(head) {
        return Err(ErrorResponse::new(
            StatusCode::BAD_REQUEST,
            "exactly one valid Host header is needed\n",
        ));
    }
    let endpoint = endpoints::find(config, head.uri.path());
    if is_over_limit && !endpoint.is_some_and(Endpoint::is_health) {
        return Err(ErrorResponse::TOO_MANY_CONNECTIONS);
    }
    let endpoint = endpoint.ok_or(ErrorResponse::new(
        StatusCode::NOT_FOUND,
        "there is nothing here\n",
    ))?;
    if endpoint.methods().contain(&head.method) {
        Ok(endpoint)
    } else {
        Err(ErrorResponse {
            allow: Some(endpoint.methods()),
            ..ErrorResponse::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "the route does not serve this method\n",
            )
        })
    }
}

/// RFC 9112, section 3.2: at most one `Host`, and exactly one from HTTP/1.1 on.
fn host_is_valid(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => head.version < Version::HTTP_11,
        (Some(host), None) => {
            let host = host.as_bytes();
            host.is_empty() || (!host.contains(&b'@') && Authority::try_from(host).is_ok())
        }
        (Some(_), Some(_)) => false,
    }
}

/// Adds the headers that each response has: the generation of the configuration, and the date.
fn add_headers(head: &mut Response<()>, config: &Snapshot<ServerConfig>) {
    let headers = head.headers_mut();
    headers.insert("x-config-id", HeaderValue::from(config.id));
    headers.insert(
        "x-config-generation",
        HeaderValue::from(config.generation().get()),
    );
    if let Some(date) = date::now() {
        headers.insert(header::DATE, date);
    }
}
