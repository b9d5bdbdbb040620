//! Words: in step with the value before anybody is told, P1, P6, P13.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;

use hot_reload::{LiveWord, Outcome, Stage};
use tokio::time::sleep;

use crate::script::seconds;
use crate::tray::Tray;

/// Reads a word when it is woken.
struct Reads(LiveWord<u64>, std::sync::Mutex<Vec<u64>>);

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

#[test]
fn p13_a_word_that_is_made_while_values_are_published_ends_at_the_newest() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tray = Tray::with(0_u64);
    let (live, control) = runtime.block_on(tray.service());
    let over = Arc::new(AtomicBool::new(false));
    let makers: Vec<_> = (0..2)
        .map(|_| {
            let (live, over) = (live.clone(), Arc::clone(&over));
            thread::spawn(move || {
                let mut words = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let before = *live.load();
                    let word = live.atomic(|value| *value);
                    let first = word.get();
                    assert!(before <= first, "older than what was visible: {first}");
                    words.push(word);
                    words.truncate(100);
                    assert!(words[0].get() >= before);
                }
                words
            })
        })
        .collect();
    for number in 1..=2_000 {
        runtime.block_on(tray.publish(&control, number));
    }
    over.store(true, Ordering::Relaxed);
    for maker in makers {
        let words = maker.join().unwrap();
        assert!(!words.is_empty());
        assert!(words.iter().all(|word| word.get() == 2_000));
    }
}
