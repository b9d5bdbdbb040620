//! Tests of the checks that need no connection: hosts, origins, the header, bodies, the rate.

use std::time::Duration;

use axum::http::Request;
use axum::http::request::Builder;
use axum::response::IntoResponse;

use super::*;

/// The code of the answer to this request; 200 if it is admitted.
fn code_of(guard: &Guard, access: Access, request: Builder) -> u16 {
    let (parts, ()) = request.body(()).unwrap().into_parts();
    match guard.admit(&parts, access, Instant::now()) {
        Ok(()) => 200,
        Err(refusal) => refusal.status().as_u16(),
    }
}

fn guard() -> Guard {
    let mut options = Options::default();
    options.hosts.allow("Admin.Internal");
    options.hosts.allow("10.0.0.5:9000");
    options.hosts.allow("[fd00::5]");
    options.rate = (1000, Duration::from_secs(1));
    Guard::new(&options, HostRule::Listed, None)
}

fn get() -> Builder {
    Request::get("/debug/reload/status")
}

/// The code for a request to this host.
fn host(host: &str) -> u16 {
    code_of(&guard(), Access::Operator, get().header("host", host))
}

#[tokio::test]
async fn loopback_and_listed_hosts_are_admitted() {
    for admitted in [
        "localhost",
        "LOCALHOST:9000",
        "127.0.0.1",
        "127.1.2.3:80",
        "[::1]",
        "[::1]:9000",
        "[::ffff:127.0.0.1]:9000",
        "admin.internal",
        "ADMIN.internal:8443",
        "10.0.0.5",
        "[fd00::5]:1",
    ] {
        assert_eq!(host(admitted), 200, "{admitted}");
    }
}

#[tokio::test]
async fn foreign_host_and_rebinding_name_are_refused() {
    for refused in [
        "",
        "evil.com",
        "127.evil.com",
        "127.0.0.1.evil.com",
        "127.0.0.1.nip.io",
        "127.0.0.1@evil.com",
        "evil.com@127.0.0.1",
        "localhost.evil.com",
        "localhost.",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "0.0.0.0",
        "10.0.0.6",
        "[::]",
        "::1",
        "[::1].evil.com",
        "[::1]evil",
        "localhost:port",
        "localhost:",
        "localhost:99999",
        "admin.internal.evil.com",
        "host with spaces",
    ] {
        assert_eq!(host(refused), 403, "{refused}");
    }
    let operator = |request| code_of(&guard(), Access::Operator, request);
    assert_eq!(operator(get()), 403, "without a host");
    let twice = get().header("host", "localhost").header("host", "evil.com");
    assert_eq!(operator(twice), 403);
    let absolute = || Request::get("http://localhost/debug/reload/status");
    assert_eq!(operator(absolute()), 200, "the authority of HTTP/2");
    assert_eq!(operator(absolute().header("host", "evil.com")), 403);
    assert_eq!(operator(Request::get("http://evil.com/")), 403);
}

#[tokio::test]
async fn server_with_a_token_is_reached_under_any_address_but_no_name() {
    let any = Guard::new(&Options::default(), HostRule::AnyAddress, None);
    let code = |host| code_of(&any, Access::Operator, get().header("host", host));
    assert_eq!([code("192.0.2.7:9000"), code("[2001:db8::7]")], [200, 200]);
    assert_eq!(code("192.0.2.7.evil.com"), 403);
}

#[tokio::test]
async fn probe_is_admitted_under_any_host_but_not_for_a_foreign_page() {
    let probe = |request| code_of(&guard(), Access::Probe, request);
    let pod = || Request::get("/-/ready").header("host", "pod-7.internal:9000");
    assert_eq!(probe(pod()), 200);
    assert_eq!(probe(pod().header("origin", "http://evil.com")), 403);
}

