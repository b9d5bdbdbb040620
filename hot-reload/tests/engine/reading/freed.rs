//! P2, P17: when replaced values are freed, and on which thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use futures_util::StreamExt;
use hot_reload::{Guard, Live};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::sleep;

use crate::script::{Good, Script, seconds, settle};
use crate::tray::{Entry, Ledger, Tray};

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .unwrap()
}

/// Notes when it is freed.
struct Noting(&'static str, Arc<Mutex<Vec<String>>>);

impl Drop for Noting {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(format!("{} freed", self.0));
    }
}

#[tokio::test(start_paused = true)]
async fn subscriber_runs_before_the_replaced_value_is_freed() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let value = |name| Noting(name, Arc::clone(&notes));
    let tray = Tray::with(value("first"));
    let (live, _control) = tray.service().await;
    let mut changes = live.subscribe();
    let subscriber = tokio::spawn(async move {
        let second = changes.changed().await.unwrap();
        second.1.lock().unwrap().push(format!("{} seen", second.0));
    });
    settle().await;
    tray.put(value("second"));
    subscriber.await.unwrap();
    settle().await;
    assert_eq!(*notes.lock().unwrap(), ["second seen", "first freed"]);
}

const PUBLISHED: u64 = 300;

#[test]
fn p02_no_value_is_ever_freed_by_a_reader() {
    let (serving, reading) = (runtime("service"), runtime("reader"));
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(0));
    let (live, control) = serving.block_on(tray.service());
    let (over, reads) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );

    let mut threads = Vec::new();
    for (name, read) in [
        ("load", guards as fn(&Live<Entry>)),
        ("many", many_guards),
        ("get", snapshots),
        ("reader", reader),
        ("part", parts),
    ] {
        let (live, over, reads) = (live.clone(), Arc::clone(&over), Arc::clone(&reads));
        let thread = thread::Builder::new().name(name.to_owned());
        threads.push(thread.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                read(&live);
                reads.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let (callback, stream) = reading.block_on(async {
        let callback = live.on_change(|snapshot| assert!(snapshot.is_whole()));
        let (changes, parts) = (
            live.subscribe(),
            live.map(|entry| &entry.number).subscribe(),
        );
        let stream = tokio::spawn(async move {
            let changes = changes.map(|entry| assert!(entry.is_whole()));
            let parts = parts.map(|part| assert!(part.snapshot().is_whole()));
            futures_util::stream::select(changes, parts)
                .map(|()| 1)
                .fold(0, |told, one| async move { told + one })
                .await
        });
        (callback, stream)
    });

    for number in 1..=PUBLISHED {
        serving.block_on(tray.publish(&control, ledger.value(number)));
        // Each value has a reader.
        let seen = reads.load(Ordering::Relaxed);
        while number % 8 == 0 && reads.load(Ordering::Relaxed) < seen + 5 {
            thread::yield_now();
        }
    }
    over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.unwrap().join().unwrap();
    }
    drop(callback);
    stream.abort();
    drop(reading);

    serving.block_on(control.stop());
    assert_eq!(live.retained().count, 0);
    let newest = live.load().number;
    assert_eq!(newest, PUBLISHED);
    drop((live, control));
    drop(serving);
    let entries = ledger.entries();
    for freed in &entries {
        let by_the_service = freed.by.as_deref() == Some("service");
        assert!(by_the_service || freed.number == newest, "{freed:?}");
    }
    let mut numbers = ledger.freed();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..=PUBLISHED).collect::<Vec<_>>(), "each once");
}

fn guards(live: &Live<Entry>) {
    let guard = live.load();
    assert!(guard.is_whole());
    let text = Guard::map(guard, |entry| entry.text.as_str());
    assert!(!text.is_empty());
}

fn many_guards(live: &Live<Entry>) {
    let guards: Vec<_> = (0..20).map(|_| live.load()).collect();
    let numbers = guards.iter().map(|guard| {
        assert!(guard.is_whole());
        guard.number
    });
    assert!(numbers.is_sorted(), "a later read sees no older value");
}

fn snapshots(live: &Live<Entry>) {
    let (snapshot, other) = (live.get(), Guard::to_snapshot(&live.load()));
    assert!(snapshot.is_whole() && other.is_whole());
    assert!(snapshot.number <= other.number);
}

fn reader(live: &Live<Entry>) {
    let mut reader = live.reader();
    for round in 0..50 {
        assert!(reader.load().is_whole() && reader.get().is_whole());
        if round % 10 == 0 {
            reader.release();
        }
    }
}

fn parts(live: &Live<Entry>) {
    let part = live.map(|entry| entry.text.as_str());
    assert!(!part.load().is_empty() && !part.get().is_empty());
}

#[tokio::test(start_paused = true)]
async fn p17_unread_value_is_freed_when_it_is_replaced() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    for number in 2..=10 {
        tray.publish(&control, ledger.value(number)).await;
        assert_eq!(ledger.freed(), (1..number).collect::<Vec<_>>());
        assert_eq!(live.retained().count, 0);
    }
}

