//! Programs that were written for release 0.3.6 compile and run, in every spelling of its API.
//!
//! Nothing newer than 0.3.6 is named here, so this file also compiles against that release.
#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod dependencies;
mod globs;
mod readme;
mod reloaders;

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::{
    AsyncFileLoad, FileReloader, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult,
    ReloaderConfig, ReloaderError, ReloaderReceiver, ReloaderSender, ReloaderService, WatchEvent,
    WatchStrategy,
};
use tokio::sync::watch;
use tokio::time::timeout;

use self::reloaders::{
    CertReloader, CertSources, Certs, Local, LocalReloader, Page, PageReloader, Pushed, Tag,
};

const DEADLINE: Duration = Duration::from_secs(10);

// ---- What a service asks of its value, and no more ----

/// A library in between, with the bounds of 0.3.6 and not one more.
#[derive(Clone)]
struct Context<V, S = &'static str>
where
    V: Eq + PartialEq,
    S: Into<Cow<'static, str>> + Display,
{
    receiver: ReloaderReceiver<V, S>,
}

async fn entrypoint<T, V, S>(service: ReloaderService<T, V, S>, context: &Context<V, S>) -> V
where
    T: RealtimeWatch<V, S> + Clone,
    V: Eq + PartialEq + Clone,
    S: Into<Cow<'static, str>> + Display + Clone,
{
    let mut receiver = context.receiver.clone();
    tokio::select! {
        Err(_) = service.start_with_realtime() => panic!("the service has ended"),
        Ok(()) = receiver.changed() => {
            assert!(!receiver.borrow().is_none());
            let mut value = None;
            value.clone_from(&receiver.borrow());
            value.unwrap()
        }
        else => panic!("nothing can follow"),
    }
}

async fn make<T, V, S>(
    source: &T::Source,
    config: ReloaderConfig,
) -> ReloadResult<(ReloaderService<T, V, S>, Context<V, S>), V, S>
where
    T: Reload<V, S> + Clone,
    V: Eq + PartialEq + Clone,
    S: Into<Cow<'static, str>> + Display + Clone,
{
    let (service, receiver) = ReloaderService::new(source, config).await?;
    Ok((service, Context { receiver }))
}

#[test]
fn value_neither_send_nor_static_is_served_inside_block_on() {
    let text = "borrowed".to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for config in [ReloaderConfig::polling(1), ReloaderConfig::hybrid(1)] {
            let made = make::<LocalReloader<'_>, _, _>(&text.as_str(), config).await;
            let (service, context) = made.ok().unwrap();
            assert!(context.receiver.borrow().is_none());
            let value = timeout(DEADLINE, entrypoint(service, &context)).await;
            assert_eq!(value.unwrap().1, "borrowed");
        }
    });
}

// ---- Services ----

#[tokio::test]
async fn service_in_an_option_of_an_arc_moves_into_a_task() {
    let mut sources = CertSources::new();
    sources.insert("a.example".to_owned(), Arc::new("pem"));
    let made = ReloaderService::<CertReloader, Certs>::with_delay(&sources, 60).await;
    let (service, mut receiver) = made.unwrap();
    let service: Option<Arc<ReloaderService<CertReloader, Certs>>> = Some(Arc::new(service));
    let unread = receiver.clone();
    let started = service.clone();
    let task = tokio::spawn(async move {
        match started {
            Some(service) => service.start().await,
            None => Ok(()),
        }
    });
    let changed = receiver.changed().fuse();
    let mut changed = pin!(changed);
    tokio::select! {
        changed = &mut changed => changed.unwrap(),
        () = tokio::time::sleep(DEADLINE) => panic!("the first load is no change"),
    }
    assert_eq!(unread.borrow().clone(), Some(Certs(vec!["pem".to_owned()])));
    // A clone that was never read gets the change, however late.
    let mut late = unread.clone();
    timeout(DEADLINE, late.changed()).await.unwrap().unwrap();
    task.abort();
    drop(service);
}

#[tokio::test]
async fn service_with_a_watch_runs_in_a_select_and_starts_again() {
    let config = ReloaderConfig::realtime();
    let made = ReloaderService::<Pushed, u32, String>::new(&"x".to_owned(), config).await;
    let (service, mut receiver) = made.unwrap();
    assert!(service.start().await.is_err(), "`start` only polls");
    for _ in 0..2 {
        let reached = async {
            while receiver.get() != Some(7) {
                receiver.changed().await.unwrap();
            }
        };
        tokio::select! {
            ended = service.start_with_realtime() => panic!("{:?}", ended.err()),
            reached = timeout(DEADLINE, reached) => reached.unwrap(),
        }
    }
    let made = ReloaderService::<CertReloader, Certs>::with_defaults(&CertSources::new()).await;
    assert_eq!(made.unwrap().1.get(), None, "`new` loads nothing");
}

#[tokio::test]
async fn file_is_reloaded_by_each_strategy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.txt");
    std::fs::write(&path, "one").unwrap();
    let name = path.to_string_lossy().into_owned();
    for config in [
        ReloaderConfig::polling(1),
        ReloaderConfig::realtime(),
        ReloaderConfig::hybrid(1),
    ] {
        let made = ReloaderService::<PageReloader, Page, String>::new(&name, config.clone()).await;
        let (service, mut receiver) = made.unwrap();
        let service = Arc::new(service);
        let task = tokio::spawn(async move {
            match config.strategy {
                WatchStrategy::Polling => service.start().await,
                WatchStrategy::Realtime | WatchStrategy::Hybrid => {
                    service.start_with_realtime().await
                }
            }
        });
        timeout(DEADLINE, receiver.changed())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(receiver.get(), Some(Page("one".to_owned())));
        task.abort();
    }
}

