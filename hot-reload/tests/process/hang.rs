//! A file system that no longer answers.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use hot_reload::event::WatchState;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, timeout};

use crate::census::say;
use crate::file::{DEADLINE, World, write};
use crate::namespace::{has, is_ours, mount, unmount};
use crate::services::{Served, until};
use crate::twin::signal_to;
use crate::{in_turn, turn};

/// One that is served by a process, which can be stopped.
struct Bound(Child);

impl Bound {
    async fn mount(behind: &Path, front: &Path) -> Self {
        let mut command = Command::new("bindfs");
        command.arg("-f").arg(behind).arg(front);
        let bound = Self(command.spawn().unwrap());
        let is_there = || {
            let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
            table.contains(&format!(" {} ", front.display()))
        };
        until("mounted", is_there).await;
        bound
    }
}

impl Bound {
    /// On a separate thread, so that a hanging call is a failure and not a hang of the test.
    #[allow(clippy::disallowed_methods, reason = "it is another thread's time")]
    fn is_continued_after(&self, time: Duration) {
        let process = Pid::from_child(&self.0);
        std::thread::spawn(move || {
            std::thread::sleep(time);
            // It may have ended.
            let _ = kill_process(process, Signal::CONT);
        });
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        // Waiting tasks must be able to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn t63_p08_hanging_file_system_delays_only_its_own_files() {
    const NAME: &str = "hang::t63_p08_hanging_file_system_delays_only_its_own_files";
    if !has("bindfs", NAME) || !is_ours(NAME) {
        return;
    }
    in_turn(async {
        let world = World::new();
        let (behind, front) = (world.folder("behind"), world.folder("front"));
        write(behind.join("c"), "one");
        let bound = Bound::mount(&behind, &front).await;
        let mut hanging = Served::start(front.join("c")).await;
        let mut others = Vec::new();
        for number in 0..10 {
            let name = format!("other-{number}");
            others.push((Served::start(world.file(&name, "one")).await, name));
        }
        write(front.join("c"), "two");
        hanging.expect("two").await;

        signal_to(&bound.0, Signal::STOP);
        // Everything is loaded again, including the source that does not answer.
        let elsewhere = world.folder("elsewhere");
        mount(&["-t", "tmpfs", "none"], &elsewhere);
        let stuck = || blocked_threads() > 0;
        until("waiting for an answer", stuck).await;
        for round in 0..20 {
            for (other, name) in &mut others {
                let text = format!("round {round}");
                match round % 2 {
                    0 => world.rename_into(name, &text),
                    _ => write(world.path(name), &text),
                }
                other.expect(&text).await;
            }
            if round == 10 {
                unmount(&[], &elsewhere);
            }
        }
        // A later caller is served, too.
        let mut late = Served::start(world.file("late", "one")).await;
        write(world.path("late"), "two");
        late.expect("two").await;
        assert_eq!(*hanging.live.load(), "two");
        assert_ne!(hanging.control.status().watch, WatchState::Off);

        let start = Instant::now();
        timeout(DEADLINE, hanging.control.stop()).await.unwrap();
        let took = start.elapsed();
        say(&format!("stopped after {took:.1?}"));
        assert!(took < Duration::from_secs(1), "{took:?}");
        for (other, _) in others {
            other.control.stop().await;
        }
        late.control.stop().await;
        signal_to(&bound.0, Signal::CONT);
        until("answered", || blocked_threads() == 0).await;
        // The thread that got the answer may not have closed the file yet.
        unmount(&["--lazy"], &front);
        drop(bound);
    });
}

/// A local file until its link changes, in a runtime with one thread.
#[test]
fn t63_p08_link_into_a_hanging_file_system_delays_no_others() {
    const NAME: &str = "hang::t63_p08_link_into_a_hanging_file_system_delays_no_others";
    if !has("bindfs", NAME) || !is_ours(NAME) {
        return;
    }
    let _turn = turn();
    let one_thread = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    one_thread.block_on(async {
        let world = World::new();
        let (behind, front) = (world.folder("behind"), world.folder("front"));
        write(behind.join("c"), "out of reach");
        let near = world.file("near", "one");
        world.relink("c", &near);
        let mut service = Served::start(world.path("c")).await;
        let mut other = Served::start(world.file("other", "one")).await;
        for text in ["two", "three"] {
            write(&near, text);
            service.expect(text).await;
        }
        let bound = Bound::mount(&behind, &front).await;
        signal_to(&bound.0, Signal::STOP);
        bound.is_continued_after(DEADLINE / 2);
        world.relink("c", front.join("c"));
        until("waiting for an answer", || blocked_threads() > 0).await;
        let start = Instant::now();
        for text in ["two", "three"] {
            world.rename_into("other", text);
            other.expect(text).await;
        }
        timeout(DEADLINE, service.control.stop()).await.unwrap();
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(*service.live.load(), "three");
        other.control.stop().await;
        signal_to(&bound.0, Signal::CONT);
        until("answered", || blocked_threads() == 0).await;
        // The thread that got the answer may not have closed the file yet.
        unmount(&["--lazy"], &front);
    });
}

/// The threads that wait for a file system's answer.
fn blocked_threads() -> usize {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("wchan")).ok())
        .filter(|place| place.contains("fuse") || place.contains("request_wait_answer"))
        .count()
}
