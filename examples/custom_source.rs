//! A source of your own: an in-memory key-value store with a change feed, behind the two traits.
//!
//! `cargo run --example custom_source`: it needs nothing, shows a change, a mistake and its repair, and ends.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use hot_reload::{
    EventKind, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult, ReloaderError,
    ReloaderService, WatchEvent, WatchProfile, async_trait,
};
use tokio::sync::{broadcast, mpsc};

/// The store. Each change of a key is told to everybody who follows the feed.
#[derive(Clone)]
struct Store {
    entries: Arc<Mutex<HashMap<String, String>>>,
    feed: broadcast::Sender<String>,
}

impl Store {
    fn new() -> Self {
        Self {
            entries: Arc::default(),
            feed: broadcast::Sender::new(16),
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).cloned()
    }

    fn set(&self, key: &str, value: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(key.to_owned(), value.to_owned());
        // An error means that nobody follows.
        let _ = self.feed.send(key.to_owned());
    }
}

/// One key of the store, whose value is a number.
#[derive(Clone)]
struct Limit {
    store: Store,
    key: String,
}

#[async_trait]
impl Reload<u32, String> for Limit {
    type Source = (Store, String);

    // Loads nothing: it only says what the source is.
    async fn new((store, key): &Self::Source) -> ReloadResult<Self, u32, String> {
        Ok(Self {
            store: store.clone(),
            key: key.clone(),
        })
    }

    // The value as it is now. The engine calls this, keeps the last good value when it fails, and asks again.
    async fn reload(&self) -> ReloadResult<Option<u32>, u32, String> {
        let Some(text) = self.store.get(&self.key) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|error| {
            ReloaderError::Reload(format!(
                "{}: expected a number, found {text:?} ({error})",
                self.key
            ))
        })
    }
}

#[async_trait]
impl RealtimeWatch<u32, String> for Limit {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<u32>, u32, String> {
        // Subscribed before this returns: every later change leads to a hint.
        let mut feed = self.store.feed.subscribe();
        let (hints, rx) = mpsc::channel(1);
        let key = self.key.clone();
        let follow = tokio::spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(changed) if changed != key => {}
                    // A feed that was too fast for us is one more reason to look again. If the channel is full, a hint
                    // that says the same is waiting in it.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        let _ = hints.try_send(WatchEvent::Hint);
                    }
                    // Dropping `hints` ends the watch. The engine polls, and opens another.
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
        });
        // When the engine drops the handle, the task ends.
        Ok(RealtimeWatchHandle::with_cleanup(
            rx,
            Box::new(AbortOnDrop(follow)),
        ))
    }

    // A hint of this store means that the value is whole, so there is nothing to wait for.
    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = Store::new();
    store.set("limit", "100");
    let source = (store.clone(), "limit".to_owned());

    // The compatible surface: the service runs inside this future of `start_with_realtime`, wherever it is awaited.
    let config = hot_reload::ReloaderConfig::hybrid(10);
    let (service, mut limit) = ReloaderService::<Limit, u32, String>::new(&source, config).await?;
    let control = service.control();
    let mut events = control.events();
    let mut steps = ["250", "a lot", "500"].into_iter();

    // Made once, outside of the loop: inside of it, every round would start the service anew.
    let mut running = pin!(service.start_with_realtime());
    loop {
        tokio::select! {
            // Returns only when nothing can follow: after `control.stop()`.
            ended = &mut running => break ended?,
            Ok(()) = limit.changed() => {
                say(&format!("limit is now {:?}", limit.get()));
            }
            // What was no good is told here; the value stays.
            Some(event) = events.next() => {
                let EventKind::Load { outcome, .. } = event.kind else { continue };
                let Some(error) = outcome.error() else { continue };
                say(&format!("{outcome}: {error}; limit stays {:?}", limit.get()));
            }
        }
        match steps.next() {
            Some(text) => store.set("limit", text),
            None => control.stop().await,
        }
    }
    // `get` answers `None` from here on.
    say(&format!(
        "stopped; the last value stays readable: {:?}",
        *limit.borrow()
    ));
    Ok(())
}

#[allow(
    clippy::print_stdout,
    reason = "an example talks to the person who runs it"
)]
fn say(line: &str) {
    println!("{line}");
}
