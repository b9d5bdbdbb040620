//! [`Guard`]: the checks that every request passes, in the order: host, origin, token, header, body, rate.
//!
//! A page of another site can make the browser of an operator send requests to a loopback address (cross-site request forgery).
//! The checks of host and origin refuse them. Such a page cannot send the header.

mod hosts;
mod origin;
mod rate;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Mutex;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::time::Instant;

pub(super) use self::hosts::{HostRule, Hosts};
use self::rate::Rate;
pub(super) use self::token::Token;
use super::options::Options;
use super::refusal::Refusal;
use crate::locks::lock;

/// A header that a page of another site cannot send: the browser sends a CORS preflight first, and this server refuses it.
const HEADER: &str = "x-reload";
/// The largest body. No endpoint needs a large one.
pub(super) const BODY: usize = 64 * 1024;

pub(super) struct Guard {
    hosts: Hosts,
    rule: HostRule,
    scheme: &'static str,
    token: Option<Token>,
    rate: Mutex<Rate>,
}

/// The access that an endpoint requires.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Whether the process is healthy, by `GET` or `HEAD`. Probes have no token, and reach the process under any host.
    Probe,
    /// All other endpoints.
    Operator,
}

impl Guard {
    pub(super) fn new(options: &Options, rule: HostRule, token: Option<Token>) -> Self {
        let (burst, period) = options.rate;
        Self {
            hosts: options.hosts.clone(),
            rule,
            scheme: if options.https { "https" } else { "http" },
            token,
            rate: Mutex::new(Rate::new(burst, period)),
        }
    }

    /// Decides about a request by everything but its body.
    pub(super) fn admit(
        &self,
        request: &Parts,
        access: Access,
        now: Instant,
    ) -> Result<(), Refusal> {
        let headers = &request.headers;
        let host = hosts::of(request)?;
        if access == Access::Operator {
            self.hosts.check(&host, self.rule)?;
        }
        origin::check(headers, self.scheme, &host)?;
        let is_bearer = token::bearer(headers).is_some();
        if access == Access::Operator
            && let Some(token) = &self.token
        {
            token.check(headers)?;
        }
        if is_reading(&request.method) {
            return Ok(());
        }
        if !is_bearer && !headers.contains_key(HEADER) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "this request changes something, so it needs the header `X-Reload: 1` or a bearer token",
            ));
        }
        check_body(headers)?;
        lock(&self.rate).take(now).map_err(|wait| {
            let text = "too many requests that reload or change something";
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, text).retry_after(seconds.max(1))
        })
    }
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Refuses all bodies but JSON: a page of another site can send a form, a text, or a body without a type.
fn check_body(headers: &HeaderMap) -> Result<(), Refusal> {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY as u64) {
        return Err(too_large());
    }
    let is_empty = length.unwrap_or(0) == 0 && !headers.contains_key("transfer-encoding");
    let is_json = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    };
    match headers.get(CONTENT_TYPE) {
        None if is_empty => Ok(()),
        Some(value) if is_json(value) => Ok(()),
        Some(_) | None => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a body must be `application/json`; curl sends none with `-X POST` and without `-d`",
        )),
    }
}

pub(super) fn too_large() -> Refusal {
    let text = format!("a body has at most {BODY} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text)
}
