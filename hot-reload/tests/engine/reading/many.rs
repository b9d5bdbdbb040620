//! P2, P13, P14: waking many subscribers and slow drops do not delay the next publication.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use hot_reload::{Changes, Reload, ReloadResult, ReloaderService, async_trait};
use tokio::task::{spawn_blocking, unconstrained, yield_now};

use crate::tray::Tray;

/// More than are woken on the spot.
const MANY: usize = 300;

/// A waker that blocks its caller until it is released.
struct Blocking {
    gate: Mutex<mpsc::Receiver<()>>,
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Blocking {
    fn new() -> (Arc<Self>, mpsc::Sender<()>) {
        let (go, gate) = mpsc::channel();
        let blocking = Self {
            gate: Mutex::new(gate),
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        };
        (Arc::new(blocking), go)
    }

    /// Waits until a caller is blocked.
    async fn is_called(&self) {
        while self.begun() == 0 {
            yield_now().await;
        }
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }
}

impl Wake for Blocking {
    fn wake(self: Arc<Self>) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        // An error means that it was let go for good.
        let _ = self.gate.lock().unwrap().recv();
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// The result of polling once, if it is ready. The runtime's budget for one task is not spent on it.
fn now<T>(polled: impl Future<Output = T>) -> Option<T> {
    unconstrained(polled).now_or_never()
}

fn poll(changes: &mut Changes<u64>, waker: &Waker) -> Poll<Option<u64>> {
    let polled = changes.poll_next_unpin(&mut Context::from_waker(waker));
    polled.map(|polled| polled.map(|snapshot| *snapshot))
}

#[tokio::test]
async fn p02_waking_many_never_delays_the_next_publication_on_one_thread() {
    waking_many_never_delays_the_next_publication().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p02_waking_many_does_not_delay_the_next_publication() {
    waking_many_never_delays_the_next_publication().await;
}

async fn waking_many_never_delays_the_next_publication() {
    let tray = Tray::with(1);
    let (live, control) = tray.service().await;
    let (blocking, go) = Blocking::new();
    let waker = Waker::from(Arc::clone(&blocking));
    let mut all: Vec<_> = (0..MANY).map(|_| live.subscribe()).collect();
    let part = live.map(|value| value);
    let mut parts: Vec<_> = (0..MANY).map(|_| part.subscribe()).collect();
    for changes in &mut all {
        assert!(poll(changes, &waker).is_pending());
    }
    let mut reader = live.reader();
    tray.publish(&control, 2).await;
    blocking.is_called().await;
    let mut waits_for_more = live.subscribe();
    for number in 3..=20 {
        tray.publish(&control, number).await;
        assert_eq!((*live.load(), *reader.load()), (number, number));
        assert_eq!(*live.subscribe().live().get(), number);
    }
    assert_eq!(
        (blocking.begun(), blocking.ended()),
        (1, 0),
        "the one thread that wakes subscribers is still blocked"
    );
    // A visible value whose subscribers are not notified yet.
    let (mut has_seen, mut part_seen) = (live.subscribe(), part.subscribe());
    drop(go);
    assert_eq!(*waits_for_more.changed().await.unwrap(), 20);
    for changes in &mut all {
        assert_eq!(*changes.changed().await.unwrap(), 20);
        assert!(now(changes.changed()).is_none(), "returned once");
    }
    for changes in &mut parts {
        assert_eq!(*changes.changed().await.unwrap(), 20);
    }
    control.stop().await;
    assert!(now(has_seen.changed()).unwrap().is_none());
    assert!(now(part_seen.changed()).unwrap().is_none());
    assert_eq!(blocking.ended(), blocking.begun());
    for changes in &mut all {
        assert!(now(changes.changed()).unwrap().is_none());
    }
    for changes in &mut parts {
        assert!(now(changes.changed()).unwrap().is_none());
    }
}

#[tokio::test]
async fn p14_stop_waits_until_all_of_many_subscribers_see_the_end() {
    let tray = Tray::with(1);
    let (live, control) = tray.service().await;
    let (blocking, go) = Blocking::new();
    let waker = Waker::from(Arc::clone(&blocking));
    let mut all: Vec<_> = (0..MANY).map(|_| live.subscribe()).collect();
    for changes in &mut all {
        assert!(poll(changes, &waker).is_pending());
    }
    tray.publish(&control, 2).await;
    blocking.is_called().await;
    tray.publish(&control, 3).await;
    let stop = tokio::spawn({
        let control = control.clone();
        async move { control.stop().await }
    });
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!stop.is_finished() && !control.status().stopped);
    assert_eq!((blocking.begun(), blocking.ended()), (1, 0));
    drop(go);
    stop.await.unwrap();
    assert_eq!(blocking.ended(), MANY, "each was waiting, once");
    for changes in &mut all {
        assert_eq!(*now(changes.changed()).unwrap().unwrap(), 3);
        assert!(now(changes.changed()).unwrap().is_none());
    }
}

#[tokio::test]
async fn few_subscribers_are_notified_before_a_reload_returns() {
    let tray = Tray::with(1);
    let (live, control) = tray.service().await;
    let mut all: Vec<_> = (0..100).map(|_| live.subscribe()).collect();
    tray.publish(&control, 2).await;
    for changes in &mut all {
        assert_eq!(**now(changes.changed()).unwrap().as_ref().unwrap(), 2);
    }
}

/// A value that takes long to be freed.
struct Heavy {
    freed_by: Arc<Mutex<Vec<ThreadId>>>,
    /// How long, or until when.
    gate: Option<Mutex<mpsc::Receiver<()>>>,
}

#[allow(clippy::disallowed_methods, reason = "to take long is what it is for")]
impl Drop for Heavy {
    fn drop(&mut self) {
        match &self.gate {
            Some(gate) => _ = gate.lock().unwrap().recv(),
            None => thread::sleep(Duration::from_millis(3)),
        }
        self.freed_by.lock().unwrap().push(thread::current().id());
    }
}

#[tokio::test]
async fn p02_p14_slow_drop_runs_on_another_thread_and_stop_waits() {
    let freed_by = Arc::new(Mutex::new(Vec::new()));
    let heavy = |gate| Heavy {
        freed_by: Arc::clone(&freed_by),
        gate,
    };
    let (here, freed) = (thread::current().id(), || freed_by.lock().unwrap().len());
    let (go, gate) = mpsc::channel();
    let tray = Tray::with(heavy(None));
    let (live, control) = tray.service().await;
    tray.publish(&control, heavy(Some(Mutex::new(gate)))).await;
    assert_eq!(*freed_by.lock().unwrap(), [here], "nobody knows yet");
    // From now on a drop waits for the gate, and delays nothing.
    tray.publish(&control, heavy(None)).await;
    tray.publish(&control, heavy(None)).await;
    assert_eq!(live.get().generation().get(), 4);
    assert_eq!(freed(), 1);
    let stop = tokio::spawn({
        let control = control.clone();
        async move { control.stop().await }
    });
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!stop.is_finished());
    drop(go);
    stop.await.unwrap();
    assert_eq!((freed(), live.retained().count), (3, 0), "but for the last");
    assert_ne!(freed_by.lock().unwrap()[1], here);
    drop((live, control));
    assert_eq!(freed(), 4);
}

/// A value that is bound to its thread, and notes which one frees it.
#[derive(Clone)]
struct Bound(Arc<Mutex<Vec<ThreadId>>>, u64, PhantomData<Rc<()>>);

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Eq for Bound {}

#[allow(
    clippy::disallowed_methods,
    reason = "it takes long, so it could be sent away"
)]
impl Drop for Bound {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(2));
        self.0.lock().unwrap().push(thread::current().id());
    }
}

