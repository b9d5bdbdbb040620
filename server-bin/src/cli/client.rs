//! [`Client`]: requests to the admin endpoints of a running server, one connection each.

use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::args::Remote;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take. A reload may wait for two loads of 30 s each, and then for participants.
const ANSWER: Duration = Duration::from_secs(120);
/// The largest answer.
const BYTES: usize = 64 << 20;

/// The admin endpoints of a running server.
pub(super) struct Client {
    address: String,
    token: Option<String>,
    target: Option<String>,
}

/// Why there is no answer, in one line.
pub(super) enum Failure {
    /// The server cannot be reached, or has closed the connection.
    Unreachable(String),
    /// The server has refused the request, or the command line is wrong.
    Refused(String),
}

/// An answer of the server.
pub(super) struct Answer {
    /// Whether the request had the effect that it asked for.
    pub(super) is_success: bool,
    pub(super) body: Value,
}

impl Client {
    pub(super) fn new(remote: &Remote) -> Result<Self, Failure> {
        let token = remote.admin_token_file.as_ref().map(|file| {
            let text = std::fs::read_to_string(file);
            let text = text.map(|text| text.trim().to_owned());
            text.map_err(|error| Failure::Refused(format!("{}: {error}", file.display())))
        });
        Ok(Self {
            address: remote.admin.clone(),
            token: token.transpose()?,
            target: remote.target.clone(),
        })
    }

    /// Requests something that is about all targets.
    pub(super) async fn get_all(&self, path: &str) -> Result<Answer, Failure> {
        self.exchange(Method::GET, path, None).await
    }

    /// Sends a request about the target, or about all.
    pub(super) async fn send(&self, method: Method, path: &str) -> Result<Answer, Failure> {
        self.send_if(method, path, None).await
    }

    /// The same, if this generation is visible.
    pub(super) async fn send_if(
        &self,
        method: Method,
        path: &str,
        generation: Option<u64>,
    ) -> Result<Answer, Failure> {
        let path = match &self.target {
            Some(target) => format!(
                "{path}?target={}",
                utf8_percent_encode(target, NON_ALPHANUMERIC)
            ),
            None => path.to_owned(),
        };
        self.exchange(method, &path, generation).await
    }

    /// Sends a request, and waits for the whole answer.
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        generation: Option<u64>,
    ) -> Result<Answer, Failure> {
        let exchange = async {
            let response = self.request(method, path, generation).await?;
            self.answer(response).await
        };
        match timeout(ANSWER, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Refused(format!(
                "{}: no answer within {ANSWER:?}; the outcome is unknown",
                self.address
            ))),
        }
    }

    /// The body of a response.
    async fn answer(&self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let status = response.status();
        let body = http_body_util::Limited::new(response.into_body(), BYTES);
        let body = body.collect().await;
        let body = body.map_err(|error| self.unreachable(&error))?.to_bytes();
        let body: Value = serde_json::from_slice(&body)
            .map_err(|_| Failure::Refused(format!("{}: answered {status}", self.address)))?;
        match body["error"].as_str() {
            Some(error) => Err(Failure::Refused(error.to_owned())),
            None => Ok(Answer {
                is_success: status.is_success(),
                body,
            }),
        }
    }

    /// Opens the stream of events.
    pub(super) async fn stream(&self) -> Result<Incoming, Failure> {
        let response = self
            .request(Method::GET, "/debug/reload/stream", None)
            .await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let address = &self.address;
        match self.answer(response).await {
            Err(failure) => Err(failure),
            Ok(_) => Err(Failure::Refused(format!(
                "{address}: has no stream of events"
            ))),
        }
    }

    /// Whether a row or an event is of the target.
    pub(super) fn is_wanted(&self, row: &Value) -> bool {
        let target = self.target.as_deref();
        target.is_none_or(|target| row["target"] == target)
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        generation: Option<u64>,
    ) -> Result<Response<Incoming>, Failure> {
        let connect = timeout(CONNECT, self.connect()).await;
        let connection = connect.map_err(|_| self.unreachable(&"no connection within 5 s"))?;
        let (stream, host) = connection?;
        let handshake = handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| self.unreachable(&error))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, host)
            .header("x-reload", "1");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(generation) = generation {
            request = request.header("if-match", format!("\"{generation}\""));
        }
        let request = request.body(Empty::<Bytes>::new());
        let request = request.map_err(|error| Failure::Refused(error.to_string()))?;
        let response = sender.send_request(request).await;
        response.map_err(|error| self.unreachable(&error))
    }

    /// A connection, and the host that the request names.
    async fn connect(&self) -> Result<(Box<dyn Stream>, &str), Failure> {
        match self.address.strip_prefix("unix:") {
            None => {
                let stream = TcpStream::connect(&self.address).await;
                let stream = stream.map_err(|error| self.unreachable(&error))?;
                Ok((Box::new(stream), &self.address))
            }
            #[cfg(unix)]
            Some(path) => {
                let stream = tokio::net::UnixStream::connect(path).await;
                let stream = stream.map_err(|error| self.unreachable(&error))?;
                Ok((Box::new(stream), "localhost"))
            }
            #[cfg(not(unix))]
            Some(_) => Err(self.unreachable(&"this system has no unix sockets")),
        }
    }

    fn unreachable(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Unreachable(format!(
            "cannot reach the server at {}: {why}",
            self.address
        ))
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
