//! Clients of the admin endpoints: of a router, and of a server over a connection.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tower::ServiceExt;

/// An answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The message of a refusal.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

/// A request as curl sends it, for further headers.
pub(crate) fn request(method: &str, path: &str) -> Builder {
    let builder = Request::builder().method(method).uri(path);
    let builder = builder.header("host", "127.0.0.1:9000");
    match method {
        "GET" | "HEAD" => builder,
        _ => builder.header("x-reload", "1"),
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) async fn call(router: &Router, method: &str, path: &str) -> Answer {
    send(router, request(method, path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    call(router, "GET", path).await
}

pub(crate) async fn post(router: &Router, path: &str) -> Answer {
    call(router, "POST", path).await
}

/// Sends this text over a connection, and reads the answer until the server closes.
pub(crate) async fn exchange(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    head: &str,
) -> Answer {
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let code = head.split(' ').nth(1).unwrap();
    let status = StatusCode::from_bytes(code.as_bytes()).unwrap();
    Answer {
        status: status.as_u16(),
        headers: HeaderMap::new(),
        body: body.to_owned(),
    }
}
