//! Words: in step with the value before anybody is told, P1, P6, P13.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;

use hot_reload::{LiveWord, Outcome, Stage};
use tokio::time::sleep;

use crate::script::seconds;
use crate::tray::Tray;

/// Reads a word when it is woken.
struct Reads(LiveWord<u64>, Mutex<Vec<u64>>);

impl Wake for Reads {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0.get());
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_woken_reads_the_new_word() {
    let tray = Tray::with(1_u64);
    let (live, control) = tray.service().await;
    let reads = Arc::new(Reads(live.atomic(|value| *value), Default::default()));
    let waker = Waker::from(Arc::clone(&reads));
    let (mut changes, mut parts) = (live.subscribe(), live.map(|value| value).subscribe());
    for number in 2..6 {
        {
            let mut cx = Context::from_waker(&waker);
            let (mut all, mut part) = (
                std::pin::pin!(changes.changed()),
                std::pin::pin!(parts.changed()),
            );
            assert!(all.as_mut().poll(&mut cx).is_pending());
            assert!(part.as_mut().poll(&mut cx).is_pending());
            tray.publish(&control, number).await;
            assert!(all.as_mut().poll(&mut cx).is_ready());
            assert!(part.as_mut().poll(&mut cx).is_ready());
        }
        assert_eq!(std::mem::take(&mut *reads.1.lock().unwrap()), [number; 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn p01_p07_a_word_that_panics_refuses_the_value() {
    let tray = Tray::with(1_u64);
    let (live, control) = tray.service().await;
    let (sound, other) = (live.atomic(|value| *value), live.atomic(|value| *value > 1));
    let checked = live.atomic(|value| {
        assert!(*value != 13, "out of bounds");
        *value
    });
    let outcome = tray.offer(&control, 13).await;
    let Outcome::Rejected { stage, error } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(stage, Stage::Commit);
    assert!(error.to_string().contains("out of bounds"), "{error}");
    assert_eq!((sound.get(), other.get(), checked.get()), (1, false, 1));
    assert_eq!((*live.load(), live.get().generation().get()), (1, 1));
    tray.publish(&control, 2).await;
    assert_eq!((sound.get(), other.get(), checked.get()), (2, true, 2));
    drop(checked);
    tray.publish(&control, 13).await;
    assert_eq!(sound.get(), 13, "nobody is left whom it would be bad for");
}

#[tokio::test(start_paused = true)]
async fn p06_a_word_keeps_its_service_running_and_stays_after_a_stop() {
    let tray = Tray::with(1_u64);
    let (live, control) = tray.service().await;
    let word = live.atomic(|value| *value);
    let clone = word.clone();
    drop((live, control, word));
    tray.put(2);
    sleep(seconds(7200)).await;
    assert_eq!(clone.get(), 2);
    drop(clone);

    let tray = Tray::with(3_u64);
    let (live, control) = tray.service().await;
    let word = live.atomic(|value| *value);
    tray.publish(&control, 4).await;
    control.stop().await;
    assert_eq!((word.get(), live.atomic(|value| *value).get()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn p13_a_word_whose_value_is_replaced_while_it_is_made_is_of_the_next() {
    static GATE: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);
    let tray = Tray::with(1_u64);
    let (live, control) = tray.service().await;
    let (go, gate) = mpsc::channel();
    *GATE.lock().unwrap() = Some(gate);
    let making = thread::spawn({
        let live = live.clone();
        move || {
            live.atomic(|value| {
                let gate = GATE.lock().unwrap().take();
                // Until it is let go, which is after the next value was published.
                gate.map(|gate| gate.recv());
                *value
            })
        }
    });
    // Taken, so it has seen the first value.
    while GATE.lock().unwrap().is_some() {
        thread::yield_now();
    }
    tray.publish(&control, 2).await;
    drop(go);
    assert_eq!(making.join().unwrap().get(), 2);
}

#[test]
fn p13_a_word_that_is_made_while_values_are_published_ends_at_the_newest() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tray = Tray::with(0_u64);
    let (live, control) = runtime.block_on(tray.service());
    let (over, words) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let before = *live.load();
                    let word = live.atomic(|value| *value);
                    assert!(before <= word.get(), "older than what was visible");
                    let mut words = words.lock().unwrap();
                    // What was made long ago is of no interest.
                    if words.len() >= 20 {
                        words.remove(0);
                    }
                    words.push(word);
                }
            });
        }
        for number in 1..=500 {
            runtime.block_on(tray.publish(&control, number));
            // No more is under way, and some of these were made while it was.
            let made = std::mem::take(&mut *words.lock().unwrap());
            let stale = made.iter().filter(|word| word.get() != number).count();
            if stale > 0 {
                over.store(true, Ordering::Relaxed);
                panic!("{stale} of {} at {number}", made.len());
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    let made = words.into_inner().unwrap();
    assert!(made.iter().all(|word| word.get() == 500));
}
