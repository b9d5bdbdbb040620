//! The usual way to use the crate `notify`: watch the folder, and read the file after a debounce window.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecursiveMode, Watcher};
use notify_debouncer_full::{DebounceEventResult, new_debouncer};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;

use crate::subject::{Followed, Publisher, Subject};
use crate::version::Published;

/// A debounce window that each event restarts.
pub(crate) struct ParentDebounced;

/// The debouncer that belongs to it.
pub(crate) struct DebouncerFull;

impl Subject for ParentDebounced {
    async fn follow(&self, path: &Path) -> Followed {
        let (sender, events) = mpsc::unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_change(&event)) {
                let _ = sender.send(());
            }
        })
        .expect("a watcher");
        watcher
            .watch(folder(path), RecursiveMode::NonRecursive)
            .expect("a watch");
        publish_after(path, events, QUIET, watcher)
    }

    fn reports_absence(&self) -> bool {
        false
    }
}

impl Subject for DebouncerFull {
    async fn follow(&self, path: &Path) -> Followed {
        let (sender, events) = mpsc::unbounded_channel();
        let mut debouncer = new_debouncer(QUIET, None, move |events: DebounceEventResult| {
            if events.is_ok_and(|events| events.iter().any(|event| is_change(event))) {
                let _ = sender.send(());
            }
        })
        .expect("a debouncer");
        debouncer
            .watch(folder(path), RecursiveMode::NonRecursive)
            .expect("a watch");
        publish_after(path, events, Duration::ZERO, debouncer)
    }

    fn reports_absence(&self) -> bool {
        false
    }
}

/// Publishes the content of the file, and publishes new content after each burst of events and a pause.
fn publish_after(
    path: &Path,
    mut events: UnboundedReceiver<()>,
    quiet: Duration,
    watcher: impl Send + 'static,
) -> Followed {
    let (publisher, published) = Publisher::new();
    let wakes = publisher.wakes();
    let path = PathBuf::from(path);
    tokio::spawn(async move {
        let _watcher = watcher;
        let mut last = None;
        loop {
            if let Ok(bytes) = std::fs::read(&path)
                && last.as_ref() != Some(&bytes)
            {
                publisher.publish(Published::of(&bytes));
                last = Some(bytes);
            }
            if events.recv().await.is_none() {
                return;
            }
            while let Ok(Some(())) = timeout(quiet, events.recv()).await {}
        }
    });
    Followed {
        published,
        wakes,
        process: None,
        end: Box::pin(async { 0 }),
    }
}

/// Whether the event is a change. A read is none; otherwise this reader would wake itself.
fn is_change(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(_)) || event.need_rescan()
}

fn folder(path: &Path) -> &Path {
    path.parent().expect("a folder")
}

const QUIET: Duration = Duration::from_millis(100);
