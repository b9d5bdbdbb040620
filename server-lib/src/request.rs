//! One request, answered from one generation from start to end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hot_reload::Snapshot;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, timeout_at};

use crate::config::{Limits, Methods, Route, ServerConfig};
use crate::connection::Progress;
use crate::date;
use crate::limit_log::Limit;
use crate::state::Shared;

/// The most bytes of a refused request's body that are read, so that its connection can be reused.
const REFUSED_BODY: usize = 64 * 1024;

/// Answers a request. Its body is read and discarded, so that the connection can be reused.
pub(crate) async fn answer(
    shared: &Shared,
    progress: &Arc<Progress>,
    request: Request<Incoming>,
) -> Response<Sending> {
    let now = shared.now();
    let (head, body) = request.into_parts();
    progress.begin(body.size_hint().exact());
    let judged = judge(&now, &head, progress.is_over());
    let has_body = !body.is_end_stream();
    if has_body {
        progress.read_body();
    }
    let (judged, read) = match read(judged, &head, body, &now.limits).await {
        Ok(judged) => (judged, true),
        Err(refusal) => (Err(refusal), false),
    };
    if has_body {
        progress.work();
    }
    // Only now does the request count as in progress: waiting for a slow client does not.
    let place = shared.enter(now.limits.max_concurrent_requests);
    let made = judged.and_then(|route| match place {
        None if !route.health => Err(Refusal::BUSY),
        _ => Ok(route.response()),
    });
    let (mut head, body) = made.unwrap_or_else(|refusal| {
        if let Some(limit) = refusal.limit {
            shared.limit_log.count(limit);
        }
        refusal.response()
    });
    // A connection beyond the limit ends after one response.
    if !read || progress.is_over() {
        let close = HeaderValue::from_static("close");
        head.headers_mut().insert(header::CONNECTION, close);
    }
    if !read {
        progress.leave_unread();
    }
    stamp(&mut head, &now);
    progress.respond();
    head.map(|()| Sending::new(body, Arc::clone(progress)))
}

/// A response without its body, and the body.
pub(crate) type Made = (Response<()>, Bytes);

/// Chooses the route by the head alone. An error is the reason why none answers.
fn judge<'a>(config: &'a ServerConfig, head: &Parts, over: bool) -> Result<&'a Route, Refusal> {
    if !host_is_valid(head) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "exactly one valid Host header is needed\n",
        ));
    }
    let route = config.route(head.uri.path());
    if over && !route.is_some_and(|route| route.health) {
        return Err(Refusal::CROWDED);
    }
    let route = route.ok_or(Refusal::new(
        StatusCode::NOT_FOUND,
        "there is nothing here\n",
    ))?;
    if route.methods.contain(&head.method) {
        Ok(route)
    } else {
        Err(Refusal {
            allow: Some(route.methods),
            ..Refusal::new(
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

/// Reads and discards the body. An error replaces the chosen response, and the rest of the body stays unread.
async fn read<'a>(
    judged: Result<&'a Route, Refusal>,
    head: &Parts,
    body: Incoming,
    limits: &Limits,
) -> Result<Result<&'a Route, Refusal>, Refusal> {
    if body.is_end_stream() {
        return Ok(judged);
    }
    let Err(refusal) = &judged else {
        drain(body, limits.max_body_bytes, limits).await?;
        return Ok(judged);
    };
    // A client that expects `100 Continue` need not send the body of a refused request.
    if refusal.status == StatusCode::SERVICE_UNAVAILABLE
        || head.headers.contains_key(header::EXPECT)
    {
        return Err(*refusal);
    }
    let most = REFUSED_BODY.min(limits.max_body_bytes);
    match drain(body, most, limits).await {
        Ok(()) => Ok(judged),
        Err(other) if other.status == StatusCode::BAD_REQUEST => Err(other),
        Err(_) => Err(*refusal),
    }
}

/// Reads a body to its end. Fails if it is too large or too slow.
async fn drain(mut body: Incoming, most: usize, limits: &Limits) -> Result<(), Refusal> {
    let end = Instant::now() + limits.request_timeout;
    let mut left = most;
    while !body.is_end_stream() {
        if body.size_hint().lower() > left as u64 {
            return Err(Refusal::TOO_LARGE);
        }
        let pause = Instant::now() + limits.body_timeout;
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx));
        match timeout_at(pause.min(end), frame).await {
            Err(_) => {
                let limit = if pause < end {
                    Limit::BodyTime
                } else {
                    Limit::RequestTime
                };
                return Err(Refusal {
                    limit: Some(limit),
                    ..Refusal::TOO_SLOW
                });
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "the body is malformed\n",
                ));
            }
            Ok(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                left = left.checked_sub(bytes).ok_or(Refusal::TOO_LARGE)?;
            }
        }
    }
    Ok(())
}

/// The response to a request that no route answers.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    status: StatusCode,
    text: &'static str,
    allow: Option<Methods>,
    /// The limit to name in the log.
    limit: Option<Limit>,
}

impl Refusal {
    const BUSY: Self = Self {
        limit: Some(Limit::ConcurrentRequests),
        ..Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once\n",
        )
    };
    /// The limit was logged when the connection was accepted.
    const CROWDED: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many connections at once\n",
    );
    const TOO_LARGE: Self = Self {
        limit: Some(Limit::BodyBytes),
        ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n")
    };
    const TOO_SLOW: Self = Self::new(StatusCode::REQUEST_TIMEOUT, "the request took too long\n");

    const fn new(status: StatusCode, text: &'static str) -> Self {
        Self {
            status,
            text,
            allow: None,
            limit: None,
        }
    }

    fn response(self) -> Made {
        let mut head = Response::new(());
        *head.status_mut() = self.status;
        let headers = head.headers_mut();
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow.allow());
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        (head, Bytes::from_static(self.text.as_bytes()))
    }
}

/// The whole response to an incomplete head, in bytes, since there is no request to answer.
pub(crate) fn head_timed_out() -> String {
    let text = Refusal::TOO_SLOW.text;
    format!(
        "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
}

/// Adds the headers that name the generation of the configuration.
fn stamp(head: &mut Response<()>, now: &Snapshot<ServerConfig>) {
    let headers = head.headers_mut();
    headers.insert("x-config-id", HeaderValue::from(now.id));
    headers.insert(
        "x-config-generation",
        HeaderValue::from(now.generation().get()),
    );
    if let Some(date) = date::now() {
        headers.insert(header::DATE, date);
    }
}

/// The body of a response, which records when the connection has taken it.
pub(crate) struct Sending {
    bytes: Option<Bytes>,
    progress: Arc<Progress>,
}

impl Sending {
    fn new(bytes: Bytes, progress: Arc<Progress>) -> Self {
        Self {
            bytes: Some(bytes).filter(|bytes| !bytes.is_empty()),
            progress,
        }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, Bytes::len) as u64)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.progress.handed_over();
    }
}
