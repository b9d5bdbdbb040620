//! Hostile and slow clients: none prevents the server from answering others, from reloading or from stopping.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{Program, get, until_id};
use super::{folder_with, save};

/// A configuration with these limits and a health route.
fn limited(id: u64, limits: &str) -> String {
    format!(
        "id = {id}\nname = 'clients'\nlisten = '127.0.0.1:0'\n[limits]\n{limits}\n[[routes]]\npath = '/'\nbody = 'this is {id}'\n[[routes]]\npath = '/healthz'\nbody = 'ok'\n"
    )
}

/// A client that has sent this text and waits.
async fn client(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Everything that arrives until the connection ends.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The program's peak memory in MiB.
#[cfg(target_os = "linux")]
fn peak(program: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() / 1024
}

/// An upload that sends only its first byte.
const UPLOAD: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na";

#[tokio::test]
async fn pausing_uploads_do_not_block_other_requests() {
    let (_folder, file) = folder_with(&limited(1, "max_concurrent_requests = 256"));
    let program = Program::start(&file, &[]);
    let address = program.address().await;
    let mut uploads = Vec::new();
    for _ in 0..300 {
        uploads.push(client(address, UPLOAD).await);
    }
    for path in ["/", "/healthz", "/"] {
        assert_eq!(get(address, path).await.status, 200, "{path}");
    }
    save(&file, &limited(2, "body_timeout_ms = 1"));
    until_id(address, 2).await;
    let reply = rest(client(address, UPLOAD).await).await;
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
    program.line("limit=\"limits.body_timeout_ms\"").await;
    drop(uploads);
}

#[tokio::test]
async fn silent_clients_leave_descriptors_for_requests_and_loads() {
    let (_folder, file) = folder_with(&limited(1, ""));
    let program = Program::start_within("-n 64", &file);
    let address = program.address().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    assert_eq!(get(address, "/healthz").await.status, 200);
    save(&file, &limited(2, ""));
    until_id(address, 2).await;
    program.line("limit=\"limits.max_connections\"").await;
    assert_eq!(program.count("cannot accept connections"), 0);
    drop(silent);
}

/// More uploads than the descriptors allow: some give way.
#[tokio::test]
async fn uploads_beyond_the_descriptors_give_way() {
    let (_folder, file) = folder_with(&limited(1, ""));
    let program = Program::start_within("-n 128", &file);
    let address = program.address().await;
    let chunked = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n";
    let mut uploads = Vec::new();
    for index in 0..600 {
        let text = if index % 2 == 0 { UPLOAD } else { chunked };
        uploads.push(client(address, text).await);
    }
    for path in ["/", "/healthz"] {
        assert_eq!(get(address, path).await.status, 200, "{path}");
    }
    program.line("limit=\"limits.max_connections\"").await;
    drop(uploads);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn soft_limit_of_open_files_is_raised_to_the_hard_limit() {
    let (_folder, file) = folder_with(&limited(1, ""));
    let program = Program::start_within("-Sn 64", &file);
    program.address().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.pid())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let words: Vec<_> = line.unwrap().split_whitespace().collect();
    assert_eq!(words[3], words[4], "{words:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn discarded_bodies_take_no_memory() {
    const CLIENTS: usize = 200;
    let (_folder, file) = folder_with(&limited(1, ""));
    let program = Program::start(&file, &[]);
    let address = program.address().await;
    assert_eq!(get(address, "/").await.status, 200);
    let before = peak(&program);
    // The last byte is missing, so that all uploads are open at once.
    let body = "a".repeat(999_999);
    let mut clients = Vec::new();
    for index in 0..CLIENTS {
        let path = ["/", "/unknown"][index % 2];
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n");
        let mut stream = client(address, &head).await;
        // A refused client may be disconnected before it has sent everything.
        let _ = stream.write_all(body.as_bytes()).await;
        clients.push(stream);
    }
    assert_eq!(get(address, "/").await.status, 200);
    let grown = peak(&program) - before;
    assert!(grown < 32, "it has grown by {grown} MiB");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn pipelined_requests_with_unread_responses_take_bounded_memory() {
    let large = "[[routes]]\npath = '/large'\nfile = 'large'\n";
    let (folder, file) = folder_with("");
    fs::write(folder.path().join("large"), vec![b'a'; 1 << 20]).unwrap();
    save(&file, &(limited(1, "send_timeout_ms = 500") + large));
    let program = Program::start(&file, &[]);
    let address = program.address().await;
    assert_eq!(get(address, "/large").await.status, 200);
    let before = peak(&program);
    let mut requests = String::new();
    for _ in 0..200 {
        write!(requests, "GET /large HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    }
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(client(address, &requests).await);
    }
    program.line("limit=\"limits.send_timeout_ms\"").await;
    let grown = peak(&program) - before;
    assert!(grown < 64, "it has grown by {grown} MiB");
    assert_eq!(get(address, "/").await.status, 200);
}

#[tokio::test]
async fn limits_that_disconnect_clients_are_logged_with_a_count() {
    // The head timeout comes last: it would also disconnect a client that connects slowly.
    let limits = "idle_timeout_ms = 20\nrequest_timeout_ms = 20\nmax_body_bytes = 4";
    let (_folder, file) = folder_with(&limited(1, limits));
    let program = Program::start(&file, &[]);
    let address = program.address().await;
    let long = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
        "a".repeat(40_000)
    );
    let requests = [
        ("idle_timeout_ms", "GET / HTTP/1.1\r\nhost: a\r\n\r\n"),
        ("request_timeout_ms", UPLOAD),
        (
            "max_body_bytes",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\naaaaa",
        ),
        ("max_head_bytes", &long),
        ("head_timeout_ms", "GET / HTTP/1.1\r\n"),
    ];
    for (key, request) in requests {
        if key == "head_timeout_ms" {
            save(&file, &limited(2, "head_timeout_ms = 20"));
            program.line("changed=").await;
        }
        for _ in 0..3 {
            rest(client(address, request).await).await;
        }
        program
            .line(&format!("limit=\"limits.{key}\" clients=1"))
            .await;
    }
}

#[tokio::test]
async fn half_sent_head_does_not_delay_the_stop() {
    let (_folder, file) = folder_with(&limited(1, ""));
    let mut program = Program::start(&file, &[]);
    let address = program.address().await;
    let half = client(address, "GET / HTTP/1.1\r\nhost").await;
    let silent = TcpStream::connect(address).await.unwrap();
    // Both have reached the server before the signal does.
    assert_eq!(get(address, "/").await.id(), 1);
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await.code(), Some(0));
    // Open requests get ten seconds; the log would report that this was not enough.
    assert_eq!(program.count("did not end in time"), 0);
    drop((half, silent));
}

/// The memory of a configuration and the one that it replaces, in multiples of its size.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn large_configuration_takes_at_most_twenty_times_its_size() {
    let (_folder, file) = folder_with(&limited(1, ""));
    let program = Program::start(&file, &["--history", "0"]);
    let address = program.address().await;
    until_id(address, 1).await;
    let before = peak(&program);
    let large = |id| {
        let mut text = limited(id, "");
        for index in 0..100_000 {
            write!(text, "[[routes]]\npath = \"/p{index:06}\"\n").unwrap();
        }
        text
    };
    for id in [2, 3] {
        save(&file, &large(id));
        until_id(address, id).await;
    }
    assert_eq!(get(address, "/p099999").await.status, 200);
    let (grown, size) = (peak(&program) - before, large(2).len() as u64 >> 20);
    assert!(grown <= 20 * size, "{grown} MiB for {size} MiB");
}
