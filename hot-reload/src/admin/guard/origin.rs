//! The check of `Origin`: absent, or the origin of the request's own host.
//!
//! The port counts, because browsers take another port of the same host for the same site.

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
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "the request comes from a page of another origin",
            ));
        }
    }
    Ok(())
}

fn default_port(scheme: &str) -> u16 {
    match scheme {
        "https" => 443,
        _ => 80,
    }
}
