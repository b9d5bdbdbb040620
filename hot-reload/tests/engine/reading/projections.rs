//! P1, P6, P13: projections wake their subscribers only for changes of their part.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use futures_util::{FutureExt, StreamExt};
use hot_reload::error::ErrorKind;
use hot_reload::event::Stage;
use hot_reload::live::{PartSnapshot, Projection};
use hot_reload::{Control, Guard, Live, Outcome};
use tokio::time::timeout;

use crate::script::seconds;
use crate::tray::Tray;

#[derive(Debug, Clone)]
struct Config {
    name: String,
    limits: Limits,
    hosts: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq)]
struct Limits {
    connections: usize,
}

fn config(name: &str, connections: usize) -> Config {
    Config {
        name: name.to_owned(),
        limits: Limits { connections },
        hosts: vec!["a", "b"],
    }
}

fn limits(config: &Config) -> &Limits {
    &config.limits
}

type Polled<F> = Option<Option<PartSnapshot<Config, Limits, F>>>;

/// The result of polling once, if it is ready: the part and the generation of the whole, or the end.
fn now<F: Fn(&Config) -> &Limits>(changed: Polled<F>) -> Option<Option<(usize, u64)>> {
    changed.map(|changed| changed.map(|part| (part.connections, part.generation().get())))
}

async fn service() -> (Tray<Config>, Live<Config>, Control<Config>) {
    let tray = Tray::with(config("first", 1));
    let (live, control) = tray.service().await;
    (tray, live, control)
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn value_with_an_equal_part_wakes_no_subscriber() {
    let (tray, live, control) = service().await;
    let (part, whole) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let (part_waker, whole_waker) = (Waker::from(part.clone()), Waker::from(whole.clone()));
    let (mut changes, mut all) = (live.map(limits).subscribe(), live.subscribe());
    let mut stream = live.map(limits).subscribe();
    let (mut part_cx, mut whole_cx) = (
        Context::from_waker(&part_waker),
        Context::from_waker(&whole_waker),
    );
    let mut waiting = std::pin::pin!(changes.changed());
    assert!(waiting.as_mut().poll(&mut part_cx).is_pending());
    assert!(stream.poll_next_unpin(&mut part_cx).is_pending());
    for (round, name) in ["second", "third", "fourth"].into_iter().enumerate() {
        assert!(all.poll_next_unpin(&mut whole_cx).is_pending());
        tray.publish(&control, config(name, 1)).await;
        assert_eq!((part.get(), whole.get()), (0, round + 1));
        assert!(all.poll_next_unpin(&mut whole_cx).is_ready());
    }
    tray.publish(&control, config("fourth", 2)).await;
    assert_eq!(part.get(), 2, "each of the two");
    let changed = waiting.as_mut().poll(&mut part_cx);
    assert!(changed.is_ready() && stream.poll_next_unpin(&mut part_cx).is_ready());
    assert!(stream.poll_next_unpin(&mut part_cx).is_pending());
    tray.publish(&control, config("fifth", 2)).await;
    assert_eq!(part.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_subscriber_is_woken_once_and_compared_for_once() {
    static COMPARED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Clone)]
    struct Counted(u8);
    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.fetch_add(1, Ordering::Relaxed);
            self.0 == other.0
        }
    }
    let tray = Tray::with(Counted(1));
    let (live, control) = tray.service().await;
    let part = live.map(|value| value);
    let clone = part.clone();
    let mut all = [part.subscribe(), part.subscribe(), clone.subscribe()];
    tray.publish(&control, Counted(1)).await;
    for changes in &mut all {
        assert!(changes.changed().now_or_never().is_none());
    }
    tray.publish(&control, Counted(2)).await;
    assert_eq!(COMPARED.load(Ordering::Relaxed), 2);
    drop(part);
    for changes in &mut all {
        let changed = changes.changed().now_or_never().flatten();
        assert_eq!(changed.map(|part| part.0), Some(2));
        assert!(changes.changed().now_or_never().is_none(), "returned once");
    }
    drop((clone, all));
    tray.publish(&control, Counted(3)).await;
    assert_eq!(COMPARED.load(Ordering::Relaxed), 2, "nobody is left");
}

