//! Jumps of the wall clock, and stopped processes.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use hot_reload::source::File;
use hot_reload::testing::files::atomic_save;
use rustix::process::Signal;

use crate::census::say;
use crate::file::{Rig, World, write};
use crate::namespace::has;
use crate::twin::{Twin, report, task};
use crate::{in_turn, turn};

#[test]
fn t53_jump_of_the_wall_clock_changes_nothing() {
    const NAME: &str = "clock::t53_jump_of_the_wall_clock_changes_nothing";
    if let Some(folder) = task() {
        return in_turn(under_a_jumping_clock(folder));
    }
    if !has("faketime", NAME) {
        return;
    }
    let _turn = turn();
    let world = World::new();
    write(world.path("time"), "+0d");
    world.file("c", "first");
    let mut twin = Twin::start_with(NAME, world.path(""), |command| {
        // Only the wall clock, and not the times of files, which come from the kernel that knows of no jump.
        command
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", world.path("time"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    });
    for jump in JUMPS {
        twin.expect("ready");
        write(world.path("time"), jump);
        twin.order(jump);
    }
    twin.end();
}

/// The prefix of the command.
fn library() -> String {
    let output = Command::new("faketime")
        .args(["2020-01-01 00:00:00", "printenv", "LD_PRELOAD"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let name = text.trim().to_owned();
    assert!(name.contains("libfaketime"), "{name:?}");
    name
}

const JUMPS: [&str; 5] = ["+1d", "+0d", "-1d", "+1d", "-1d"];

async fn under_a_jumping_clock(folder: OsString) {
    let path = Path::new(&folder).join("c");
    let mut rig = Rig::watch(&path).await;
    let mut polled = Rig::poll(File::new(&path).leases(false));
    for (round, jump) in JUMPS.iter().enumerate() {
        report("ready");
        crate::twin::await_order(jump);
        assert_eq!(offset(&path), *jump, "the clock does not jump");
        let busy = cpu_time();
        let loads = rig.loads;
        for text in ["in place", "and again"] {
            let text = format!("{text} {round}");
            write(&path, &text);
            rig.expect(&text).await;
            polled.load().await.unwrap();
            assert_eq!(polled.current.as_ref(), Some(&text));
            let text = format!("renamed {text}");
            atomic_save(&path, &text).unwrap();
            rig.expect(&text).await;
            polled.load().await.unwrap();
            assert_eq!(polled.current.as_ref(), Some(&text));
        }
        rig.settle().await;
        let (loads, busy) = (rig.loads - loads, cpu_time() - busy);
        say(&format!("{jump}: {loads} loads, {busy:?}"));
        assert!(loads < 100, "{loads} loads at four changes");
        assert!(busy < Duration::from_millis(500), "{busy:?}");
    }
}

/// How far this process's clock is from the one that the file was stamped by, in days.
#[allow(clippy::disallowed_methods, reason = "it is the clock that is tested")]
fn offset(path: &Path) -> &'static str {
    let stamped = fs::metadata(path).unwrap().modified().unwrap();
    let half_a_day = Duration::from_secs(12 * 60 * 60);
    let now = SystemTime::now();
    if now > stamped + half_a_day {
        "+1d"
    } else if now + half_a_day < stamped {
        "-1d"
    } else {
        "+0d"
    }
}

/// Of this process so far, to the hundredth of a second.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

#[test]
fn t53_process_stopped_for_seconds_finds_the_missed_change() {
    const NAME: &str = "clock::t53_process_stopped_for_seconds_finds_the_missed_change";
    if let Some(folder) = task() {
        return in_turn(asleep(folder));
    }
    let _turn = turn();
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.file(name, "first");
    }
    let mut twin = Twin::start(NAME, world.path(""));
    twin.expect("ready");
    twin.signal(Signal::STOP);
    let writer = fs::File::create(world.path("b")).unwrap();
    world.rename_into("a", "second");
    pause(Duration::from_secs(5));
    write(world.path("b"), "second");
    drop(writer);
    write(world.path("c"), "second");
    twin.signal(Signal::CONT);
    twin.end();
}

#[allow(clippy::disallowed_methods, reason = "nothing happens meanwhile")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

async fn asleep(folder: OsString) {
    let mut rigs = Vec::new();
    for name in ["a", "b", "c"] {
        rigs.push(Rig::watch(Path::new(&folder).join(name)).await);
    }
    for rig in &mut rigs {
        rig.settle().await;
    }
    report("ready");
    let busy = cpu_time();
    for rig in &mut rigs {
        rig.expect("second").await;
        rig.settle().await;
        assert!(rig.loads < 20, "{} loads", rig.loads);
    }
    let busy = cpu_time() - busy;
    assert!(busy < Duration::from_millis(500), "{busy:?}");
}
