// One connection that the sources of many keys share. `docs::writing_a_source` shows this file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::source::{Fetched, HintSender, Source, Subscription, WatchProfile};
use hot_reload::{Error, Revision};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

/// A client of the store. Dropping the receiver that `connect` returns closes the connection.
pub trait Client: Send + Sync + 'static {
    fn connect(&self) -> impl Future<Output = Result<mpsc::Receiver<Notice>, Error>> + Send;

    fn get(&self, key: &str) -> impl Future<Output = Result<Option<(Vec<u8>, u64)>, Error>> + Send;
}

/// A message of the connection.
pub enum Notice {
    Changed(String),
    /// The answer to a heartbeat.
    Alive,
}

/// A connection that is silent for this long is closed: three times the heartbeat.
const SILENCE: Duration = Duration::from_secs(15);
/// The shortest time between a failed attempt to connect and the next one, for all sources together.
const PAUSE: Duration = Duration::from_secs(1);

/// One connection for all keys. It is open while there is a subscription.
pub struct Connection<C>(Arc<Shared<C>>);

struct Shared<C> {
    client: C,
    /// The last attempt to connect, if it failed. Locked during an attempt, so that there is one at a time.
    failed: tokio::sync::Mutex<Option<(Instant, Error)>>,
    routes: Arc<Mutex<Routes>>,
}

#[derive(Default)]
struct Routes {
    /// The subscribers, by key and by a number that is unique to each.
    senders: BTreeMap<(String, u64), HintSender>,
    subscribers: u64,
    /// The task of the open connection, and the number of the connection.
    router: Option<(u64, AbortHandle)>,
    connections: u64,
}

fn lock(routes: &Mutex<Routes>) -> MutexGuard<'_, Routes> {
    routes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: Client> Connection<C> {
    pub fn new(client: C) -> Self {
        Self(Arc::new(Shared {
            client,
            failed: tokio::sync::Mutex::default(),
            routes: Arc::default(),
        }))
    }

    /// A source for this key.
    pub fn key(&self, key: impl Into<String>) -> Key<C> {
        Key {
            connection: Self(Arc::clone(&self.0)),
            key: key.into(),
        }
    }

    /// Returns when the connection is open, so that every later change leads to a hint.
    async fn subscribe(&self, key: &str, hints: HintSender) -> Result<Subscription, Error> {
        let mut failed = self.0.failed.lock().await;
        loop {
            if let Some(route) = self.add(key, &hints) {
                return Ok(Subscription::new(route));
            }
            // All services reconnect at about the same time. After a failed attempt, they share its error for a while.
            if let Some((at, error)) = &*failed
                && at.elapsed() < PAUSE
            {
                return Err(error.clone());
            }
            match self.0.client.connect().await {
                Ok(notices) => self.open(notices),
                Err(error) => *failed = Some((Instant::now(), error)),
            }
        }
    }

    /// Adds a subscriber. `None` if the connection is not open.
    fn add(&self, key: &str, hints: &HintSender) -> Option<Route> {
        let mut routes = lock(&self.0.routes);
        routes.router.as_ref()?;
        routes.subscribers += 1;
        let place = (key.to_owned(), routes.subscribers);
        routes.senders.insert(place.clone(), hints.clone());
        Some(Route {
            routes: Arc::clone(&self.0.routes),
            place,
        })
    }

    fn open(&self, notices: mpsc::Receiver<Notice>) {
        let mut routes = lock(&self.0.routes);
        routes.connections += 1;
        let number = routes.connections;
        let router = tokio::spawn(route(Arc::clone(&self.0.routes), number, notices));
        routes.router = Some((number, router.abort_handle()));
    }
}

/// Routes notices to subscribers until the connection ends. Then ends the watch of every subscriber, so that their services load
/// and subscribe again.
async fn route(routes: Arc<Mutex<Routes>>, number: u64, mut notices: mpsc::Receiver<Notice>) {
    let why = loop {
        match timeout(SILENCE, notices.recv()).await {
            Ok(Some(Notice::Changed(key))) => {
                let places = (key.clone(), 0)..=(key, u64::MAX);
                let routes = lock(&routes);
                routes
                    .senders
                    .range(places)
                    .for_each(|(_, hints)| hints.hint());
            }
            Ok(Some(Notice::Alive)) => {}
            Ok(None) => break "the connection was closed",
            // The connection ends for all subscribers at once.
            Err(_) => break "the connection gave no sign of life",
        }
    };
    let senders = {
        let mut routes = lock(&routes);
        // If this is not the open connection any more, its last subscriber has left.
        match routes.router.take_if(|(open, _)| *open == number) {
            Some(_) => std::mem::take(&mut routes.senders),
            None => return,
        }
    };
    let why = Error::new(ErrorKind::Unavailable, why);
    senders.values().for_each(|hints| hints.lost(&why));
}

/// The registration of one subscriber. Dropping the last one closes the connection.
struct Route {
    routes: Arc<Mutex<Routes>>,
    place: (String, u64),
}

impl Drop for Route {
    fn drop(&mut self) {
        let mut routes = lock(&self.routes);
        let left = routes.senders.remove(&self.place);
        let last = left.is_some() && routes.senders.is_empty();
        let router = routes.router.take_if(|_| last);
        drop(routes);
        if let Some((_, router)) = router {
            router.abort();
        }
    }
}

/// One key of the store.
pub struct Key<C> {
    connection: Connection<C>,
    key: String,
}

impl<C: Client> Source for Key<C> {
    fn name(&self) -> String {
        self.key.clone()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let Some((bytes, number)) = self.connection.0.client.get(&self.key).await? else {
            return Ok(Fetched::Absent);
        };
        let revision = Revision::from(number);
        Ok(match seen == Some(&revision) {
            true => Fetched::Unchanged,
            false => Fetched::Content { bytes, revision },
        })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.connection.subscribe(&self.key, hints).await
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::network()
    }
}