#[tokio::test]
async fn origin_must_be_that_of_the_host_with_its_port() {
    let https = Options {
        https: true,
        ..Options::default()
    };
    let (http, https) = (guard(), Guard::new(&https, HostRule::Listed, None));
    for (guard, host, origin, code) in [
        (&http, "127.0.0.1:9000", "http://127.0.0.1:9000", 200),
        (&http, "LocalHost:9000", "http://localhost:9000", 200),
        (&http, "localhost", "http://localhost", 200),
        (&http, "localhost", "http://localhost:80", 200),
        (&http, "127.0.0.1:9000", "http://127.0.0.1:9001", 403),
        (&http, "127.0.0.1:9000", "http://127.0.0.1", 403),
        (&http, "127.0.0.1:9000", "http://localhost:9000", 403),
        (&http, "127.0.0.1:9000", "https://127.0.0.1:9000", 403),
        (&http, "127.0.0.1:9000", "http://evil.com", 403),
        (
            &http,
            "127.0.0.1:9000",
            "http://127.0.0.1:9000.evil.com",
            403,
        ),
        (&http, "127.0.0.1:9000", "http://a@127.0.0.1:9000", 403),
        (&http, "[::1]", "http://[::1].evil.com", 403),
        (&http, "[::1]", "http://[::1]", 200),
        (&http, "127.0.0.1:9000", "127.0.0.1:9000", 403),
        (&http, "127.0.0.1:9000", "null", 403),
        (&http, "127.0.0.1:9000", "", 403),
        (&https, "localhost", "https://localhost", 200),
        (&https, "localhost", "https://localhost:443", 200),
        (&https, "localhost", "http://localhost", 403),
    ] {
        let request = get().header("host", host).header("origin", origin);
        let found = code_of(guard, Access::Operator, request);
        assert_eq!(found, code, "{origin} at {host}");
    }
    let own = get()
        .header("host", "localhost")
        .header("origin", "http://localhost");
    let both = own.header("origin", "http://evil.com");
    assert_eq!(
        code_of(&http, Access::Operator, both),
        403,
        "each one counts"
    );
}

#[tokio::test]
async fn image_of_a_foreign_page_is_refused_and_a_link_is_not() {
    for (site, mode, code) in [
        ("cross-site", "no-cors", 403),
        ("same-site", "no-cors", 403),
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
        ("cross-site", "navigate", 200),
    ] {
        let request = get()
            .header("host", "localhost")
            .header("sec-fetch-site", site);
        let request = request.header("sec-fetch-mode", mode);
        let found = code_of(&guard(), Access::Operator, request);
        assert_eq!(found, code, "{site}, {mode}");
    }
    let form = post().header("sec-fetch-site", "cross-site");
    assert_eq!(
        posted(form.header("sec-fetch-mode", "navigate")),
        403,
        "without the header"
    );
}

/// A request that changes something, without the header.
fn post() -> Builder {
    Request::post("/-/reload").header("host", "localhost")
}

fn posted(request: Builder) -> u16 {
    code_of(&guard(), Access::Operator, request)
}

#[tokio::test]
async fn change_needs_a_header_that_a_foreign_page_cannot_send() {
    assert_eq!(posted(post()), 403);
    assert_eq!(posted(post().header("x-reload", "1")), 200);
    assert_eq!(
        posted(post().header("authorization", "Bearer anything")),
        200
    );
    // A browser sends a password that it knows to a page of any site.
    assert_eq!(posted(post().header("authorization", "Basic dTpw")), 403);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let request = post().method(method);
        assert_eq!(posted(request), 403, "{method}");
    }
    for method in ["GET", "HEAD"] {
        assert_eq!(posted(post().method(method)), 200, "{method}");
    }
}

#[tokio::test]
async fn body_of_a_form_or_of_text_is_refused() {
    let with_type = |kind: &str| {
        let request = post().header("x-reload", "1").header("content-length", "2");
        posted(request.header("content-type", kind))
    };
    for json in ["application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(with_type(json), 200, "{json}");
    }
    for other in [
        "text/plain",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
    ] {
        assert_eq!(with_type(other), 415, "{other}");
    }
    let bare = |name: &str, value: &str| posted(post().header("x-reload", "1").header(name, value));
    assert_eq!(bare("content-length", "0"), 200);
    assert_eq!(bare("content-length", "2"), 415, "a body without a type");
    assert_eq!(bare("transfer-encoding", "chunked"), 415);
    assert_eq!(bare("content-length", "65537"), 413);
}

#[tokio::test(start_paused = true)]
async fn storm_of_changes_is_refused_with_the_time_to_wait() {
    let options = Options {
        rate: (2, Duration::from_millis(2500)),
        ..Options::default()
    };
    let guard = Guard::new(&options, HostRule::Listed, None);
    let reload = || code_of(&guard, Access::Operator, post().header("x-reload", "1"));
    assert_eq!(
        code_of(&guard, Access::Operator, post()),
        403,
        "costs no permit"
    );
    assert_eq!([reload(), reload(), reload()], [200, 200, 429]);
    let (parts, ()) = post()
        .header("x-reload", "1")
        .body(())
        .unwrap()
        .into_parts();
    let refused = guard.admit(&parts, Access::Operator, Instant::now());
    let response = refused.unwrap_err().into_response();
    assert_eq!(response.headers()["retry-after"], "3", "rounded up");
    let status = get().header("host", "localhost");
    assert_eq!(
        code_of(&guard, Access::Operator, status),
        200,
        "reading has no rate"
    );
}
