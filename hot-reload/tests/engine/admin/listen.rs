//! The admin server over real connections: its addresses, its socket, its token, and clients that are slow or large.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;
use std::time::Duration;

use hot_reload::admin::{Admin, AdminServer};
use hot_reload::error::ErrorKind;
use hot_reload::{Control, Live, Registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::client::{Answer, exchange};
use crate::script::{Bad, Good, Script};

/// Longer than anything here takes, because a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(30);

async fn start(registry: &Registry) -> (Script, Live<String>, Control<String>) {
    let script = Script::new(Good("first"));
    let builder = script.builder().name("motto").register(registry);
    let (live, control) = builder.start().await.unwrap();
    (script, live, control)
}

/// Sends a request with these further lines of its head.
async fn ask(address: &str, method: &str, path: &str, more: &str) -> Answer {
    let host = match address.starts_with("unix:") {
        true => "localhost",
        false => address,
    };
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    match address.strip_prefix("unix:") {
        Some(path) => exchange(UnixStream::connect(path).await.unwrap(), &head).await,
        None => exchange(TcpStream::connect(address).await.unwrap(), &head).await,
    }
}

async fn refused(admin: &Admin, address: &str) -> String {
    let error = admin.listen(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    error.to_string()
}

#[tokio::test]
async fn server_answers_status_and_reload_over_a_connection() {
    let registry = Registry::new();
    let (script, live, control) = start(&registry).await;
    let server = Admin::new(&registry).listen("127.0.0.1:0").await.unwrap();
    let address = server.address().to_owned();

    let status = ask(&address, "GET", "/debug/reload/status?target=motto", "").await;
    assert_eq!(
        (status.status, &status.json()["generation"]),
        (200, &1.into())
    );
    script.set(Good("second"));
    let reload = ask(&address, "POST", "/-/reload", "X-Reload: 1\r\n").await;
    assert_eq!(reload.status, 200);
    let receipt = &reload.json()["targets"][0];
    assert_eq!(
        (&receipt["target"], &receipt["outcome"]),
        (&"motto".into(), &"published".into())
    );
    assert_eq!(*live.load(), "second");
    script.set(Bad("typo"));
    let reload = ask(&address, "POST", "/-/reload", "X-Reload: 1\r\n").await;
    assert_eq!(
        (reload.status, &reload.json()["targets"][0]["stage"]),
        (422, &"decode".into())
    );
    assert_eq!(*live.load(), "second");
    let page = ask(&address, "POST", "/-/reload", "Origin: http://evil.com\r\n").await;
    assert_eq!(page.status, 403);

    server.stop().await;
    assert!(TcpStream::connect(&address).await.is_err());
    control.stop().await;
}

#[tokio::test]
async fn foreign_address_without_a_token_is_refused_before_anything_is_bound() {
    let admin = Admin::new(&Registry::new());
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:9000"] {
        let error = refused(&admin, address).await;
        assert!(
            error.contains(address) && error.contains("needs a token file"),
            "{error}"
        );
    }
    for address in ["127.0.0.1", "nonsense", "unix:", ""] {
        refused(&admin, address).await;
    }
}

/// `127.1` is a name for the check of hosts, and resolves to a loopback address everywhere.
#[tokio::test]
async fn host_of_the_listen_address_is_allowed() {
    let server = Admin::new(&Registry::new()).max_streams(usize::MAX);
    let server = server.listen("127.1:0").await.unwrap();
    for (host, code) in [("127.1", 200), ("127.2", 403)] {
        let head = format!(
            "GET /debug/reload/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        );
        let client = TcpStream::connect(server.address()).await.unwrap();
        assert_eq!(exchange(client, &head).await.status, code, "{host}");
    }
    server.stop().await;
}

const TOKEN: &str = "correct-horse-battery";

fn token_file(folder: &Path, token: &str) -> String {
    let path = folder.join("token");
    fs::write(&path, token).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn token_is_demanded_from_all_but_probes_and_follows_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new();
    let (_script, _live, control) = start(&registry).await;
    let path = token_file(folder.path(), &format!("{TOKEN}\n"));
    let admin = Admin::new(&registry).token_file(&path);
    let server = admin.listen("0.0.0.0:0").await.unwrap();
    let address = format!("127.0.0.1:{}", server.address().rsplit_once(':').unwrap().1);
    let with = async |method: &str, path: &str, token: &str| {
        let header = match token {
            "" => String::new(),
            token => format!("Authorization: {token}\r\n"),
        };
        ask(&address, method, path, &header).await.status
    };
    let bearer = format!("Bearer {TOKEN}");
    for (path, code) in [
        ("/-/healthy", 200),
        ("/-/ready", 200),
        ("/-/ready?strict=1", 200),
        ("/-/ready?target=%6dotto&strict=1", 401),
        ("/-/ready?revision=6669727374", 401),
        ("/-/ready?%72evision=6669727374", 401),
        ("/debug/reload/status", 401),
        ("/debug/reload/events", 401),
        ("/debug/reload/stream", 401),
    ] {
        assert_eq!(with("GET", path, "").await, code, "{path}");
    }
    for wrong in [
        "Bearer correct-horse-batterx",
        "Bearer correct-horse-batter",
        "Bearer correct-horse-battery2",
        "Bearer",
        "Bearer ",
        "Basic correct-horse-battery",
        TOKEN,
    ] {
        assert_eq!(
            with("GET", "/debug/reload/status", wrong).await,
            401,
            "{wrong}"
        );
        assert_eq!(with("POST", "/-/reload", wrong).await, 401, "{wrong}");
    }
    assert_eq!(with("GET", "/debug/reload/status", &bearer).await, 200);
    assert_eq!(
        with("POST", "/-/reload", &bearer).await,
        200,
        "it is the header, too"
    );
    let shown = format!("{admin:?} {server:?}");
    assert!(!shown.contains(TOKEN), "{shown}");

    token_file(folder.path(), "too short");
    let next = "another-long-enough-token";
    token_file(folder.path(), next);
    let rotated = async {
        while with("GET", "/debug/reload/status", &format!("Bearer {next}")).await != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, rotated).await.unwrap();
    assert_eq!(with("GET", "/debug/reload/status", &bearer).await, 401);
    server.stop().await;
    control.stop().await;
}

#[tokio::test]
async fn bad_token_file_is_an_error_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = token_file(folder.path(), "hunter2");
    let admin = Admin::new(&Registry::new()).token_file(&path);
    let error = admin.listen("127.0.0.1:0").await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains(&path) && text.contains("fewer than 16"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn socket_is_private_and_a_stale_one_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new();
    let (_script, _live, control) = start(&registry).await;
    let path = folder.path().join("admin.sock");
    let address = format!("unix:{}", path.display());
    drop(StdUnixListener::bind(&path).unwrap());
    let admin = Admin::new(&registry);
    let server: AdminServer = admin.listen(&address).await.unwrap();
    assert_eq!(server.address(), address);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        ask(&address, "GET", "/debug/reload/status", "")
            .await
            .status,
        200
    );
    let error = admin.listen(&address).await.unwrap_err().to_string();
    assert!(
        error.contains(&address) && error.contains("another process listens"),
        "{error}"
    );
    assert_eq!(
        ask(&address, "GET", "/-/healthy", "").await.status,
        200,
        "it is still there"
    );
    server.stop().await;
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");

    let private = folder.path().join(format!(".{}", std::process::id()));
    fs::create_dir(&private).unwrap();
    drop(StdUnixListener::bind(private.join("s")).unwrap());
    let server = admin.listen(&address).await.unwrap();
    assert!(!private.exists(), "left behind by a killed process");
    server.stop().await;

    fs::write(&path, "precious").unwrap();
    let error = admin.listen(&address).await.unwrap_err().to_string();
    assert!(error.contains("no socket"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    control.stop().await;
}

#[tokio::test]
async fn oversized_body_and_head_are_refused() {
    let registry = Registry::new();
    let (script, _live, control) = start(&registry).await;
    let server = Admin::new(&registry).listen("127.0.0.1:0").await.unwrap();
    let address = server.address();
    let json = "X-Reload: 1\r\nContent-Type: application/json\r\n";
    let declared = format!("{json}Content-Length: 1000000\r\n");
    assert_eq!(
        ask(address, "POST", "/-/reload", &declared).await.status,
        413
    );
    let chunk = format!("10001\r\n{}\r\n0\r\n", "x".repeat(0x10001));
    let chunked = format!("{json}Transfer-Encoding: chunked\r\n\r\n{chunk}");
    assert_eq!(
        ask(address, "POST", "/-/reload", &chunked).await.status,
        413
    );
    let head = format!("X-Long: {}\r\n", "x".repeat(20_000));
    assert_eq!(ask(address, "GET", "/-/healthy", &head).await.status, 431);
    assert_eq!(script.loads(), 1, "nothing was reloaded");
    server.stop().await;
    control.stop().await;
}

/// As many clients as there are connections send half a head. The next one is served once one of them has gone.
#[tokio::test]
async fn connections_are_bounded_and_a_free_one_is_used() {
    let registry = Registry::new();
    let (_script, _live, control) = start(&registry).await;
    let server = Admin::new(&registry).listen("127.0.0.1:0").await.unwrap();
    let address = server.address();
    let mut slow = Vec::new();
    for _ in 0..64 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET /-/healthy HT").await.unwrap();
        slow.push(client);
    }
    let mut waiting = Box::pin(ask(address, "GET", "/-/healthy", ""));
    let early = timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(early.is_err(), "there is no connection for it");
    slow.pop();
    let healthy = timeout(PATIENCE, waiting).await.unwrap();
    assert_eq!(healthy.status, 200);
    drop(slow);
    server.stop().await;
    control.stop().await;
}

#[tokio::test]
async fn stop_ends_streams_and_the_requests_that_run() {
    let registry = Registry::new();
    let (_script, _live, control) = start(&registry).await;
    let server = Admin::new(&registry).listen("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = "GET /debug/reload/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut begin = [0; 512];
    let read = stream.read(&mut begin).await.unwrap();
    assert!(String::from_utf8_lossy(&begin[..read]).contains("200 OK"));
    timeout(PATIENCE, server.stop()).await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(
        rest.ends_with("0\r\n\r\n"),
        "the stream has its proper end: {rest}"
    );
    control.stop().await;
}
