//! A service on one file: short gaps and errors are not reported, and bad content is reported once and never served.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::event::{EventKind, Events, Stage};
use hot_reload::source::{Decode, Decoded, File, Source, Toml};
use hot_reload::{Builder, Control, Live, Outcome, ReloaderService, Status};
use tokio::time::{sleep, timeout};

use crate::file::{DEADLINE, TextDecoder, World, write};

/// A service, and its events.
struct Service<V> {
    live: Live<V>,
    control: Control<V>,
    events: Events,
}

type Draft<D, V> = Builder<Decoded<File, D>, V, String>;

impl<V: PartialEq + Send + Sync + 'static> Service<V> {
    async fn start<D: Decode<Value = V>>(
        path: &Path,
        decoder: D,
        strategy: fn(Draft<D, V>) -> Draft<D, V>,
    ) -> Self {
        let draft = ReloaderService::builder(File::new(path).decode(decoder));
        // Nothing is found by polling.
        let draft = strategy(draft).interval(HOUR).heartbeat(HOUR);
        let (live, control) = draft.start().await.unwrap();
        let events = control.events();
        Self {
            live,
            control,
            events,
        }
    }

    async fn expect(&self, value: &V) {
        let mut changes = self.live.subscribe();
        let reached = async {
            while *self.live.load() != *value {
                changes.changed().await.unwrap();
            }
        };
        let seen = timeout(DEADLINE, reached).await;
        assert!(seen.is_ok(), "{:?}", self.control.status());
    }

    /// Waits for the next load with this outcome.
    async fn reported(&mut self, is_it: impl Fn(&Outcome) -> bool) {
        let reported = async {
            loop {
                match self.events.next().await.unwrap().kind {
                    EventKind::Load { outcome, .. } if is_it(&outcome) => return,
                    _ => {}
                }
            }
        };
        let reported = timeout(DEADLINE, reported).await;
        assert!(reported.is_ok(), "{:?}", self.control.status());
    }

    /// The events since the last call.
    fn outcomes(&mut self) -> Vec<Outcome> {
        std::iter::from_fn(|| self.events.next().now_or_never().flatten())
            .filter_map(|event| match event.kind {
                EventKind::Load { outcome, .. } => Some(outcome),
                EventKind::Lagged(count) => panic!("{count} events were left out"),
                _ => None,
            })
            .collect()
    }

    fn status(&self) -> Status {
        self.control.status()
    }
}

#[tokio::test]
async fn t04_p12_gap_of_an_editor_that_moves_the_old_file_is_no_removal() {
    let world = World::new();
    let path = world.file("c", "0");
    let mut service = Service::start(&path, TextDecoder, Draft::realtime).await;
    for number in 1..=20 {
        let text = number.to_string();
        fs::rename(&path, world.path("c~")).unwrap();
        // Long enough for a load in between.
        sleep(Duration::from_millis(20) * (number % 2)).await;
        write(&path, &text);
        fs::remove_file(world.path("c~")).unwrap();
        service.expect(&text).await;
        for outcome in service.outcomes() {
            let fine = matches!(
                outcome,
                Outcome::Published { .. } | Outcome::Unchanged | Outcome::Held
            );
            assert!(fine, "{outcome:?}");
        }
    }
    let counters = service.status().counters;
    assert_eq!((counters.missing, counters.failed), (0, 0));
    assert_eq!(counters.published, 21);
}

#[tokio::test]
async fn t12_p01_p06_bad_content_is_reported_once_and_keeps_the_value() {
    for strategy in [Draft::realtime, Draft::hybrid] {
        bad_content(strategy).await;
    }
}

type Ports = BTreeMap<String, u16>;
type Strategy = fn(Draft<Toml<Ports>, Ports>) -> Draft<Toml<Ports>, Ports>;

async fn bad_content(strategy: Strategy) {
    let ports = |number| Ports::from([("port".to_owned(), number)]);
    let world = World::new();
    let path = world.file("c.toml", "port = 1");
    let mut service = Service::start(&path, Toml::<Ports>::new(), strategy).await;
    assert_eq!(*service.live.load(), ports(1));
    let is_bad = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Rejected {
                stage: Stage::Decode,
                ..
            }
        )
    };

    write(&path, "port = [");
    service.reported(is_bad).await;
    // The same bad content by another way is no second error.
    world.rename_into("c.toml", "port = [");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(*service.live.load(), ports(1));
    world.rename_into("c.toml", "port = 2");
    service.expect(&ports(2)).await;
    let again = service
        .outcomes()
        .iter()
        .filter(|reported| is_bad(reported))
        .count();
    assert_eq!(again, 0, "it was reported again");
    assert!(service.status().last_error.is_none());

    for number in 0..1000 {
        match number % 2 {
            0 => write(&path, &format!("port{number} = true")),
            _ => world.rename_into("c.toml", &format!("port{number} = false")),
        }
        if number % 100 == 0 {
            service.reported(is_bad).await;
        }
        assert_eq!(*service.live.load(), ports(2));
        tokio::task::yield_now().await;
    }
    service.reported(is_bad).await;
    let status = service.status();
    assert_eq!(status.counters.published, 2);
    assert!(status.last_error.is_some() && !status.stopped);
    world.rename_into("c.toml", "port = 3");
    service.expect(&ports(3)).await;
    assert!(service.status().last_error.is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn t13_fifty_generations_report_no_error_and_no_removal() {
    let world = World::new();
    let publish = |number: u32| {
        world.folder(&format!("..{number}"));
        world.file(&format!("..{number}/c"), &number.to_string());
        world.relink("..data", format!("..{number}"));
    };
    publish(0);
    world.relink("c", "..data/c");
    let mut service = Service::start(&world.path("c"), TextDecoder, Draft::realtime).await;
    for number in 1..=50 {
        publish(number);
        fs::remove_dir_all(world.path(&format!("..{}", number - 1))).unwrap();
        service.expect(&number.to_string()).await;
        for outcome in service.outcomes() {
            assert!(outcome.error().is_none(), "{outcome:?}");
        }
    }
    let counters = service.status().counters;
    let bad = (counters.rejected, counters.failed, counters.missing);
    assert_eq!(bad, (0, 0, 0));
    assert_eq!(counters.published, 51);
}

const HOUR: Duration = Duration::from_secs(3600);