#[derive(Clone)]
struct Counting(Arc<AtomicUsize>, Arc<Mutex<Vec<ThreadId>>>);

#[async_trait]
impl Reload<Bound> for Counting {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, Bound> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<Bound>, Bound> {
        let number = self.0.fetch_add(1, Ordering::SeqCst) as u64;
        Ok(Some(Bound(Arc::clone(&self.1), number, PhantomData)))
    }
}

#[test]
fn compatible_value_is_freed_on_its_own_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let freed_by = Arc::new(Mutex::new(Vec::new()));
    let source = Counting(Arc::default(), Arc::clone(&freed_by));
    runtime.block_on(async {
        let (service, receiver) = ReloaderService::<Counting, Bound>::with_defaults(&source)
            .await
            .unwrap();
        let (live, control) = (service.live(), service.control());
        let commands = async {
            let _many: Vec<_> = (0..MANY).map(|_| live.subscribe()).collect();
            for _ in 0..20 {
                assert!(control.reload().await.is_current());
            }
        };
        tokio::select! {
            ended = service.start() => panic!("{ended:?}"),
            () = commands => {}
        }
        assert_eq!(receiver.get().map(|value| value.1), Some(live.load().1));
    });
    drop(runtime);
    let freed_by = freed_by.lock().unwrap();
    assert!(freed_by.len() >= 20, "{}", freed_by.len());
    assert!(freed_by.iter().all(|id| *id == thread::current().id()));
}

/// Loads 1, 2, 3 and so on.
#[derive(Clone, Default)]
struct Ascending(Arc<AtomicUsize>);

#[async_trait]
impl Reload<usize> for Ascending {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, usize> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<usize>, usize> {
        Ok(Some(self.0.fetch_add(1, Ordering::SeqCst) + 1))
    }
}

#[test]
fn p14_dropped_service_gives_parts_their_last_value_before_the_end() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // The only thread that could notify many subscribers is busy.
        let (go, gate) = mpsc::channel::<()>();
        let busy = spawn_blocking(move || gate.recv());
        let (service, _receiver) =
            ReloaderService::<Ascending, usize>::with_defaults(&Ascending::default())
                .await
                .unwrap();
        let (live, control) = (service.live(), service.control());
        let part = live.map(|value| value);
        let mut parts = Vec::new();
        let commands = async {
            assert!(control.reload().await.is_current());
            parts.extend((0..MANY).map(|_| part.subscribe()));
            assert!(control.reload().await.is_current());
        };
        tokio::select! {
            ended = service.start() => panic!("{ended:?}"),
            () = commands => {}
        }
        drop(service);
        let newest = *live.load();
        for changes in &mut parts {
            assert_eq!(
                now(changes.changed()).unwrap().map(|part| *part),
                Some(newest)
            );
            assert!(now(changes.changed()).unwrap().is_none());
        }
        drop(go);
        assert!(busy.await.unwrap().is_err());
        // It comes after the notifications.
        spawn_blocking(|| {}).await.unwrap();
        for changes in &mut parts {
            assert!(now(changes.changed()).unwrap().is_none(), "for ever");
        }
    });
}