#[tokio::test(start_paused = true)]
async fn part_can_be_subscribed_to_before_the_first_value() {
    let tray = Tray::empty();
    let (live, control) = tray.builder().start_in_background();
    let part = live.map(limits);
    assert!(part.try_load().is_none() && part.try_get().is_none());
    let (mut changes, mut stream) = (part.subscribe(), part.subscribe());
    assert!(timeout(seconds(60), changes.changed()).await.is_err());
    tray.publish(&control, config("first", 1)).await;
    let first = Some(Some((1, 1)));
    assert_eq!(now(changes.changed().now_or_never()), first);
    assert_eq!(now(stream.next().now_or_never()), first);
    tray.publish(&control, config("second", 1)).await;
    assert_eq!(now(changes.changed().now_or_never()), None);
}

#[tokio::test(start_paused = true)]
async fn current_value_counts_as_seen_and_a_slow_reader_ends_at_newest() {
    let (tray, live, control) = service().await;
    let mut changes = live.map(limits).subscribe();
    assert_eq!(now(changes.changed().now_or_never()), None);
    tray.publish(&control, config("first", 2)).await;
    tray.publish(&control, config("first", 3)).await;
    tray.publish(&control, config("second", 3)).await;
    let changed = changes.changed().now_or_never();
    assert_eq!(
        now(changed),
        Some(Some((3, 4))),
        "the newest value, and once"
    );
    assert_eq!(now(changes.changed().now_or_never()), None);
    let mut late = live.map(limits).subscribe();
    assert_eq!(now(late.changed().now_or_never()), None);
}

#[tokio::test(start_paused = true)]
async fn cancelled_wait_loses_no_change_of_the_part() {
    let (tray, live, control) = service().await;
    let mut changes = live.map(limits).subscribe();
    for connections in 2..6 {
        assert!(timeout(seconds(1), changes.changed()).await.is_err());
        assert_eq!(now(changes.next().now_or_never()), None);
        tray.publish(&control, config("first", connections)).await;
        drop(changes.changed());
        let changed = match connections % 2 {
            0 => changes.next().now_or_never(),
            _ => changes.changed().now_or_never(),
        };
        assert_eq!(now(changed), Some(Some((connections, connections as u64))));
    }
}

#[tokio::test(start_paused = true)]
async fn p06_changes_of_a_part_end_with_the_service() {
    let (tray, live, control) = service().await;
    let (part, never) = (live.map(limits), live.map(limits));
    let (mut changes, mut stream) = (part.subscribe(), part.subscribe());
    let waiting = tokio::spawn({
        let mut changes = part.subscribe();
        async move { (changes.changed().await.is_some(), changes.changed().await) }
    });
    let ended = tokio::spawn({
        let mut changes = live.map(|config| &config.hosts).subscribe();
        async move { changes.changed().await.is_none() }
    });
    tokio::task::yield_now().await;
    tray.publish(&control, config("first", 2)).await;
    control.stop().await;
    for _ in 0..2 {
        assert_eq!(now(changes.changed().now_or_never()), last(&mut stream));
    }
    fn last<F: Fn(&Config) -> &Limits + Unpin>(
        stream: &mut hot_reload::live::PartChanges<Config, Limits, F>,
    ) -> Option<Option<(usize, u64)>> {
        now(stream.next().now_or_never())
    }
    assert_eq!(now(changes.changed().now_or_never()), Some(None));
    assert!(matches!(waiting.await.unwrap(), (true, None)));
    assert!(ended.await.unwrap());
    for part in [part, never] {
        let mut late = part.subscribe();
        assert_eq!(now(late.changed().now_or_never()), Some(None));
        assert_eq!(part.load().connections, 2, "it stays readable");
    }
}

#[tokio::test(start_paused = true)]
async fn subscriber_during_a_publication_is_woken_for_it() {
    let (tray, live, control) = service().await;
    let (changed, late) = std::sync::mpsc::channel();
    // A projection function that reads both values before the publication, and subscribes meanwhile.
    let other = live.map(limits);
    let part = live.map({
        let handle = other.live().clone();
        move |config: &Config| {
            if config.name == "second" && handle.load().name == "first" {
                let _ = changed.send(other.clone().subscribe());
            }
            &config.name
        }
    });
    let mut changes = part.subscribe();
    tray.publish(&control, config("second", 2)).await;
    assert_eq!(
        **changes.changed().now_or_never().unwrap().unwrap(),
        *"second"
    );
    let mut late: Vec<_> = late.try_iter().collect();
    assert!(!late.is_empty());
    for changes in &mut late {
        assert_eq!(now(changes.changed().now_or_never()), Some(Some((2, 2))));
    }
    control.stop().await;
}

