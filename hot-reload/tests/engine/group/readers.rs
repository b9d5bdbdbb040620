//! Many threads read while all members change, on a real runtime with full concurrency.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hot_reload::Guard;
use hot_reload::group::{GroupSnapshot, MemberKey};

use super::rig::{Notes, Rig, builder, members};
use crate::script::{Good, Script};

const TEXTS: [&str; 4] = ["2", "3", "4", "5"];
const ROUNDS: usize = 150;

fn first_of<'c>(snapshot: &'c GroupSnapshot, keys: &[MemberKey<String>]) -> &'c str {
    let first = &snapshot[keys[0]];
    for key in keys {
        assert_eq!(first, &snapshot[*key], "{snapshot:?}");
    }
    first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn p19_constant_readers_never_see_a_mixed_group() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[const { Good("1") }; 5], &notes);
    // The group loads each change of a member separately, so most combinations are refused.
    let builder = builder(group, &keys, &notes).debounce(Duration::ZERO);
    let rig = Rig::start(builder, scripts, keys, notes).await;
    let over = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicUsize::new(0));
    let threads = (0..4).map(|kind| {
        let (live, keys) = (rig.live.clone(), rig.keys.clone());
        let (over, reads) = (Arc::clone(&over), Arc::clone(&reads));
        thread::spawn(move || {
            let mut reader = live.reader();
            let mut newest = 0;
            while !over.load(Ordering::Relaxed) {
                let generation = match kind {
                    0 => {
                        let snapshot = live.load();
                        first_of(&snapshot, &keys);
                        Guard::generation(&snapshot).get()
                    }
                    1 => {
                        let snapshot = live.get();
                        first_of(&snapshot, &keys);
                        snapshot.generation().get()
                    }
                    2 => {
                        first_of(reader.load(), &keys);
                        newest
                    }
                    _ => {
                        // A kept snapshot never changes.
                        let snapshot = live.get();
                        let before = first_of(&snapshot, &keys).to_owned();
                        thread::yield_now();
                        assert_eq!(before, first_of(&snapshot, &keys));
                        snapshot.generation().get()
                    }
                };
                assert!(generation >= newest);
                newest = generation;
                reads.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    for round in 0..ROUNDS {
        let text = TEXTS[round % TEXTS.len()];
        // In another order each time.
        for place in 0..rig.scripts.len() {
            let script: &Script = &rig.scripts[(place + round) % rig.scripts.len()];
            script.set(Good(text));
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
        }
        let key = rig.keys[0];
        rig.live
            .wait_for(|snapshot| snapshot[key] == text)
            .await
            .unwrap();
    }
    // They may have had no time yet.
    while reads.load(Ordering::Relaxed) <= ROUNDS {
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(rig.live.get().generation().get(), ROUNDS as u64 + 1);
    rig.control.stop().await;
    rig.notes.assert_never_mixed();
    rig.notes.close();
    assert_eq!(rig.notes.open(), 0);
}
