//! The cost of idle watches, and the latency of a change.

use std::fs;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::census::say;
use crate::file::{World, write};
use crate::in_turn;
use crate::services::Served;

#[test]
fn t65_p15_thousand_idle_files_cause_no_wake_up_and_no_cpu_time() {
    in_turn(async {
        // Not in a folder in which other programs create files, which would wake each watch of the path.
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut services = Vec::new();
        for number in 0..1000 {
            let folder = root.path().join(format!("{}", number % 100));
            fs::create_dir_all(&folder).unwrap();
            let path = folder.join(format!("{number}"));
            write(&path, "one");
            services.push(Served::start(path).await);
        }
        // The first periods have random lengths, and end with these loads.
        for service in &services {
            assert!(service.control.barrier().await.is_current());
        }
        // The threads that have read them are not kept, and the loads that follow a young file's first are over.
        sleep(Duration::from_secs(2)).await;
        let loads = |services: &[Served]| -> u64 {
            let loads = services
                .iter()
                .map(|one| one.control.status().counters.loads);
            loads.sum()
        };
        let (loads_before, before) = (loads(&services), Effort::of_this_process());
        let idle = Duration::from_secs(10);
        sleep(idle).await;
        let spent = Effort::of_this_process().since(&before);
        say(&format!("{spent:?} in {idle:?}"));
        assert_eq!(loads(&services), loads_before);
        // The runtime sorts its timers, and this test is woken. An activity of every service would be a thousand times as
        // much.
        assert!(spent.wake_ups < 100, "{spent:?}");
        assert!(spent.time < idle / 1000, "{spent:?}");
        for service in services {
            service.control.stop().await;
        }
    });
}

/// The activity of all threads together.
#[derive(Debug)]
struct Effort {
    time: Duration,
    /// The number of voluntary context switches of the threads.
    wake_ups: u64,
}

impl Effort {
    fn of_this_process() -> Self {
        let mut all = Self {
            time: Duration::ZERO,
            wake_ups: 0,
        };
        for thread in fs::read_dir("/proc/self/task").unwrap() {
            let thread = thread.unwrap().path();
            // A thread that has ended meanwhile.
            let Ok(schedule) = fs::read_to_string(thread.join("schedstat")) else {
                continue;
            };
            let status = fs::read_to_string(thread.join("status")).unwrap_or_default();
            all.time += Duration::from_nanos(number(&schedule));
            let mut lines = status.lines();
            let waits = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            all.wake_ups += waits.map_or(0, number);
        }
        all
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            time: self.time.saturating_sub(before.time),
            wake_ups: self.wake_ups.saturating_sub(before.wake_ups),
        }
    }
}

/// The first one.
fn number(text: &str) -> u64 {
    let first = text.split_whitespace().next().unwrap();
    first.parse().unwrap()
}

/// The bound allows for a busy machine; read the printed figures.
#[test]
fn t66_each_of_a_thousand_renames_is_published_soon() {
    in_turn(async {
        let world = World::new();
        let mut service = Served::start(world.file("c", "first")).await;
        let mut took = Vec::new();
        for round in 0..ROUNDS {
            let text = format!("{round}");
            let start = Instant::now();
            world.rename_into("c", &text);
            service.expect(&text).await;
            took.push(start.elapsed());
        }
        took.sort_unstable();
        let at = |percent: usize| took[ROUNDS * percent / 100 - 1];
        say(&format!(
            "from before the rename to the published value: p50 {:.0?}, p99 {:.0?}, the longest {:.0?}",
            at(50),
            at(99),
            at(100)
        ));
        // The counter follows a moment after the publication.
        service.control.stop().await;
        let counters = service.control.status().counters;
        assert_eq!(counters.published, 1 + ROUNDS as u64, "{counters:?}");
        assert_eq!(counters.missed_events, 0, "{counters:?}");
        assert!(at(50) < Duration::from_millis(50), "{:?}", at(50));
    });
}

const ROUNDS: usize = 1000;