#[tokio::test]
async fn methods_of_the_traits_are_called_without_a_service() {
    let certs = CertReloader::new(&CertSources::new()).await.unwrap();
    let error = certs.reload().await.unwrap_err();
    assert!(matches!(error, ReloaderError::Reload("nothing to serve")));

    let pushed = <Pushed as Reload<u32, String>>::new(&"5".to_owned()).await;
    let pushed = pushed.unwrap();
    assert_eq!(pushed.reload().await.unwrap(), Some(5));
    let mut handle = pushed.watch_realtime().await.unwrap();
    assert!(matches!(
        handle.rx.recv().await,
        Some(WatchEvent::Changed(7))
    ));

    // A file that is only polled need not load itself without blocking, nor be `Send`.
    let tag = FileReloader::<Tag>::new(&"tag".to_owned()).await.unwrap();
    assert_eq!(tag.reload().await.unwrap(), Some(Tag::default()));

    let page = FileReloader::<Page>::new(&"no/such/page".to_owned()).await;
    let page: PageReloader = page.unwrap();
    assert!(page.file_path.is_absolute());
    assert!(page.clone().reload().await.is_err());
    assert!(Page(String::new()).dependent_paths().is_empty());
}

// ---- Configuration, errors, auto traits ----

#[test]
fn configuration_is_written_as_a_literal_and_destructured() {
    let config = ReloaderConfig {
        watch_delay_sec: 3,
        force_reload: true,
        strategy: WatchStrategy::Hybrid,
    };
    let ReloaderConfig {
        watch_delay_sec,
        force_reload,
        strategy,
    } = config;
    let name = match strategy {
        WatchStrategy::Polling => "polling",
        WatchStrategy::Realtime => "realtime",
        WatchStrategy::Hybrid => "hybrid",
    };
    assert_eq!((watch_delay_sec, force_reload, name), (3, true, "hybrid"));

    let parts = |config: ReloaderConfig| {
        assert!(!config.force_reload);
        (config.watch_delay_sec, config.strategy)
    };
    assert_eq!(WatchStrategy::default(), WatchStrategy::Polling);
    let expected = [
        (ReloaderConfig::default(), 10, WatchStrategy::Polling),
        (ReloaderConfig::polling(1), 1, WatchStrategy::Polling),
        (ReloaderConfig::realtime(), 10, WatchStrategy::Realtime),
        (ReloaderConfig::hybrid(2), 2, WatchStrategy::Hybrid),
    ];
    for (config, delay, strategy) in expected {
        assert_eq!(parts(config), (delay, strategy));
    }
}

#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error("certificates: {0}")]
    Certs(#[from] ReloaderError<Certs>),
    #[error("pushed: {0}")]
    Pushed(#[from] ReloaderError<u32, String>),
}

#[tokio::test]
async fn error_converts_into_the_errors_of_the_program() {
    let failing = || -> Result<(), ProgramError> {
        Err(ReloaderError::<Certs>::Reload("static"))?;
        Ok(())
    };
    assert!(failing().unwrap_err().to_string().contains("static"));
    let other: ReloaderError<u32, String> = anyhow::anyhow!("broken").into();
    assert!(ProgramError::from(other).to_string().contains("broken"));
    let other = ReloaderError::<Certs>::from(anyhow::anyhow!("broken"));
    assert!(anyhow::anyhow!(other).to_string().contains("broken"));

    let variant = |error: &ReloaderError<Certs>| match error {
        ReloaderError::WatchRecvError(_) => "receive",
        ReloaderError::WatchSendError(_) => "send",
        ReloaderError::Reload(text) => text,
        ReloaderError::Other(_) => "other",
    };
    let (sender, mut receiver) = watch::channel(Some(Certs(Vec::new())));
    drop(sender);
    let gone = ReloaderError::from(receiver.changed().await.unwrap_err());
    assert_eq!(variant(&gone), "receive");
    let unsent = watch::Sender::new(None).send(Some(Certs(Vec::new())));
    assert_eq!(variant(&unsent.unwrap_err().into()), "send");
}

#[test]
fn auto_traits_and_signatures_are_those_of_0_3_6() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    shared::<ReloaderService<CertReloader, Certs>>();
    shared::<ReloaderService<PageReloader, Page, String>>();
    shared::<ReloaderReceiver<Certs>>();
    shared::<ReloaderReceiver<Page, String>>();
    shared::<ReloaderSender<Page>>();
    shared::<ReloaderError<Page, String>>();
    shared::<ReloaderConfig>();
    shared::<WatchEvent<Page>>();
    shared::<PageReloader>();
    fn plain<T: Clone + Debug>() {}
    plain::<ReloaderConfig>();
    plain::<WatchEvent<Page>>();
    fn sent<T: Send + Unpin>() {}
    sent::<RealtimeWatchHandle<Page>>();
    fn error<T: std::error::Error + Debug + Display>() {}
    error::<ReloaderError<Page, String>>();

    // The futures of a service whose parts are `Send` can be spawned.
    fn spawned<T: Send>(_: T) {}
    let _ = |service: &ReloaderService<PageReloader, Page, String>| {
        spawned(service.start());
        spawned(service.start_with_realtime());
    };
    let _ = |receiver: &mut ReloaderReceiver<Page, String>| spawned(receiver.changed());
    // Named with a value that is nothing but compared.
    let _ = |receiver: &ReloaderReceiver<Local<'static>>| receiver.borrow().is_none();
    let _ = |sender: &ReloaderSender<Page>| -> Result<(), watch::error::SendError<Option<Page>>> {
        sender.send(None)
    };
    let _ = |receiver: &ReloaderReceiver<Page>| {
        let value: watch::Ref<'_, Option<Page>> = receiver.borrow();
        value.is_some()
    };
}
