//! A source of your own: one key of an in-memory store with a change feed.
//!
//! `cargo run --example custom_source` shows a change, a mistake and its fix, and ends automatically.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use examples::say;
use hot_reload::source::{DecodeWith, Fetched, HintSender, Source, Subscription, WatchProfile};
use hot_reload::{Error, ReloaderService, Revision};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// The store. It counts the changes of each key, and sends each changed key to all subscribers of the feed.
#[derive(Clone)]
struct Store {
    entries: Arc<Mutex<HashMap<String, (u64, String)>>>,
    feed: broadcast::Sender<String>,
}

impl Store {
    fn new() -> Self {
        Self {
            entries: Arc::default(),
            feed: broadcast::Sender::new(16),
        }
    }

    fn get(&self, key: &str) -> Option<(u64, String)> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).cloned()
    }

    fn set(&self, key: &str, value: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry(key.to_owned()).or_default();
        *entry = (entry.0 + 1, value.to_owned());
        // An error means that nobody is subscribed.
        let _ = self.feed.send(key.to_owned());
    }
}

/// One key of the store, as a source of bytes.
struct Key {
    store: Store,
    key: String,
}

impl Source for Key {
    // Appears in logs and errors.
    fn name(&self) -> String {
        format!("store/{}", self.key)
    }

    // Answers `Unchanged` for the revision that the service has seen last. If this fails, the service keeps the last good value
    // and retries.
    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let Some((number, text)) = self.store.get(&self.key) else {
            return Ok(Fetched::Absent);
        };
        let revision = Revision::from(number);
        if seen == Some(&revision) {
            return Ok(Fetched::Unchanged);
        }
        let bytes = text.into_bytes();
        Ok(Fetched::Content { bytes, revision })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        // Subscribes before this method returns, so that every later change leads to a hint.
        let mut feed = self.store.feed.subscribe();
        let key = self.key.clone();
        Ok(Subscription::task(tokio::spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(changed) if changed != key => {}
                    // After a lag, messages are missing, so send a hint too.
                    Ok(_) | Err(RecvError::Lagged(_)) => hints.hint(),
                    // Dropping `hints` ends the watch. The service polls, and opens a new one later.
                    Err(RecvError::Closed) => break,
                }
            }
        })))
    }

    // The value is complete when the hint arrives, so no debounce is needed.
    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = Store::new();
    store.set("limit", "100");

    let limit = Key {
        store: store.clone(),
        key: "limit".to_owned(),
    };
    let number = DecodeWith::new(|bytes| String::from_utf8_lossy(bytes).parse::<u32>());
    let (limit, control) = ReloaderService::watch(limit.decode(number)).start().await?;
    say(format!("limit is now {}", *limit.load()));

    let mut changes = limit.subscribe();
    let mut events = control.events();
    for text in ["250", "a lot", "500"] {
        store.set("limit", text);
        loop {
            tokio::select! {
                Some(now) = changes.changed() => {
                    say(format!("limit is now {}", *now));
                    break;
                }
                // The event reports the bad value. The last good value stays.
                Some(event) = events.next() => if event.error().is_some() {
                    say(format!("{event}; limit stays {}", *limit.load()));
                    break;
                }
            }
        }
    }
    control.stop().await;
    say(format!(
        "stopped; the last value stays readable: {}",
        *limit.load()
    ));
    Ok(())
}
