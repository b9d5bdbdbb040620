//! This crate as a [`Subject`]: as a source that loads after hints only, and as a service.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use tokio::task;
use tokio::time::timeout;

use super::project::source::{Decode, DecodeWith, Decoded, File, Source};
use super::project::{Error, Loaded, RealtimeWatch, Reload, ReloaderService, Revision, WatchEvent};

use crate::subject::{Followed, Publisher, Subject};
use crate::version::Published;

/// Loads only after a hint, so it never sees an unreported change.
pub(crate) struct Hints;

/// A whole service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    #[allow(dead_code, reason = "the comparison with others uses it")]
    Realtime,
    /// Its heartbeat counts the unreported changes.
    Hybrid,
}

impl Subject for Hints {
    async fn follow(&self, path: &Path) -> Followed {
        let reload = file(path).decode(Versions);
        let (publisher, published) = Publisher::new();
        let wakes = publisher.wakes();
        let task = task::spawn(follow_hints(reload, publisher));
        let end = Box::pin(async move {
            task.abort();
            let ended = task.await;
            assert!(
                ended.is_err_and(|error| error.is_cancelled()),
                "the watch has ended"
            );
            0
        });
        Followed {
            published,
            wakes,
            process: None,
            end,
        }
    }

    fn reports_absence(&self) -> bool {
        true
    }
}

/// The longest wait for a writer is shorter here, since many writers never close the file.
fn file(path: &Path) -> File {
    let file = File::new(path).empty_is_content(true);
    file.wait_for_writers(Duration::from_secs(2))
}

async fn follow_hints(reload: Decoded<File, Versions>, publisher: Publisher) {
    let mut handle = reload.watch_realtime().await.expect("a watch");
    let mut revision: Option<Revision> = None;
    loop {
        match reload.reload_since(revision.as_ref()).await {
            Ok(Loaded::Value {
                value,
                revision: now,
            }) => {
                revision = now;
                publisher.publish(value);
            }
            // It is asked again, and may still be absent.
            Ok(Loaded::Missing) if revision.take().is_some() => {
                publisher.publish(Published::Absent);
            }
            // A writer is active.
            Ok(Loaded::Held { again, .. }) => {
                if let Ok(event) = timeout(again, handle.rx.recv()).await {
                    assert!(matches!(event, Some(WatchEvent::Hint)), "{event:?}");
                    publisher.woken();
                }
                continue;
            }
            // A folder in its place, or no permission to open it: the last content stays.
            Ok(_) | Err(_) => {}
        }
        match handle.rx.recv().await {
            Some(WatchEvent::Hint) => publisher.woken(),
            other => panic!("the watch has ended: {other:?}"),
        }
    }
}

impl Subject for Service {
    async fn follow(&self, path: &Path) -> Followed {
        let builder = ReloaderService::builder(file(path).decode(Versions));
        let builder = match self {
            Self::Realtime => builder.realtime(),
            Self::Hybrid => builder.hybrid(),
        };
        let (live, control) = builder.start().await.expect("a first version");
        let (publisher, published) = Publisher::new();
        let wakes = publisher.wakes();
        let task = task::spawn(async move {
            let mut changes = live.subscribe();
            publisher.publish(live.load().clone());
            while let Some(snapshot) = changes.changed().await {
                publisher.woken();
                publisher.publish((*snapshot).clone());
            }
        });
        let end = Box::pin(async move {
            let missed = control.status().counters.missed_events;
            control.stop().await;
            task.await.expect("the changes end with the service");
            missed
        });
        Followed {
            published,
            wakes,
            process: None,
            end,
        }
    }

    fn reports_absence(&self) -> bool {
        false
    }
}

struct Versions;

impl Decode for Versions {
    type Value = Published;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Published, Error> {
        DecodeWith::new(|bytes| Ok::<_, Infallible>(Published::of(bytes))).decode(bytes, name)
    }
}
