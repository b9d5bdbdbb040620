//! A pattern followed through the builder, with a source of bytes and a decoder.

use std::path::Path;
use std::time::Duration;

use hot_reload::event::{DataState, WatchState};
use hot_reload::source::{Decoded, File, Source, Toml};
use hot_reload::{Builder, Changes, Live, ReloaderService, Status};
use serde::Deserialize;

use super::follow::{Patience, Publications, Verdict, follow};
use super::patterns::{Content, Pattern};

/// All fields are optional, so a file that is truncated at the end of a line decodes, and the test detects it.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct App {
    begin: Option<u64>,
    end: Option<u64>,
}

/// The publications, beginning with the first value.
struct Published {
    first: Option<Content>,
    changes: Changes<App>,
}

impl Published {
    /// The service may have been faster, and the value before does not count as a change.
    fn of(live: &Live<App>) -> Self {
        let changes = live.subscribe();
        let first = live.try_load();
        Self {
            first: first.map(|app| Content::between(app.begin, app.end)),
            changes,
        }
    }
}

impl Publications for Published {
    async fn next(&mut self) -> Result<Option<Content>, String> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        match self.changes.changed().await {
            Some(app) => Ok(Some(Content::between(app.begin, app.end))),
            None => Err("stopped".to_owned()),
        }
    }
}

/// A service that is about to be started.
pub(crate) type Draft = Builder<Decoded<File, Toml<App>>, App, String>;

/// Follows the pattern in this empty folder, and checks the status of the service at the end.
pub(crate) async fn run(
    pattern: Pattern,
    root: &Path,
    strategy: fn(Draft) -> Draft,
    patience: Patience,
) -> Verdict {
    pattern.prepare(root).expect("a folder to write to");
    let source = File::new(pattern.path(root)).decode(Toml::<App>::new());
    // Not `start`, which refuses a file that is not there.
    let (live, control) = strategy(ReloaderService::builder(source)).start_in_background();
    let verdict = follow(pattern, root, patience, Published::of(&live)).await;
    match verdict {
        Verdict::Seen(_) => check(&control.status()),
        _ => super::note(&format!("{:?}", control.status())),
    }
    control.stop().await;
    verdict
}

fn check(status: &Status) {
    assert_eq!(status.data, DataState::Fresh, "{status:?}");
    assert!(status.last_error.is_none(), "{status:?}");
    assert!(
        status.watch == WatchState::Off || status.watch.is_open(),
        "{status:?}"
    );
    assert_eq!(status.counters.missed_events, 0, "{status:?}");
    assert_eq!(status.counters.watch_losses, 0, "{status:?}");
}

/// So long that a poll cannot be mistaken for a hint.
pub(crate) const NO_POLL: Duration = Duration::from_secs(3600);
