//! Many sources over one connection, by the pattern of `docs::writing_a_source`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hot_reload::error::ErrorKind;
use hot_reload::event::WatchState;
use hot_reload::source::{DecodeWith, Source};
use hot_reload::{Control, Error, Live, ReloaderService};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::connection::{Client, Connection, Notice};
use crate::script::{seconds, settle};

/// A server with one number for each key.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    numbers: HashMap<String, u64>,
    writes: u64,
    /// Every connection that was opened and not cut.
    connections: Vec<mpsc::Sender<Notice>>,
    attempts: u64,
    refuses: bool,
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Changes a number. `heard`: whether the open connections are notified.
    fn set(&self, key: &str, number: u64, heard: bool) {
        let mut state = self.state();
        state.writes += 1;
        state.numbers.insert(key.to_owned(), number);
        for connection in state.connections.iter().filter(|_| heard) {
            let _ = connection.try_send(Notice::Changed(key.to_owned()));
        }
    }

    fn attempts(&self) -> u64 {
        self.state().attempts
    }

    /// How many connections are open.
    fn open(&self) -> usize {
        let state = self.state();
        let open = |connection: &&mpsc::Sender<Notice>| !connection.is_closed();
        state.connections.iter().filter(open).count()
    }

    /// Answers heartbeats for so many seconds.
    async fn answer(&self, time: u64) {
        for _ in 0..time / 5 {
            sleep(seconds(5)).await;
            for connection in &self.state().connections {
                let _ = connection.try_send(Notice::Alive);
            }
        }
    }
}

impl Client for Server {
    async fn connect(&self) -> Result<mpsc::Receiver<Notice>, Error> {
        self.state().attempts += 1;
        sleep(seconds(1) / 10).await;
        let mut state = self.state();
        if state.refuses {
            return Err(Error::new(ErrorKind::Unavailable, "connection refused"));
        }
        let (sender, notices) = mpsc::channel(1000);
        state.connections.push(sender);
        Ok(notices)
    }

    async fn get(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Error> {
        let state = self.state();
        let number = state.numbers.get(key);
        Ok(number.map(|number| (number.to_string().into(), *number)))
    }
}

const KEYS: u64 = 50;

type Services = Vec<(Live<u64>, Control<u64>)>;

/// Services on all keys, with trusted watches on one connection.
async fn services(server: &Server) -> Services {
    let connection = Connection::new(server.clone());
    let mut services = Vec::new();
    for key in 0..KEYS {
        server.set(&key.to_string(), key, false);
        let number = DecodeWith::new(|bytes| String::from_utf8_lossy(bytes).parse::<u64>());
        let source = connection.key(key.to_string()).decode(number);
        services.push(
            ReloaderService::builder(source)
                .hybrid()
                .start()
                .await
                .unwrap(),
        );
    }
    server.answer(100).await;
    for (_, control) in &services {
        assert_eq!(control.status().watch, WatchState::Trusted);
    }
    services
}

fn loads(services: &Services) -> u64 {
    let loads = services
        .iter()
        .map(|(_, control)| control.status().counters.loads);
    loads.sum()
}

#[tokio::test(start_paused = true)]
async fn one_connection_carries_the_hints_of_all_keys() {
    let server = Server::default();
    let services = services(&server).await;
    assert_eq!((server.attempts(), server.open()), (1, 1));
    let before = loads(&services);
    server.set("7", 1007, true);
    settle().await;
    assert_eq!(*services[7].0.load(), 1007);
    assert_eq!(
        loads(&services),
        before + 1,
        "only the service of that key loads"
    );
}

#[tokio::test(start_paused = true)]
async fn p20_lost_connection_is_opened_once_for_all() {
    let server = Server::default();
    let services = services(&server).await;
    server.state().refuses = true;
    server.state().connections.clear();
    settle().await;
    for (_, control) in &services {
        assert_eq!(control.status().watch, WatchState::Down);
    }
    let attempts = server.attempts();
    sleep(seconds(60)).await;
    let attempts = server.attempts() - attempts;
    assert!(
        (1..=60).contains(&attempts),
        "{attempts} attempts in a minute"
    );
    // Nobody hears of it.
    (0..KEYS).for_each(|key| server.set(&key.to_string(), key + 500, false));
    server.state().refuses = false;
    server.answer(40).await;
    assert_eq!(server.open(), 1);
    for (key, (live, control)) in (0..KEYS).zip(&services) {
        assert_eq!(*live.load(), key + 500);
        assert!(control.status().watch.is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn p20_frozen_connection_is_replaced_for_all() {
    let server = Server::default();
    let services = services(&server).await;
    (0..KEYS).for_each(|key| server.set(&key.to_string(), key + 500, false));
    // No heartbeat is answered.
    sleep(seconds(16)).await;
    for (key, (live, control)) in (0..KEYS).zip(&services) {
        assert_eq!(*live.load(), key + 500);
        assert_eq!(control.status().counters.watch_losses, 1);
    }
    server.answer(10).await;
    assert_eq!((server.attempts(), server.open()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn p14_connection_ends_with_the_last_subscription() {
    let server = Server::default();
    let mut services = services(&server).await;
    let (last, control) = services.pop().unwrap();
    for (_, control) in services {
        control.stop().await;
    }
    assert_eq!(server.open(), 1);
    server.set(&(KEYS - 1).to_string(), 9, true);
    settle().await;
    assert_eq!(*last.load(), 9);
    control.stop().await;
    settle().await;
    assert_eq!(server.open(), 0);
}
