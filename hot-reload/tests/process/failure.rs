//! The watcher's thread dies.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use hot_reload::event::WatchState;
use hot_reload::source::{File, Source};
use hot_reload::{RealtimeWatch, WatchEvent};
use tokio::time::timeout;

use crate::census::{one_watcher, watches};
use crate::file::{DEADLINE, TextDecoder, World, write};
use crate::in_turn;
use crate::services::{Served, until};

/// A hint wakes a waker on the watcher's thread, and that waker may run any code.
struct Trap;

impl Wake for Trap {
    fn wake(self: Arc<Self>) {
        panic!("the watcher's thread is to die of this");
    }
}

#[test]
fn t52_dead_watcher_thread_is_replaced_and_watches_all() {
    in_turn(async {
        let world = World::new();
        let mut services = Vec::new();
        for number in 0..10 {
            world.folder(&format!("{number}"));
            let path = world.file(&format!("{number}/c"), "one");
            services.push((Served::start(&path).await, path));
        }
        let all = watches();
        for round in 1..=2 {
            let path = world.file(&format!("trap-{round}"), "one");
            let source = File::new(&path).decode(TextDecoder);
            let mut trap = source.watch_realtime().await.unwrap();
            let waker = Waker::from(Arc::new(Trap));
            let mut context = Context::from_waker(&waker);
            while trap.rx.try_recv().is_ok() {}
            assert!(trap.rx.poll_recv(&mut context).is_pending());
            write(&path, "two");
            // An earlier poll of the channel would replace the waker.
            let losses = || services[0].0.control.status().counters.watch_losses;
            until("lost", || losses() == round).await;
            let reported = async {
                loop {
                    if let Some(WatchEvent::Error(why)) = trap.rx.recv().await {
                        return why;
                    }
                }
            };
            let why = timeout(DEADLINE, reported).await.unwrap();
            assert!(why.contains("it panicked"), "{why}");
            drop(trap);

            // Changed in the gap, with the next poll in the far future.
            for (number, (_, path)) in services.iter().enumerate() {
                match number % 2 {
                    0 => write(path, &format!("gap {round}")),
                    _ => world.rename_into(&format!("{number}/c"), &format!("gap {round}")),
                }
            }
            for (service, _) in &mut services {
                service.expect(&format!("gap {round}")).await;
                let status = || service.control.status();
                until("open", || status().watch.is_open()).await;
                assert_eq!(status().counters.watch_losses, round);
                assert_eq!(status().watch_error.map(|error| error.to_string()), None);
            }
            one_watcher().await;
            assert_eq!(watches(), all);
            for (service, path) in &mut services {
                write(path, &format!("reported {round}"));
                service.expect(&format!("reported {round}")).await;
                assert_ne!(service.control.status().watch, WatchState::Untrusted);
            }
        }
        for (service, _) in services {
            service.control.stop().await;
        }
    });
}
