//! The check of `Origin`: it must be absent, or the origin of the request's own host.
//!
//! A browser sends no `Origin` when it loads an image for a page of another site. `Sec-Fetch-Site` shows such a request. The port
//! counts, because a browser treats another port of the same host as the same site.

use axum::http::header::ORIGIN;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};

use super::hosts::parse;
use crate::admin::refusal::Refusal;

pub(super) fn check(headers: &HeaderMap, scheme: &str, host: &Authority) -> Result<(), Refusal> {
    let own = |origin: &str| {
        let (its_scheme, its_host) = origin.split_once("://")?;
        let its_host = parse(its_host)?;
        let port = |host: &Authority| host.port_u16().unwrap_or_else(|| default_port(scheme));
        let is_own = its_scheme == scheme
            && its_host.host().eq_ignore_ascii_case(host.host())
            && port(&its_host) == port(host);
        is_own.then_some(())
    };
    for origin in headers.get_all(ORIGIN) {
        if origin.to_str().ok().and_then(own).is_none() {
            return Err(foreign());
        }
    }
    let is = |name: &str, values: &[&str]| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| values.contains(&value))
    };
    // A link on a page of another site may lead here, because that page cannot read the answer.
    let is_link = is("sec-fetch-mode", &["navigate"]);
    match is("sec-fetch-site", &["cross-site", "same-site"]) && !is_link {
        true => Err(foreign()),
        false => Ok(()),
    }
}

fn foreign() -> Refusal {
    let text = "the request comes from a page of another origin";
    Refusal::new(StatusCode::FORBIDDEN, text)
}

fn default_port(scheme: &str) -> u16 {
    match scheme {
        "https" => 443,
        _ => 80,
    }
}
