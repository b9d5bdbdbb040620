//! No inotify instance is left: the service polls, reports the reason, and recovers automatically.
//!
//! The limit is per user, so this runs in a child process as a user of its own.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hot_reload::ReloaderConfig;
use hot_reload::event::WatchState;
use rustix::fs::inotify::{self, CreateFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit, getuid, setrlimit};
use tokio::time::{Instant, sleep};

use super::fleet::{Running, rename_into};
use crate::census::{one_watcher, say};
use crate::{in_turn, turn};

/// Set for the child: the folder that is its own.
const FOLDER: &str = "HOT_RELOAD_TEST_FOLDER";
/// Set where a test that cannot run here is a failure.
const REQUIRE: &str = "HOT_RELOAD_REQUIRE";

#[test]
fn t31_without_an_inotify_instance_polls_reports_and_recovers() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return in_turn(scenario(folder.as_ref()));
    }
    if !getuid().is_root() {
        let why = "not run: only root can run a part of this test as another user";
        assert!(std::env::var_os(REQUIRE).is_none(), "{why}");
        return say(why);
    }
    // The pipes to the child are descriptors, too.
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let user = 20_000 + std::process::id() % 40_000;
    chown(folder.path(), Some(user), Some(user)).unwrap();
    // Another user may have no access to the folder of the test program.
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

    let name = concat!(
        "resources::exhausted::",
        "t31_without_an_inotify_instance_polls_reports_and_recovers"
    );
    let output = Command::new(program)
        .args([name, "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .current_dir(folder.path())
        .uid(user)
        .gid(user)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    say(&text);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}{errors}");
}

async fn scenario(folder: &Path) {
    let path = folder.join("file");
    fs::write(&path, "one").unwrap();
    let taken = take_all_instances();

    let mut running = Running::start(&path, ReloaderConfig::hybrid(1)).await;
    running.expect("one").await;
    until(&running, "down", |link| link == WatchState::Down).await;
    let error = running.control.status().watch_error.unwrap().to_string();
    say(&format!("{} instances taken: {error}", taken.len()));
    assert!(error.contains("no inotify instance left"), "{error}");
    assert!(error.contains("fs.inotify.max_user_instances"), "{error}");

    // The interval is a second, and must not grow while the watch is down.
    for text in ["two", "three", "four"] {
        rename_into(&path, text);
        let start = Instant::now();
        running.expect(text).await;
        let elapsed = start.elapsed();
        say(&format!("{text}: polled after {elapsed:.1?}"));
        assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
    }
    assert_eq!(running.control.status().watch, WatchState::Down);

    drop(taken);
    until(&running, "open", WatchState::is_open).await;
    assert!(running.control.status().watch_error.is_none());
    one_watcher().await;
    rename_into(&path, "five");
    running.expect("five").await;
    running.drop().await;
}

/// Waits until the watch has this state. There are events for changes only, so the state is polled.
async fn until(running: &Running, what: &str, reached: impl Fn(WatchState) -> bool) {
    let start = Instant::now();
    while !reached(running.control.status().watch) {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "not {what}: {:?}",
            running.control.status()
        );
        sleep(Duration::from_millis(10)).await;
    }
}

/// Takes what the limit per user leaves; the limit of descriptors must not be in the way.
fn take_all_instances() -> Vec<OwnedFd> {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_user_instances").unwrap();
    let limit: u64 = limit.trim().parse().unwrap();
    let mut descriptors = getrlimit(Resource::Nofile);
    descriptors.current = descriptors.maximum;
    setrlimit(Resource::Nofile, descriptors).unwrap();
    let enough = descriptors.current.is_none_or(|most| most > limit + 100);
    assert!(enough, "{limit} instances are more than the descriptors");

    let mut taken = Vec::new();
    loop {
        match inotify::init(CreateFlags::CLOEXEC) {
            Ok(instance) => taken.push(instance),
            Err(Errno::MFILE) => return taken,
            Err(error) => panic!("{error}"),
        }
    }
}
