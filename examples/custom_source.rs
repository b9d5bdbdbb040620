//! A custom source with the two traits: an in-memory key-value store with a change feed.
//!
//! `cargo run --example custom_source` shows a change, a mistake and its fix, and ends automatically.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use hot_reload::event::EventKind;
use hot_reload::source::WatchProfile;
use hot_reload::{
    RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult, ReloaderError, ReloaderService,
    WatchEvent, async_trait,
};
use tokio::sync::{broadcast, mpsc};

/// The store. It sends each changed key to all subscribers of the feed.
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
        // An error means that nobody is subscribed.
        let _ = self.feed.send(key.to_owned());
    }
}

/// One key of the store with a number as its value.
#[derive(Clone)]
struct Limit {
    store: Store,
    key: String,
}

#[async_trait]
impl Reload<u32, String> for Limit {
    type Source = (Store, String);

    // Loads nothing. It only stores what identifies the source.
    async fn new((store, key): &Self::Source) -> ReloadResult<Self, u32, String> {
        Ok(Self {
            store: store.clone(),
            key: key.clone(),
        })
    }

    // Loads the current value. If this fails, the service keeps the last good value and retries.
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
        // Subscribes before this method returns, so that every later change leads to a hint.
        let mut feed = self.store.feed.subscribe();
        let (hints, rx) = mpsc::channel(1);
        let key = self.key.clone();
        let follow = tokio::spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(changed) if changed != key => {}
                    // After a lag, events are missing, so send a hint too. If the channel is full, a waiting hint
                    // has the same effect.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        let _ = hints.try_send(WatchEvent::Hint);
                    }
                    // Dropping `hints` ends the watch. The service polls and opens a new one.
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
        });
        // The service drops the handle to end the watch. This aborts the task.
        Ok(RealtimeWatchHandle::with_cleanup(
            rx,
            Box::new(AbortOnDrop(follow)),
        ))
    }

    // After a hint of this store the value is complete, so no debounce is needed.
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

    // The compatible surface: the service runs inside the future of `start_with_realtime`.
    let config = hot_reload::ReloaderConfig::hybrid(10);
    let (service, mut limit) = ReloaderService::<Limit, u32, String>::new(&source, config).await?;
    let control = service.control();
    let mut events = control.events();
    let mut steps = ["250", "a lot", "500"].into_iter();

    // Created outside of the loop. A new future in each round would start the service again.
    let mut running = pin!(service.start_with_realtime());
    loop {
        tokio::select! {
            // Returns only after `control.stop()`.
            ended = &mut running => break ended?,
            Ok(()) = limit.changed() => {
                say(&format!("limit is now {:?}", limit.get()));
            }
            // The event reports the bad value. The last good value stays.
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
    // From here on, `get` returns `None`.
    say(&format!(
        "stopped; the last value stays readable: {:?}",
        *limit.borrow()
    ));
    Ok(())
}

#[allow(
    clippy::print_stdout,
    reason = "the output of an example is for a person"
)]
fn say(line: &str) {
    println!("{line}");
}
