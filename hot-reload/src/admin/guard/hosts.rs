//! [`Hosts`]: the hosts under which the endpoints may be reached.
//!
//! A foreign name that resolves to a loopback address (DNS rebinding) is not among them.

use std::net::IpAddr;

use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use crate::admin::refusal::Refusal;

/// The allowed hosts besides loopback addresses and `localhost`, in lower case and without a port.
#[derive(Clone, Default)]
pub(in crate::admin) struct Hosts(Vec<String>);

/// Which hosts are accepted besides the listed ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::admin) enum HostRule {
    Listed,
    /// Any IP address, because a page cannot make an address resolve to another one. For a server that has a token.
    AnyAddress,
}

impl Hosts {
    pub(in crate::admin) fn allow(&mut self, host: &str) {
        let authority = host.parse::<Authority>();
        let host = authority.as_ref().map_or(host, Authority::host);
        self.0.push(host.to_ascii_lowercase());
    }

    pub(super) fn check(&self, host: &Authority, rule: HostRule) -> Result<(), Refusal> {
        let name = host.host();
        let is_accepted = match address(name) {
            Some(address) => address.is_loopback() || rule == HostRule::AnyAddress,
            None => name.eq_ignore_ascii_case("localhost"),
        };
        let is_listed = || self.0.iter().any(|host| name.eq_ignore_ascii_case(host));
        if is_accepted || is_listed() {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!("the host {name:?} is not allowed here; see `Admin::allow_host`"),
        ))
    }
}

/// The IP address of a host, if it is one. An IPv6 address stands in brackets.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let address: IpAddr = match bare {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => IpAddr::V4(host.parse().ok()?),
    };
    Some(address.to_canonical())
}

/// The host of a request: its one `Host` header, or the authority of an HTTP/2 request.
pub(super) fn of(request: &Parts) -> Result<Authority, Refusal> {
    let refused = |text| Refusal::new(StatusCode::FORBIDDEN, text);
    let mut headers = request.headers.get_all(HOST).iter();
    let header = match (headers.next(), headers.next()) {
        (Some(_), Some(_)) => return Err(refused("the request has several `Host` headers")),
        (Some(header), None) => {
            let host = header.to_str().ok().and_then(parse);
            Some(host.ok_or_else(|| refused(NO_HOST))?)
        }
        (None, _) => None,
    };
    match (header, request.uri.authority()) {
        (Some(header), Some(authority)) if header != *authority => {
            Err(refused("the `Host` header and the request disagree"))
        }
        (Some(host), _) => Ok(host),
        (None, Some(authority)) => parse(authority.as_str()).ok_or_else(|| refused(NO_HOST)),
        (None, None) => Err(refused("the request has no `Host` header")),
    }
}

const NO_HOST: &str = "the `Host` header is no host";

/// A host with or without a port, and nothing else: no name of a user, and nothing after the bracket of an IPv6 address.
pub(super) fn parse(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let port = match text.strip_prefix(authority.host())? {
        "" => true,
        port => port.starts_with(':') && authority.port_u16().is_some(),
    };
    port.then_some(authority)
}
