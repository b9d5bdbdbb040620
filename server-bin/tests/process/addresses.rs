//! Moves of the listen address.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use tokio::sync::watch;

use super::support::client::Client;
use super::support::{Program, get, until_id};
use super::{config, folder_with, save};

/// A configuration that listens on this address.
fn listening(id: u64, address: &str) -> String {
    config(id).replace("127.0.0.1:0", address)
}

/// Sends requests over new connections until `stop`. Returns the number of failures.
async fn ask(address: SocketAddr, stop: watch::Receiver<bool>) -> usize {
    let mut failed = 0;
    while !*stop.borrow() {
        let asked = async {
            let stream = tokio::net::TcpStream::connect(address).await.ok()?;
            let mut client = Client::over(stream).await;
            client.send(hyper::Method::GET, "/", "").await.ok()
        };
        failed += usize::from(asked.await.is_none());
    }
    failed
}

/// Another program uses part of the wanted address. Requests are served during the retries.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wider_address_is_bound_once_the_other_program_releases_it() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &[]);
    let one = program.address().await;
    let foreign = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), one.port())).unwrap();
    let (stop, stopped) = watch::channel(false);
    let asking = tokio::spawn(ask(one, stopped));

    let all = format!("0.0.0.0:{}", one.port());
    save(&file, &listening(2, &all));
    program
        .line(&format!(
            "listen: cannot listen on {all}: the address is in use; "
        ))
        .await;
    until_id(one, 2).await;
    assert_eq!(
        program.count("listening address="),
        1,
        "the address changed during the retries"
    );
    drop(foreign);
    program.line(&format!("listening address={all} ")).await;
    let other = SocketAddr::from(([127, 0, 0, 3], one.port()));
    assert_eq!(get(other, "/").await.id(), 2);
    stop.send_replace(true);
    assert_eq!(asking.await.unwrap(), 0, "requests failed");
    assert_eq!(program.count("cannot listen"), 1);
}

/// Another form of the same address causes no move. A wider address is bound beside it.
#[tokio::test]
async fn other_form_of_the_same_address_causes_no_move() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &[]);
    let port = program.address().await.port();
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let forms = [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "[::ffff:7f00:1]",
    ];
    let mut id = 1;
    for form in forms {
        id += 1;
        save(&file, &listening(id, &format!("{form}:{port}")));
        until_id(own, id).await;
    }
    // Port 0 accepts the current port.
    id += 1;
    save(&file, &listening(id, "127.0.0.1:0"));
    until_id(own, id).await;
    assert_eq!(program.count("listening address="), 1);
    for (moves, wide) in ["[::]", "0.0.0.0", "[::]", "127.0.0.1", "[::]"]
        .into_iter()
        .enumerate()
    {
        id += 1;
        save(&file, &listening(id, &format!("{wide}:{port}")));
        program.lines("listening address=", 2 + moves).await;
        until_id(own, id).await;
    }
    assert_eq!(program.count("cannot listen"), 0);
}
