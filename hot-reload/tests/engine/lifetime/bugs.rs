//! P6, P7: panics in every kind of user code that the engine calls.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::policy::RemovalPolicy;
use hot_reload::{
    Control, Error, Loaded, Outcome, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult,
    ReloaderConfig, ReloaderService, Revision, WatchEvent, async_trait,
};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::script::{Good, Missing, Script, seconds, settle};

/// A value that panics if its text asks for it.
#[derive(Debug, Eq)]
struct Touchy(&'static str);

impl Clone for Touchy {
    fn clone(&self) -> Self {
        assert!(self.0 != "no copy", "the copying has a bug");
        Self(self.0)
    }
}

impl PartialEq for Touchy {
    fn eq(&self, other: &Self) -> bool {
        assert!(other.0 != "no comparison", "the comparison has a bug");
        self.0 == other.0
    }
}

impl Drop for Touchy {
    fn drop(&mut self) {
        // A panic during a panic would abort the test.
        let bug = self.0 == "no drop" && !std::thread::panicking();
        assert!(!bug, "the drop has a bug");
    }
}

/// A source of such values, whose watch has a bug where it is dropped.
#[derive(Clone)]
struct Source {
    script: Script,
    pushes: Arc<OnceLock<mpsc::Sender<WatchEvent<Touchy>>>>,
    never_opens: bool,
}

impl Source {
    fn new() -> Self {
        Self {
            script: Script::new(Good("first")),
            pushes: Arc::default(),
            never_opens: false,
        }
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropping the watch has a bug");
    }
}

#[async_trait]
impl Reload<Touchy, String> for Source {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, Touchy, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<Touchy>, Touchy, String> {
        unreachable!("the engine calls `reload_since`")
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<Touchy>, Touchy, String> {
        let loaded = self.script.reload_since(seen).await;
        match loaded.map_err(|error| anyhow::Error::new(Error::from(error)))? {
            Loaded::Value { value, revision } => Ok(Loaded::Value {
                value: Touchy(value.leak()),
                revision,
            }),
            Loaded::Missing => Ok(Loaded::Missing),
            _ => Ok(Loaded::Unchanged),
        }
    }
}

#[async_trait]
impl RealtimeWatch<Touchy, String> for Source {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<Touchy>, Touchy, String> {
        let bomb = Bomb;
        if self.never_opens {
            std::future::pending::<()>().await;
        }
        let (sender, rx) = mpsc::channel(8);
        let _ = self.pushes.set(sender);
        Ok(RealtimeWatchHandle::with_cleanup(rx, Box::new(bomb)))
    }
}

#[tokio::test(start_paused = true)]
async fn p07_panic_leaves_the_revision_to_be_loaded_again() {
    let source = Source::new();
    let (live, control) = ReloaderService::builder(source.clone())
        .start()
        .await
        .unwrap();
    source.script.set(Good("no comparison"));
    for _ in 0..3 {
        let outcome = control.reload().await;
        assert_eq!(outcome.error().map(Error::kind), Some(ErrorKind::Panicked));
        assert_eq!(live.load().0, "first");
    }
    source.script.set(Good("second"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_copying_or_dropping_a_value_is_caught() {
    let source = Source::new();
    let config = ReloaderConfig::polling(1);
    let (service, receiver) = ReloaderService::<Source, Touchy, String>::new(&source, config)
        .await
        .unwrap();
    let control = service.control();
    let running = tokio::spawn(async move { service.start().await.unwrap() });
    settle().await;
    for (text, visible) in [
        ("no copy", "first"),
        ("no drop", "no drop"),
        ("third", "third"),
    ] {
        source.script.set(Good(text));
        sleep(seconds(3)).await;
        assert_eq!(receiver.borrow().as_ref().unwrap().0, visible);
        assert_eq!(control.status().last_error.is_some(), text == "no copy");
    }
    assert!(!running.is_finished());
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_dropping_a_watch_is_caught() {
    for never_opens in [false, true] {
        let source = Source {
            never_opens,
            ..Source::new()
        };
        let (live, control) = ReloaderService::builder(source.clone())
            .realtime()
            .start()
            .await
            .unwrap();
        sleep(seconds(60)).await;
        if let Some(pushes) = source.pushes.get() {
            pushes
                .send(WatchEvent::Error("lost".to_owned()))
                .await
                .unwrap();
        }
        source.script.set(Good("second"));
        sleep(seconds(60)).await;
        assert_eq!(live.load().0, "second");
        control.stop().await;
        assert!(control.status().stopped);
    }
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_dropping_an_unused_pushed_value_is_caught() {
    let source = Source::new();
    source.script.state().load_takes = seconds(1);
    let newest = || source.script.state().set_silently(Good("pushed"));
    let (live, control) = ReloaderService::builder(source.clone())
        .realtime()
        .start()
        .await
        .unwrap();
    sleep(seconds(5)).await;
    let pushes = source.pushes.get().unwrap();
    pushes.send(WatchEvent::Hint).await.unwrap();
    settle().await;
    for text in ["no drop", "pushed"] {
        pushes
            .send(WatchEvent::Changed(Touchy(text)))
            .await
            .unwrap();
    }
    newest();
    sleep(seconds(5)).await;
    assert_eq!(live.load().0, "pushed");
    assert!(!control.status().stopped);
}

#[tokio::test(start_paused = true)]
async fn p12_removal_policy_that_panics_is_applied_again() {
    static COPIES: AtomicU32 = AtomicU32::new(0);

    #[derive(Debug, PartialEq)]
    struct Fragile(String);

    impl Clone for Fragile {
        fn clone(&self) -> Self {
            let first = COPIES.fetch_add(1, Ordering::Relaxed) == 0;
            assert!(!first, "the first copy has a bug");
            Self(self.0.clone())
        }
    }

    #[derive(Clone)]
    struct Fragiles(Script);

    #[async_trait]
    impl Reload<Fragile, String> for Fragiles {
        type Source = ();

        async fn new(_: &()) -> ReloadResult<Self, Fragile, String> {
            unreachable!("made by hand")
        }

        async fn reload(&self) -> ReloadResult<Option<Fragile>, Fragile, String> {
            let text = self
                .0
                .reload()
                .await
                .map_err(|error| anyhow::Error::new(Error::from(error)))?;
            Ok(text.map(Fragile))
        }
    }

    let script = Script::new(Good("first"));
    let (live, _control) = ReloaderService::builder(Fragiles(script.clone()))
        .interval(seconds(1))
        .on_removal(RemovalPolicy::Replace(Fragile("default".to_owned())))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    sleep(seconds(60)).await;
    assert_eq!(live.load().0, "default");
}

#[tokio::test(start_paused = true)]
async fn p01_unchanged_without_a_revision_is_a_failure() {
    #[derive(Clone)]
    struct Liar;

    #[async_trait]
    impl Reload<String> for Liar {
        type Source = ();

        async fn new(_: &()) -> ReloadResult<Self, String> {
            Ok(Self)
        }

        async fn reload(&self) -> ReloadResult<Option<String>, String> {
            Ok(None)
        }

        async fn reload_since(&self, _: Option<&Revision>) -> ReloadResult<Loaded<String>, String> {
            Ok(Loaded::Unchanged)
        }
    }

    let error = ReloaderService::builder(Liar).start().await.unwrap_err();
    assert!(
        error.to_string().contains("to a load without a revision"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn p14_stop_within_a_validator_prevents_the_publication() {
    let script = Script::new(Good("first"));
    let control: Arc<OnceLock<Control<String>>> = Arc::default();
    let inside = Arc::clone(&control);
    let (live, outside) = script
        .builder()
        .validate(move |_: &String| {
            if let Some(control) = inside.get() {
                let _ = control.stop().now_or_never();
            }
            Ok::<_, String>(())
        })
        .start()
        .await
        .unwrap();
    let mut events = outside.events();
    control.set(outside.clone()).unwrap();
    script.set(Good("second"));
    let outcome = outside.reload().await;
    assert_eq!(outcome.error().map(Error::kind), Some(ErrorKind::Stopped));
    outside.stop().await;
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("first", 1)
    );
    while events.next().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn drop_that_stops_the_service_does_not_deadlock() {
    static STOPPED: AtomicBool = AtomicBool::new(false);

    #[derive(Clone)]
    struct Stopper(String, Arc<OnceLock<Control<Self>>>);

    impl PartialEq for Stopper {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }

    impl Eq for Stopper {}

    impl Drop for Stopper {
        fn drop(&mut self) {
            if let Some(control) = self.1.get() {
                let _ = control.stop().now_or_never();
                STOPPED.store(true, Ordering::Relaxed);
            }
        }
    }

    #[derive(Clone)]
    struct Stoppers(Script, Arc<OnceLock<Control<Stopper>>>);

    #[async_trait]
    impl Reload<Stopper, String> for Stoppers {
        type Source = Self;

        async fn new(source: &Self) -> ReloadResult<Self, Stopper, String> {
            Ok(source.clone())
        }

        async fn reload(&self) -> ReloadResult<Option<Stopper>, Stopper, String> {
            let text = self
                .0
                .reload()
                .await
                .map_err(|error| anyhow::Error::new(Error::from(error)))?;
            Ok(text.map(|text| Stopper(text, Arc::clone(&self.1))))
        }
    }

    let source = Stoppers(Script::new(Good("first")), Arc::default());
    let made = ReloaderService::<Stoppers, Stopper, String>::with_delay(&source, 1).await;
    let (service, mut receiver) = made.unwrap();
    let control = service.control();
    let running = tokio::spawn(async move { service.start().await.unwrap() });
    receiver.changed().await.unwrap();
    assert!(source.1.set(control).is_ok());
    source.0.set(Good("second"));
    sleep(seconds(5)).await;
    assert!(STOPPED.load(Ordering::Relaxed));
    running.await.unwrap();
}
