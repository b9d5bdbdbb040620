//! Sources without a watch under the strategies that use one, and boxed sources.

use std::sync::atomic::{AtomicU32, Ordering};

use hot_reload::event::WatchState;
use hot_reload::source::{
    BoxSource, DecodeWith, Fetched, HintSender, Signal, Source, Subscription, WatchProfile,
};
use hot_reload::status::SourceStatus;
use hot_reload::{Error, Outcome, RealtimeWatch, ReloaderService, Revision};
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Good, Script, seconds, settle};

/// A source of the two required methods. Each fetch finds a new number.
#[derive(Default)]
struct Plain(AtomicU32);

impl Source for Plain {
    fn name(&self) -> String {
        "plain".to_owned()
    }

    async fn fetch(&self, _: Option<&Revision>) -> Result<Fetched, Error> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Fetched::Content {
            bytes: number.to_string().into(),
            revision: Revision::from(u64::from(number)),
        })
    }
}

fn number() -> DecodeWith<impl Fn(&[u8]) -> Result<u32, String> + Send + Sync + 'static> {
    DecodeWith::new(|bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        text.parse().map_err(|_| format!("{text} is no number"))
    })
}

#[tokio::test(start_paused = true)]
async fn source_without_a_watch_is_polled_and_says_so_once() {
    for boxed in [false, true] {
        let log = log();
        let source = match boxed {
            true => Plain::default().boxed().boxed(),
            false => BoxSource::new(Plain::default()),
        };
        let service = ReloaderService::builder(source.decode(number())).hybrid();
        let (live, control) = service.interval(seconds(20)).start().await.unwrap();
        settle().await;
        let status = control.status();
        assert_eq!(status.watch, WatchState::Off);
        let why = status.watch_error.as_ref().unwrap().to_string();
        assert_eq!(why, "the source has no watch; it is polled every 20 s");
        assert_eq!(status.counters.watch_losses, 0);

        let (before, begun) = (*live.load(), live.get().generation());
        sleep(seconds(3600)).await;
        let polls = *live.load() - before;
        assert!((180..=205).contains(&polls), "{polls} after {begun}");
        assert_eq!(control.status().watch, WatchState::Off);
        assert_eq!(log.count("has no watch"), 1, "{}", log.text());
        assert_eq!(log.count("WARN"), 0, "{}", log.text());
        assert!(
            control
                .explain()
                .to_string()
                .contains("watch off (the source has no watch;")
        );
        let _ = control.reload().await;
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn realtime_without_a_watch_polls_at_the_interval() {
    let service = ReloaderService::builder(Plain::default().decode(number())).realtime();
    let (live, control) = service.interval(seconds(5)).start().await.unwrap();
    settle().await;
    assert_eq!(control.status().watch, WatchState::Off);
    let before = *live.load();
    sleep(seconds(60)).await;
    assert!(*live.load() >= before + 12);
}

#[tokio::test]
async fn watch_of_a_source_without_one_is_an_error() {
    let refused = Plain::default().decode(number()).watch_realtime().await;
    let refused = refused.err().map(Error::from).unwrap();
    assert_eq!(refused.to_string(), "the source has no watch");
}

#[tokio::test(start_paused = true)]
async fn boxed_sources_of_different_types_serve_side_by_side() {
    let script = Script::new(Good("7"));
    let sources: Vec<BoxSource> = vec![
        Plain(7.into()).boxed(),
        crate::bytes::Bytes(script.clone()).boxed(),
    ];
    for source in sources {
        assert!(format!("{source:?}").contains(&source.name()));
        let shared = source.clone();
        let service = ReloaderService::builder(source.decode(number())).hybrid();
        let (live, control) = service.start().await.unwrap();
        assert_eq!(*live.load(), 7);
        assert_eq!(control.status().source, Some(shared.name()));
        assert_eq!(shared.profile(), shared.clone().boxed().profile());
        control.stop().await;
    }
}

#[tokio::test]
async fn boxed_source_passes_every_call_on() {
    struct Loud;

    impl Source for Loud {
        fn name(&self) -> String {
            "loud".to_owned()
        }

        async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
            Ok(match seen {
                Some(_) => Fetched::Unchanged,
                None => Fetched::Absent,
            })
        }

        async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
            hints.content("now", Revision::new("1"));
            Ok(Subscription::new(hints))
        }

        fn profile(&self) -> WatchProfile {
            WatchProfile::network()
        }

        fn status(&self) -> Option<SourceStatus> {
            Some(SourceStatus::default())
        }

        fn accepts_empty(&self) -> bool {
            true
        }
    }

    let boxed = Loud.boxed();
    let seen = Revision::new("1");
    assert_eq!(boxed.fetch(None).await.unwrap(), Fetched::Absent);
    assert_eq!(boxed.fetch(Some(&seen)).await.unwrap(), Fetched::Unchanged);
    assert_eq!(boxed.profile(), WatchProfile::network());
    assert!(boxed.status().is_some() && boxed.accepts_empty());
    let (sender, mut hints) = HintSender::pair();
    let subscription = boxed.subscribe(sender).await.unwrap();
    let Signal::Content(content) = hints.next().await.unwrap() else {
        panic!("content was delivered");
    };
    assert_eq!((&*content.bytes, &content.revision), (&b"now"[..], &seen));
    drop(subscription);
    assert!(hints.next().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn no_watch_is_final_until_the_next_run() {
    let service = ReloaderService::builder(Plain::default().decode(number())).hybrid();
    let (_live, control) = service.start().await.unwrap();
    let receipt = control.reload().await;
    assert!(matches!(receipt.outcome, Outcome::Published { .. }));
    settle().await;
    assert_eq!(control.status().watch, WatchState::Off);
}
