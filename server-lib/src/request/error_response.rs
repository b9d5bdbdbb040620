//! [`ErrorResponse`]: the responses to requests that no endpoint answers.

use axum::body::Bytes;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::Answer;
use crate::config::Methods;
use crate::limit_log::Limit;

/// The response to a request that no endpoint answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorResponse {
    pub(super) status: StatusCode,
    /// The body.
    pub(super) text: &'static str,
    pub(super) allow: Option<Methods>,
    /// The limit to name in the log.
    pub(super) limit: Option<Limit>,
}

impl ErrorResponse {
    pub(super) const TOO_MANY_REQUESTS: Self = Self {
        limit: Some(Limit::ConcurrentRequests),
        ..Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once\n",
        )
    };
    /// The limit was logged when the connection was accepted.
    pub(super) const TOO_MANY_CONNECTIONS: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many connections at once\n",
    );
    pub(super) const TOO_LARGE: Self = Self {
        limit: Some(Limit::BodyBytes),
        ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n")
    };
    pub(super) const TOO_SLOW: Self =
        Self::new(StatusCode::REQUEST_TIMEOUT, "the request took too long\n");

    pub(super) const fn new(status: StatusCode, text: &'static str) -> Self {
        Self {
            status,
            text,
            allow: None,
            limit: None,
        }
    }

    pub(super) fn response(self) -> Answer {
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

/// The bytes of the whole response to an incomplete head. HTTP has no request then to which a response belongs.
pub(crate) fn head_timed_out() -> String {
    let text = ErrorResponse::TOO_SLOW.text;
    format!(
        "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
}