#[derive(Debug, Clone)]
struct Moody(u8);

impl PartialEq for Moody {
    fn eq(&self, other: &Self) -> bool {
        assert!(other.0 != 13, "the comparison has a bug");
        self.0 == other.0
    }
}

#[tokio::test(start_paused = true)]
async fn p01_p07_panic_in_a_comparison_rejects_the_value_only() {
    let tray = Tray::with((Moody(1), "first"));
    let (live, control) = tray.service().await;
    let (part, text) = (live.map(|value| &value.0), live.map(|value| value.1));
    let (mut moods, mut texts) = (part.subscribe(), text.subscribe());
    let mut all = live.subscribe();
    for _ in 0..2 {
        let outcome = tray.offer(&control, (Moody(13), "bad")).await;
        let Outcome::Rejected { stage, error } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((stage, error.kind()), (Stage::Commit, ErrorKind::Panicked));
        assert!(error.to_string().contains("the comparison has a bug"));
        assert_eq!((live.load().1, live.get().generation().get()), ("first", 1));
        assert!(moods.changed().now_or_never().is_none());
        assert!(texts.changed().now_or_never().is_none());
        assert!(all.changed().now_or_never().is_none());
    }
    tray.publish(&control, (Moody(2), "first")).await;
    assert_eq!(live.get().generation().get(), 2, "no number is left out");
    assert_eq!(moods.changed().await.unwrap().0, 2);
    assert!(
        texts.changed().now_or_never().is_none(),
        "what was refused is forgotten"
    );
    assert!(all.changed().now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn p06_projection_and_its_changes_keep_the_service_running() {
    let (tray, live, control) = service().await;
    let part = live.map(limits);
    drop((live, control.clone()));
    tray.publish(&control, config("first", 2)).await;
    drop(control);
    let mut changes = part.subscribe();
    drop(part);
    assert!(timeout(seconds(7200), changes.changed()).await.is_err());
    tray.put(config("first", 3));
    let changed = timeout(seconds(7200), changes.changed()).await.unwrap();
    let part = changed.unwrap();
    assert_eq!(part.connections, 3);
    let live = changes.changed().now_or_never();
    assert!(live.is_none());
    drop(changes);
    tray.put(config("first", 4));
    tokio::time::sleep(seconds(7200)).await;
    assert_eq!(part.connections, 3, "what was got stays as it is");
}

#[tokio::test(start_paused = true)]
async fn guard_of_a_nested_part_has_the_generation_of_the_whole() {
    let (tray, live, control) = service().await;
    let part: Projection<Config, Limits> = live.map(limits as fn(&Config) -> &Limits);
    let connections = Guard::map(part.load(), |limits| &limits.connections);
    let snapshot = part.get();
    tray.publish(&control, config("second", 2)).await;
    assert_eq!(
        (*connections, Guard::generation(&connections).get()),
        (1, 1)
    );
    assert_eq!(Guard::to_snapshot(&connections).name, "first");
    assert_eq!((snapshot.connections, snapshot.generation().get()), (1, 1));
    assert_eq!(snapshot.snapshot().name, "first");
    assert_eq!(snapshot.clone().connections, 1);
    assert_eq!((part.load().connections, part.get().connections), (2, 2));
    assert_eq!(part.live().load().name, "second");
    assert_eq!(
        format!("{:?}", part.load()),
        "Guard(Limits { connections: 2 })"
    );
}

#[tokio::test(start_paused = true)]
async fn part_may_be_unsized() {
    let (tray, live, control) = service().await;
    let name = live.map(|config: &Config| config.name.as_str());
    let hosts = live.map(|config: &Config| config.hosts.as_slice());
    let shown = live.map(|config: &Config| -> &(dyn fmt::Debug + Send + Sync) { &config.limits });
    let (mut names, mut changes) = (name.subscribe(), hosts.subscribe());
    assert_eq!((&*name.load(), &*hosts.load()), ("first", &["a", "b"][..]));
    assert_eq!(format!("{:?}", &*shown.load()), "Limits { connections: 1 }");
    tray.publish(&control, config("second", 2)).await;
    assert_eq!(&*names.changed().await.unwrap(), "second");
    assert!(changes.next().now_or_never().is_none());
    assert_eq!(format!("{:?}", &*shown.get()), "Limits { connections: 2 }");
    assert_eq!(Guard::map(name.load(), |name| &name[..3]).len(), 3);
}
