//! Soak test: random changes of a file, in many layouts and file systems. The last change of each round is published once, in
//! full and in time.
//!
//! A round is one to four operations with pauses in between. After it, the content on disk must be published. A world is a
//! file system, a layout and a subject that follows the file. Most subjects load only after a hint, so that only hints find
//! a change. One is a hybrid service, whose heartbeat counts missed changes. Each runs in a process of its own, four lanes
//! at a time, which share the one watcher. On FUSE and overlay, all changes are made through the mount, which announces
//! them. The test checks that
//!
//! 1. the last change is seen within 10 s, even on a slow machine; changes that take over 2 s are counted and printed,
//! 2. each published value is one whole version, and empty only if the file was empty for long enough,
//! 3. versions are published in the order in which they had the name, and none that never had it,
//! 4. hints alone cause these loads, and no heartbeat finds a change,
//! 5. the kernel lists exactly the watches that the paths need; afterwards no instance is left, and threads, descriptors
//!    and memory are what they were,
//! 6. nothing is published twice,
//! 7. reading the file, or changes beside it, wake no subject.
//!
//! A failing schedule is shrunk, and the smallest one that fails is printed as `HOT_RELOAD_REPLAY`.
//!
//! | variable | |
//! |---|---|
//! | `HOT_RELOAD_SEED` | the seed of the first lane, 1 if not set |
//! | `HOT_RELOAD_ROUNDS` | the number of rounds in each lane |
//! | `HOT_RELOAD_REPLAY` | rounds to run in place of random ones, or a file with them; they are run `HOT_RELOAD_ROUNDS` times |
//! | `HOT_RELOAD_SHRINK=0` | prints a failing schedule without shrinking it |
//! | `HOT_RELOAD_PATIENCE` | how many seconds the test waits for a change |
//! | `HOT_RELOAD_HOURS` | how long the soak test takes: all worlds and the storm, again and again with new seeds |
//!
//! An hour of it:
//!
//! ```text
//! HOT_RELOAD_HOURS=1 cargo test --release -p hot_reload --features file --test convergence soak -- --nocapture
//! ```
//!
//! In the storm, other files come and go beside the watched one. The subject's process is stopped now and then, also until
//! its event queue has overflowed. The same harness compares other implementations:
//!
//! ```text
//! cargo run --release --manifest-path hot-reload/peer/Cargo.toml --bin convergence
//! ```
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod apart;
#[path = "../file/census.rs"]
mod census;
mod course;
mod dice;
mod held;
mod judge;
mod kind;
mod lane;
mod latency;
#[cfg(all(
    feature = "expand",
    feature = "json",
    feature = "toml",
    feature = "yaml"
))]
mod layers;
#[path = "../file/namespace.rs"]
mod namespace;
mod operations;
mod ours;
mod place;
mod remote;
mod schedule;
mod settings;
mod shrink;
mod storm;
mod subject;
mod version;
mod world;

use std::path::Path;
use std::time::Duration;

use hot_reload as project;
use tokio::process::Command;

use self::apart::{is_ours, may_mount};
use self::course::Course;
use self::ours::{Hints, Service};
use self::place::FileSystem;
use self::remote::{Remote, serve};
use self::settings::Settings;
use self::subject::Subject;
use self::world::{Layout, now};

/// Without `HOT_RELOAD_HOURS`, the storm alone, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p05_soak_under_an_event_storm_sees_every_change_whole() {
    const TEST: &str = "p05_soak_under_an_event_storm_sees_every_change_whole";
    if let Some(path) = std::env::var_os(FOLLOWER) {
        return serve(Hints, path.as_ref()).await;
    }
    if !is_ours(TEST, false) {
        return;
    }
    let mut settings = Settings::with_rounds(20);
    let end = settings
        .hours
        .map(|hours| now() + Duration::from_secs_f64(hours * 3600.0));
    loop {
        let subject = Remote {
            start: Box::new(|path| follower(TEST, path)),
            reports_absence: true,
        };
        let world = (FileSystem::Disk, Layout::Plain);
        run(TEST, world, subject, &settings).await;
        match end {
            Some(end) if now() < end => every_world(&settings).await,
            _ => return,
        }
        settings.seed += 100;
    }
}

/// This program once more, which follows the file.
fn follower(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(FOLLOWER, path);
    command
}

async fn run<S: Subject + 'static>(
    test: &'static str,
    (file_system, layout): (FileSystem, Layout),
    subject: S,
    settings: &Settings,
) {
    if file_system == FileSystem::Disk || may_mount() {
        let course = Course {
            test,
            file_system,
            layout,
            subject,
        };
        course.run(settings).await;
    }
}

macro_rules! worlds {
    ($($test:ident: $file_system:ident, $layout:ident, $subject:expr, $rounds:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let test = stringify!($test);
                let world = (FileSystem::$file_system, Layout::$layout);
                if is_ours(test, world.0 != FileSystem::Disk) {
                    run(test, world, $subject, &Settings::with_rounds($rounds)).await;
                }
            }
        )*

        async fn every_world(settings: &Settings) {
            $(
                let world = (FileSystem::$file_system, Layout::$layout);
                run(stringify!($test), world, $subject, settings).await;
            )*
        }
    };
}

worlds! {
    p05_p15_in_a_plain_folder_every_change_is_seen_whole_by_its_hint: Disk, Plain, Hints, 80;
    p05_in_a_config_map_every_change_is_seen_whole_by_its_hint: Disk, Kubernetes, Hints, 80;
    p05_of_renewed_certificates_every_change_is_seen_whole_by_its_hint: Disk, Certbot, Hints, 80;
    p04_a_hybrid_service_sees_every_change_and_has_missed_none: Disk, Plain, Service::Hybrid, 80;
    p05_on_tmpfs_every_change_is_seen_whole_by_its_hint: Tmpfs, Plain, Hints, 80;
    p05_on_an_overlay_every_change_is_seen_whole_by_its_hint: Overlay, Plain, Hints, 70;
    p05_with_whole_seconds_every_change_is_seen_whole_by_its_hint: Ext4Coarse, Kubernetes, Hints, 70;
    p05_on_fuse_every_change_made_here_is_seen_whole_by_its_hint: Fuse, Plain, Hints, 20;
}

const FOLLOWER: &str = "HOT_RELOAD_CONVERGENCE_FOLLOWER";
