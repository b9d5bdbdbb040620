//! The body of a request, which is read and discarded, and [`ResponseBody`].

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, timeout_at};

use super::endpoints::Endpoint;
use super::error_response::ErrorResponse;
use crate::config::Limits;
use crate::connection::Progress;
use crate::limit_log::Limit;

/// The most bytes of a refused request's body that are read, so that its connection can be reused.
const MAX_REFUSED: usize = 64 * 1024;

/// Reads and discards the body. An error replaces the chosen response, and the rest of the body stays unread.
pub(super) async fn read<'a>(
    endpoint: Result<&'a dyn Endpoint, ErrorResponse>,
    head: &Parts,
    body: Incoming,
    limits: &Limits,
) -> Result<Result<&'a dyn Endpoint, ErrorResponse>, ErrorResponse> {
    if body.is_end_stream() {
        return Ok(endpoint);
    }
    let Err(error) = &endpoint else {
        discard(body, limits.max_body_bytes, limits).await?;
        return Ok(endpoint);
    };
    // A client that expects `100 Continue` need not send the body of a refused request.
    if error.status == StatusCode::SERVICE_UNAVAILABLE || head.headers.contains_key(header::EXPECT)
    {
        return Err(*error);
    }
    let max = MAX_REFUSED.min(limits.max_body_bytes);
    match discard(body, max, limits).await {
        Ok(()) => Ok(endpoint),
        Err(other) if other.status == StatusCode::BAD_REQUEST => Err(other),
        Err(_) => Err(*error),
    }
}

/// Reads a body to its end. Fails if it is too large or too slow.
async fn discard(mut body: Incoming, max: usize, limits: &Limits) -> Result<(), ErrorResponse> {
    let end = Instant::now() + limits.request_timeout;
    let mut left = max;
    while !body.is_end_stream() {
        if body.size_hint().lower() > left as u64 {
            return Err(ErrorResponse::TOO_LARGE);
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
                return Err(ErrorResponse {
                    limit: Some(limit),
                    ..ErrorResponse::TOO_SLOW
                });
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(ErrorResponse::new(
                    StatusCode::BAD_REQUEST,
                    "the body is malformed\n",
                ));
            }
            Ok(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                left = left.checked_sub(bytes).ok_or(ErrorResponse::TOO_LARGE)?;
            }
        }
    }
    Ok(())
}

/// The body of a response, which records when the connection has taken it.
pub(crate) struct ResponseBody {
    bytes: Option<Bytes>,
    progress: Arc<Progress>,
}

impl ResponseBody {
    pub(super) fn new(bytes: Bytes, progress: Arc<Progress>) -> Self {
        Self {
            bytes: Some(bytes).filter(|bytes| !bytes.is_empty()),
            progress,
        }
    }
}

impl HttpBody for ResponseBody {
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

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.progress.handed_over();
    }
}