/// Holds the first value in this way for a while, lets it go, and demands that it is freed within a second.
macro_rules! freed_when_let_go {
    ($($name:ident: |$live:ident| $hold:expr, |$held:ident| $let_go:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            for rest in [0, 1, 3, 40, 999, 1_500, 7_000, 100_000_u64] {
                let ledger = Ledger::default();
                let tray = Tray::with(ledger.value(1));
                let (live, control) = tray.service().await;
                let $live = &live;
                #[allow(unused_mut, reason = "of some ways to hold a value")]
                let mut $held = $hold;
                tray.publish(&control, ledger.value(2)).await;
                sleep(std::time::Duration::from_millis(rest)).await;
                assert!(ledger.freed().is_empty(), "it is held");
                assert_eq!(live.retained().count, 1);
                let let_go = tokio::time::Instant::now();
                $let_go;
                assert!(ledger.freed().is_empty(), "the holder does not free it");
                sleep(seconds(60)).await;
                let freed = ledger.entries();
                assert_eq!(freed.len(), 1, "without anybody's doing");
                // A timer may be late by its resolution.
                let after = freed[0].at - let_go;
                assert!(after <= std::time::Duration::from_millis(1_001), "{after:?}");
                assert_eq!(live.retained().count, 0);
            }
        }
    )*};
}

freed_when_let_go! {
    p17_a_value_is_freed_after_its_last_guard: |live| live.load(), |held| drop(held);
    p17_a_value_is_freed_after_its_last_guard_of_a_part:
        |live| Guard::map(live.load(), |entry| entry.text.as_str()), |held| drop(held);
    p17_a_value_is_freed_after_its_last_snapshot: |live| live.get(), |held| drop(held);
    p17_a_value_is_freed_after_its_last_snapshot_of_a_part:
        |live| live.map(|entry: &Entry| &entry.text).get(), |held| drop(held);
    p17_a_value_is_freed_when_its_reader_is_dropped: |live| live.reader(), |held| drop(held);
    p17_a_value_is_freed_when_its_reader_lets_go: |live| live.reader(), |held| held.release();
    p17_a_value_is_freed_when_its_reader_reads_again:
        |live| live.reader(), |held| assert_eq!(held.load().number, 2);
}

#[tokio::test(start_paused = true)]
async fn p17_idle_reader_keeps_only_its_last_value() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    let mut reader = live.reader();
    for number in 2..=5 {
        tray.publish(&control, ledger.value(number)).await;
    }
    sleep(seconds(100)).await;
    assert_eq!(ledger.freed(), [2, 3, 4]);
    assert_eq!(reader.load().number, 5);
    for number in 6..=9 {
        tray.publish(&control, ledger.value(number)).await;
    }
    sleep(seconds(1)).await;
    assert_eq!(ledger.freed(), [2, 3, 4, 1, 6, 7, 8]);
    reader.release();
    sleep(seconds(1)).await;
    settle().await;
    assert_eq!(ledger.freed(), [2, 3, 4, 1, 6, 7, 8, 5]);
    assert_eq!(reader.load().number, 9, "and it can be read with as before");
}

#[tokio::test(start_paused = true)]
async fn p17_retained_counts_replaced_values_and_their_age() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    let retained = || (live.retained().count, live.retained().oldest);
    assert_eq!(retained(), (0, None));
    let first = live.get();
    sleep(seconds(5)).await;
    tray.publish(&control, ledger.value(2)).await;
    let second = live.load();
    sleep(seconds(7)).await;
    tray.publish(&control, ledger.value(3)).await;
    sleep(seconds(11)).await;
    assert_eq!(retained(), (2, Some(seconds(18))));
    drop(first);
    sleep(seconds(2)).await;
    assert_eq!(retained(), (1, Some(seconds(13))));
    drop(second);
    sleep(seconds(2)).await;
    assert_eq!(retained(), (0, None));
}

#[tokio::test(start_paused = true)]
async fn p17_nothing_is_retained_before_the_first_value() {
    let (live, _control) = Tray::<Entry>::empty().builder().start_in_background();
    assert_eq!((live.retained().count, live.retained().oldest), (0, None));
}

#[tokio::test(start_paused = true)]
async fn p17_values_held_after_a_stop_are_not_counted() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    let (snapshot, mut reader) = (live.get(), live.reader());
    tray.publish(&control, ledger.value(2)).await;
    assert_eq!(live.retained().count, 1);
    control.stop().await;
    assert_eq!((live.retained().count, live.retained().oldest), (0, None));
    reader.release();
    assert!(ledger.freed().is_empty() && snapshot.is_whole());
    drop(snapshot);
    assert_eq!(ledger.freed(), [1]);
    drop((live, control, reader));
    assert_eq!(ledger.freed(), [1, 2]);
}

/// How often the runtime has nothing to do and waits for a time to come.
fn rests() -> u64 {
    Handle::current().metrics().worker_park_count(0)
}

#[tokio::test(start_paused = true)]
async fn p15_no_timer_runs_without_retained_values() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().realtime().start().await.unwrap();
    let kept = live.get();
    script.set(Good("second"));
    settle().await;
    assert_eq!(live.retained().count, 1);
    let before = rests();
    sleep(seconds(3600)).await;
    assert!(
        rests() - before >= 3_600,
        "while one is kept, it is asked after"
    );
    drop(kept);
    sleep(seconds(2)).await;
    assert_eq!(live.retained().count, 0);
    let before = rests();
    sleep(seconds(3600)).await;
    let woken = rests() - before;
    // An hour is some steps of the runtime's clock.
    assert!(woken <= 10, "{woken} times in an hour");
    control.stop().await;
}
