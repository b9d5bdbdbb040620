//! The listen address: moves without losing connections, and failed moves.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::support::client::Client;
use crate::support::slow::Slow;
use crate::support::{Rig, until};

fn config(id: u64, listen: SocketAddr) -> String {
    format!(
        "id = {id}\nname = 'listener'\nlisten = '{listen}'\n[[routes]]\npath = '/'\nbody = 'this is {id}.'\n"
    )
}

/// An address that was free a moment ago; where there is one to be had, on a host of its own, so that nobody takes it
/// meanwhile.
async fn free() -> SocketAddr {
    static HOST: AtomicU8 = AtomicU8::new(2);
    let host = match cfg!(target_os = "linux") {
        true => Ipv4Addr::new(127, 0, 0, HOST.fetch_add(1, Ordering::Relaxed)),
        false => Ipv4Addr::LOCALHOST,
    };
    TcpListener::bind((host, 0))
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

async fn refused(address: SocketAddr) {
    until(async || TcpStream::connect(address).await.is_err().then_some(())).await;
}

#[tokio::test]
async fn move_keeps_existing_connections() {
    let (first, second) = (free().await, free().await);
    let mut rig = Rig::start(&config(1, first)).await;
    let mut kept = Client::connect(first).await;
    kept.get("/").await;
    let mut slow = Slow::begin(first, "/").await;

    rig.save(&config(2, second));
    assert_eq!(rig.until_moved_from(first).await, second);
    refused(first).await;

    assert!(slow.end().await.ends_with("this is 1."));
    assert!(slow.again("/").await.ends_with("this is 2."));
    assert_eq!(kept.get("/").await.id(), 2);
    assert_eq!(rig.get("/").await.id(), 2);
}

#[tokio::test]
async fn moves_back_and_forth_end_at_the_address_of_the_file() {
    let (first, second) = (free().await, free().await);
    let rig = Rig::start(&config(0, first)).await;
    let mut kept = Client::connect(first).await;
    for id in 1..=20 {
        rig.save(&config(id, if id % 2 == 0 { first } else { second }));
        if id % 3 == 0 {
            until(async || (kept.get("/").await.id() == id).then_some(())).await;
        }
    }
    until(async || (kept.get("/").await.id() == 20).then_some(())).await;
    until(async || (rig.address() == first).then_some(())).await;
    refused(second).await;
    assert_eq!(rig.get("/").await.id(), 20);
}

#[tokio::test]
async fn address_in_use_keeps_the_old_one_and_is_retried() {
    let first = free().await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut rig = Rig::start(&config(1, first)).await;
    let address = taken.local_addr().unwrap();
    rig.save(&config(2, address));
    rig.until_id(2).await;
    assert_eq!(rig.address(), first);

    drop(taken);
    let second = rig.until_moved_from(first).await;
    assert_eq!((second, rig.get("/").await.id()), (address, 2));
}

#[tokio::test]
async fn further_edit_gives_up_an_address_in_use() {
    let first = free().await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut rig = Rig::start(&config(1, first)).await;
    rig.save(&config(2, taken.local_addr().unwrap()));
    rig.until_id(2).await;
    let third = free().await;
    rig.save(&config(3, third));
    assert_eq!(rig.until_moved_from(first).await, third);
}

#[tokio::test]
async fn one_address_can_become_all_addresses_of_the_same_port() {
    let one = free().await;
    let all = SocketAddr::from((Ipv4Addr::UNSPECIFIED, one.port()));
    let mut rig = Rig::start(&config(1, one)).await;
    let mut kept = Client::connect(one).await;
    kept.get("/").await;
    rig.save(&config(2, all));
    assert_eq!(rig.until_moved_from(one).await, all);
    assert_eq!(Client::connect(one).await.get("/").await.id(), 2);
    assert_eq!(kept.get("/").await.id(), 2);
}

#[tokio::test]
async fn stop_finishes_open_requests_and_accepts_no_others() {
    let first = free().await;
    let rig = Rig::start(&config(1, first)).await;
    let mut idle = Client::connect(first).await;
    idle.get("/").await;
    let mut slow = Slow::begin(first, "/").await;
    rig.tell_to_stop();
    refused(first).await;
    let reply = slow.end().await;
    assert!(reply.ends_with("this is 1."), "{reply}");
    assert!(reply.contains("connection: close"), "{reply}");
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn endless_request_does_not_delay_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::start_with(folder, &config(1, free().await), Duration::from_millis(50)).await;
    let mut slow = Slow::begin(rig.address(), "/").await;
    rig.stop().await.unwrap();
    slow.cut_off().await;
}
