//! A file that changes while its watch is being opened.

use hot_reload::testing::files::atomic_save;
use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::census::say;
use crate::file::{Rig, World, write};
use crate::in_turn;

/// Each round: a file that is there or not, and a writer who comes within a few hundred microseconds of the start.
#[test]
fn t48_p03_change_while_the_watch_opens_is_not_lost() {
    let seed = u64::from(std::process::id());
    say(&format!("seed {seed}"));
    in_turn(async {
        let world = World::new();
        let (orders, list) = mpsc::channel::<Order>();
        let writer = thread::spawn(move || list.iter().for_each(Order::carry_out));
        let mut state = seed;
        let mut dice = |limit: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % limit
        };
        for round in 0..2000 {
            let path = world.path("c");
            match dice(3) {
                0 => drop(fs::remove_file(&path)),
                _ => write(&path, "before"),
            }
            let text = format!("round {round}");
            let order = Order {
                after: Duration::from_micros(dice(400)),
                in_place: dice(2) == 0,
                path: path.clone(),
                text: text.clone(),
            };
            let context = format!("seed {seed}, {order:?}");
            orders.send(order).unwrap();
            let mut rig = Rig::watch(&path).await;
            rig.converge(Some(&text), &context).await;
        }
        drop(orders);
        writer.join().unwrap();
    });
}

#[derive(Debug)]
struct Order {
    after: Duration,
    in_place: bool,
    path: PathBuf,
    text: String,
}

impl Order {
    #[allow(
        clippy::disallowed_methods,
        reason = "the writer is a thread of its own, and comes when it likes"
    )]
    fn carry_out(self) {
        thread::sleep(self.after);
        if self.in_place {
            return write(&self.path, &self.text);
        }
        atomic_save(self.path, &self.text).unwrap();
    }
}
