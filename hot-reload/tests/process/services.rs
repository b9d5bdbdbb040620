//! Services on real files whose watch reports every change, with no periodic load during a test.

use std::path::Path;
use std::time::Duration;

use hot_reload::source::{File, Source};
use hot_reload::{Changes, Control, Live, ReloaderService};
use tokio::time::{Instant, sleep, timeout};

use crate::file::{DEADLINE, TextDecoder};

/// A service that runs. A change is found by a hint, or not at all during a test.
pub(crate) struct Served {
    pub(crate) live: Live<String>,
    pub(crate) control: Control<String>,
    pub(crate) changes: Changes<String>,
}

impl Served {
    pub(crate) async fn start(path: impl AsRef<Path>) -> Self {
        let (live, control) = ReloaderService::builder(File::new(path).decode(TextDecoder))
            .hybrid()
            // The first of these polls comes at any moment between now and then.
            .interval(Duration::from_secs(365 * 24 * 60 * 60))
            .start()
            .await
            .unwrap();
        let changes = live.subscribe();
        Self {
            live,
            control,
            changes,
        }
    }

    /// Waits until this is published.
    pub(crate) async fn expect(&mut self, text: &str) {
        let reached = async {
            while *self.live.load() != text {
                self.changes.changed().await.expect("it goes on");
            }
        };
        if timeout(DEADLINE, reached).await.is_err() {
            panic!("{text:?} was not seen: {:?}", self.control.status());
        }
    }
}

/// Waits for a state without a notification.
pub(crate) async fn until(what: &str, reached: impl Fn() -> bool) {
    let start = Instant::now();
    while !reached() {
        assert!(start.elapsed() < DEADLINE, "not {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
