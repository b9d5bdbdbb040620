//! P1, P2: guards at the start and end of threads, hundreds of guards, and forgotten guards.

use std::cell::RefCell;
use std::mem;
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;

use hot_reload::event::Stage;
use hot_reload::{Guard, Live, Outcome, Snapshot};

use crate::tray::{Entry, Ledger, Tray};

/// Reads when it is dropped, and reports the value.
struct LastWords(Live<Entry>, mpsc::Sender<u64>);

impl Drop for LastWords {
    fn drop(&mut self) {
        let guards: Vec<_> = (0..20).map(|_| self.0.load()).collect();
        assert!(guards.iter().all(|guard| guard.is_whole()));
        let mut reader = self.0.reader();
        assert_eq!(reader.load().number, self.0.get().number);
        let _ = self.1.send(guards[0].number);
    }
}

thread_local! {
    static BEFORE: RefCell<Option<LastWords>> = const { RefCell::new(None) };
    static AFTER: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

#[tokio::test(start_paused = true)]
async fn value_can_be_read_until_the_end_of_a_thread() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    for reads_before in [false, true] {
        let (told, words) = mpsc::channel();
        let live = live.clone();
        let thread = thread::spawn(move || {
            // Destroyed in an order that depends on which was used first: this, or the thread's own slots.
            BEFORE.set(Some(LastWords(live.clone(), told.clone())));
            if reads_before {
                assert_eq!(live.load().number, 1);
            }
            AFTER.set(Some(LastWords(live, told)));
        });
        thread.join().unwrap();
        assert_eq!(words.iter().collect::<Vec<_>>(), [1, 1]);
    }
    // The slots that ended threads have left protect nothing.
    tray.publish(&control, ledger.value(2)).await;
    assert_eq!(ledger.freed(), [1]);
}

/// Reads the newest value while it is freed.
struct Curious {
    number: u64,
    live: Arc<OnceLock<Live<Self>>>,
    read: Arc<Mutex<Vec<(u64, u64)>>>,
}

impl Drop for Curious {
    fn drop(&mut self) {
        if let Some(newest) = self.live.get().and_then(Live::try_load) {
            let snapshot = Guard::to_snapshot(&newest);
            assert_eq!(snapshot.number, newest.number);
            self.read
                .lock()
                .unwrap()
                .push((self.number, snapshot.number));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn value_may_read_its_successor_in_drop() {
    let (handle, read) = (Arc::new(OnceLock::new()), Arc::default());
    let value = |number| Curious {
        number,
        live: Arc::clone(&handle),
        read: Arc::clone(&read),
    };
    let tray = Tray::with(value(1));
    let (live, control) = tray.service().await;
    handle.get_or_init(|| live.clone());
    for number in 2..=4 {
        tray.publish(&control, value(number)).await;
    }
    assert_eq!(*read.lock().unwrap(), [(1, 2), (2, 3), (3, 4)]);
    control.stop().await;
    assert_eq!(live.retained().count, 0);
}

#[tokio::test(start_paused = true)]
async fn p01_validator_may_read_the_current_value() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let now = Arc::new(OnceLock::<Live<Entry>>::new());
    let (live, control) = tray
        .builder()
        .validate({
            let now = Arc::clone(&now);
            move |next: &Entry| {
                let guards: Vec<_> = (0..3)
                    .filter_map(|_| now.get().and_then(Live::try_load))
                    .collect();
                if guards.iter().all(|guard| guard.number < next.number) {
                    Ok(())
                } else {
                    Err(format!("{} is not more than before", next.number))
                }
            }
        })
        .start()
        .await
        .unwrap();
    now.get_or_init(|| live.clone());
    tray.publish(&control, ledger.value(3)).await;
    let outcome = tray.offer(&control, ledger.value(2)).await;
    assert!(matches!(
        outcome,
        Outcome::Rejected {
            stage: Stage::Validate,
            ..
        }
    ));
    assert_eq!(live.load().number, 3);
    tray.publish(&control, ledger.value(4)).await;
    assert_eq!(ledger.freed(), [1, 2, 3]);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn hundred_guards_at_once_keep_their_values() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(0));
    let (live, control) = tray.service().await;
    let mut guards = Vec::new();
    for number in 1..=50 {
        guards.push(live.load());
        guards.push(live.load());
        tray.publish(&control, ledger.value(number)).await;
    }
    assert_eq!(live.retained().count, 50);
    for (place, guard) in guards.iter().enumerate() {
        assert!(guard.is_whole());
        assert_eq!(guard.number, place as u64 / 2);
    }
    // From the middle out, so that slots become free in no order.
    while !guards.is_empty() {
        drop(guards.swap_remove(guards.len() / 2));
        let _ = live.load();
    }
    tokio::time::sleep(crate::script::seconds(2)).await;
    let mut freed = ledger.freed();
    freed.sort_unstable();
    assert_eq!(freed, (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn guard_outlives_its_service() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    let old = live.load();
    let part = Guard::map(live.load(), |entry| entry.text.as_str());
    tray.publish(&control, ledger.value(2)).await;
    let newest = live.load();
    control.stop().await;
    drop((control, tray));
    assert!(old.is_whole() && newest.is_whole());
    assert_eq!((old.number, &*part, newest.number), (1, "1", 2));
    assert_eq!(
        Guard::to_snapshot(&old).generation(),
        Guard::generation(&old)
    );
    assert!(ledger.freed().is_empty());
    drop((old, part, newest));
    assert_eq!(live.retained().count, 1, "what a guard held at the end");
    drop(live);
    assert_eq!(ledger.freed().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn forgotten_guard_keeps_only_its_value() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let (live, control) = tray.service().await;
    // More guards than a thread has slots. The next thread with this record has only the remaining slots.
    let forget = |live: Live<Entry>| {
        thread::spawn(move || {
            for _ in 0..16 {
                mem::forget(live.load());
            }
            assert_eq!(live.load().number, 1);
        })
    };
    forget(live.clone()).join().unwrap();
    for number in 2..=5 {
        tray.publish(&control, ledger.value(number)).await;
        let other = live.clone();
        let thread = thread::spawn(move || assert_eq!(other.load().number, number));
        thread.join().unwrap();
    }
    tokio::time::sleep(crate::script::seconds(2)).await;
    assert_eq!(ledger.freed(), [2, 3, 4]);
    assert_eq!(live.retained().count, 1);
    control.stop().await;
    drop((live, control));
    assert_eq!(
        ledger.freed(),
        [2, 3, 4, 5],
        "what was forgotten is kept for ever, as its address is announced for ever"
    );
}

#[test]
fn snapshot_of_a_shared_value_gives_the_same_arc() {
    let shared = Arc::new("value".to_owned());
    let live = Live::fixed(Arc::clone(&shared));
    let arc = Snapshot::into_arc(live.get());
    assert!(Arc::ptr_eq(&arc, &shared));
}
