//! Release 0.3.6: its receiver, and a watch that delivers values, which is the only way to give it values.

use std::hint::black_box;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use bench::values::Value;
use hot_reload::{
    RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult, ReloaderConfig, ReloaderReceiver,
    ReloaderService, WatchEvent,
};
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;

use crate::contender::Contender;

/// `ReloaderReceiver::get`: a copy of the value.
pub(crate) struct PublishedGet<V: Value> {
    receiver: ReloaderReceiver<V>,
    events: mpsc::Sender<WatchEvent<V>>,
}

impl<V: Value> PublishedGet<V> {
    pub(crate) fn new(value: V) -> Self {
        let (events, announced) = mpsc::channel(1);
        let source = Announced {
            first: value,
            events: Arc::new(Mutex::new(Some(announced))),
        };
        let config = ReloaderConfig {
            // All published values are equal, and each must become visible.
            force_reload: true,
            ..ReloaderConfig::realtime()
        };
        let receiver = HOST.block_on(async {
            let created = ReloaderService::<Announced<V>, V>::new(&source, config).await;
            let (service, mut receiver) = created.expect("creating it does nothing");
            tokio::spawn(async move { service.start_with_realtime().await });
            let first = receiver.changed().await;
            first.expect("the service has a first value");
            receiver
        });
        Self { receiver, events }
    }
}

impl<V: Value> Contender<V> for PublishedGet<V> {
    const NAME: &'static str = "release_0_3_6_get";

    type Handle = ReloaderReceiver<V>;

    fn handle(&self) -> ReloaderReceiver<V> {
        self.receiver.clone()
    }

    #[inline(always)]
    fn read(receiver: &mut ReloaderReceiver<V>) -> u64 {
        let value = receiver.get();
        // Without this, the compiler would remove the copy.
        black_box(&value);
        value.map_or(u64::MAX, |value| value.number())
    }

    fn publish(&self, value: V) {
        let sent = self.events.blocking_send(WatchEvent::Changed(value));
        sent.expect("the service runs");
    }
}

/// A source with a first value, whose watch sends the events of a channel.
#[derive(Clone)]
struct Announced<V> {
    first: V,
    events: Events<V>,
}

/// The events of the watch, which is opened once and takes them.
type Events<V> = Arc<Mutex<Option<mpsc::Receiver<WatchEvent<V>>>>>;

#[async_trait]
impl<V: Value> Reload<V> for Announced<V> {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, V> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<V>, V> {
        Ok(Some(self.first.clone()))
    }
}

#[async_trait]
impl<V: Value> RealtimeWatch<V> for Announced<V> {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<V>, V> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(RealtimeWatchHandle::new(
            events.take().expect("the watch is opened once"),
        ))
    }
}

/// The runtime of all services of release 0.3.6, on a thread of its own.
static HOST: LazyLock<Handle> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of one thread");
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    handle
});
