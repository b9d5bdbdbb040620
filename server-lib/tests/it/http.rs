//! The requirements of HTTP on every server.

use crate::support::Rig;
use crate::support::raw::Raw;

const CONFIG: &str = r#"
id = 1
name = "http"
listen = "127.0.0.1:0"

[[routes]]
path = "/"
body = "home"

[[routes]]
path = "/read-only"
methods = ["GET"]
body = "read only"

[[routes]]
path = "/write-only"
methods = ["PUT", "DELETE"]

[[routes]]
path = "/reset"
status = 205
"#;

/// Sends this request, and returns the response, which ends the connection.
async fn ask(rig: &Rig, request: &str) -> String {
    let mut raw = Raw::connect(rig.address()).await;
    raw.send(request).await;
    raw.rest().await
}

fn status(reply: &str) -> &str {
    reply.get(9..12).unwrap_or(reply)
}

#[tokio::test]
async fn empty_lines_between_requests_are_ignored() {
    let rig = Rig::start(CONFIG).await;
    let post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody";
    let get = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    for blank in ["\r\n", "\r\n\r\n"] {
        let mut raw = Raw::connect(rig.address()).await;
        raw.send(&format!("{post}{blank}")).await;
        let first = raw.until("\r\n\r\nhome").await;
        assert_eq!(status(&first), "200", "{blank:?}");
        raw.send(&format!("{blank}{get}")).await;
        let second = raw.rest().await;
        assert_eq!(status(&second), "200", "{blank:?}: {second:?}");
    }
}

#[tokio::test]
async fn request_without_exactly_one_valid_host_is_refused() {
    let rig = Rig::start(CONFIG).await;
    for (head, expected) in [
        ("GET / HTTP/1.1\r\nhost: a", "200"),
        ("GET / HTTP/1.1\r\nhost: a.example:8080", "200"),
        ("GET / HTTP/1.1\r\nhost: [::1]:8080", "200"),
        ("GET / HTTP/1.1\r\nhost:", "200"),
        ("GET / HTTP/1.0\r\nhost: a", "200"),
        ("GET / HTTP/1.0", "200"),
        ("GET / HTTP/1.1", "400"),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: a", "400"),
        ("GET / HTTP/1.1\r\nhost: a\r\nHost: b", "400"),
        ("GET / HTTP/1.0\r\nhost: a\r\nhost: b", "400"),
        ("GET / HTTP/1.1\r\nhost: a b", "400"),
        ("GET / HTTP/1.1\r\nhost: user@a", "400"),
        ("GET / HTTP/1.1\r\nhost: a/b", "400"),
        ("GET http://a/ HTTP/1.1\r\nhost: a", "200"),
        ("GET http://a/ HTTP/1.1", "400"),
        ("GET /nowhere HTTP/1.1", "400"),
    ] {
        let reply = ask(&rig, &format!("{head}\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(status(&reply), expected, "{head}");
    }
}

#[tokio::test]
async fn malformed_body_is_400_and_ends_the_connection() {
    let rig = Rig::start(CONFIG).await;
    let head = "HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    for body in [
        "zz\r\nab\r\n0\r\n\r\n",
        "-1\r\n",
        "1\r\nabc\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n",
    ] {
        for target in ["POST /", "GET /", "POST /nowhere", "PUT /"] {
            let reply = ask(&rig, &format!("{target} {head}{body}")).await;
            assert_eq!(status(&reply), "400", "{target} {body:?}");
            assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
        }
    }
    let reply = ask(
        &rig,
        &format!(
            "POST / {}2\r\nab\r\n0\r\n\r\n",
            head.replace("host", "connection: close\r\nhost")
        ),
    )
    .await;
    assert_eq!(status(&reply), "200");
}

#[tokio::test]
async fn unsupported_method_is_405_with_allow() {
    let rig = Rig::start(CONFIG).await;
    let reply = async |target: &str| {
        ask(
            &rig,
            &format!("{target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"),
        )
        .await
    };
    for (path, serves, allow) in [
        ("/", ["GET", "HEAD", "POST"].as_slice(), "GET, HEAD, POST"),
        ("/read-only", ["GET", "HEAD"].as_slice(), "GET, HEAD"),
        ("/write-only", ["PUT", "DELETE"].as_slice(), "PUT, DELETE"),
    ] {
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE", "get",
        ] {
            let reply = reply(&format!("{method} {path}")).await;
            if serves.contains(&method) {
                assert_eq!(status(&reply), "200", "{method} {path}");
            } else {
                assert_eq!(status(&reply), "405", "{method} {path}");
                assert!(
                    reply.contains(&format!("\r\nallow: {allow}\r\n")),
                    "{reply}"
                );
            }
        }
    }
    let head = reply("HEAD /").await;
    assert!(
        head.contains("\r\ncontent-length: 4\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert_eq!(status(&reply("DELETE /nowhere").await), "404");
    assert_eq!(status(&reply("CONNECT a:80").await), "404");
}

#[tokio::test]
async fn response_205_has_no_body() {
    let rig = Rig::start(CONFIG).await;
    let reply = ask(
        &rig,
        "GET /reset HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(status(&reply), "205");
    assert!(
        reply.contains("\r\ncontent-length: 0\r\n") && reply.ends_with("\r\n\r\n"),
        "{reply}"
    );
}

#[tokio::test]
async fn refused_request_with_expect_gets_no_100_continue() {
    let rig = Rig::start(CONFIG).await;
    let more = "HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    for (target, expected) in [("POST /nowhere", "404"), ("PATCH /", "405")] {
        let reply = ask(&rig, &format!("{target} {more}")).await;
        assert_eq!(status(&reply), expected, "{reply}");
        assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
    }
}

#[tokio::test]
async fn client_with_a_closed_side_gets_the_whole_response() {
    const SIZE: usize = 16 << 20;
    let folder = tempfile::tempdir().unwrap();
    // More than the system takes at once.
    std::fs::write(folder.path().join("large"), vec![b'a'; SIZE]).unwrap();
    let large = "[[routes]]\npath = '/large'\nfile = 'large'\n";
    let rig = Rig::start_in(folder, &format!("{CONFIG}{large}")).await;
    let mut raw = Raw::connect(rig.address()).await;
    raw.send("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // The response has begun, and waits for the client to read.
    raw.until("\r\n\r\n").await;
    raw.end().await;
    assert_eq!(raw.rest().await.len(), SIZE);
}
