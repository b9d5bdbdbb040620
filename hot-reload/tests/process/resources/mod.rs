//! The resources of services: one watcher for all files, and nothing once they are gone.
//!
//! The tests take turns, because they count what the process as a whole holds.

mod exhausted;
mod fleet;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hot_reload::event::EventKind;
use hot_reload::source::{DecodeWith, File, Source};
use hot_reload::{Control, Live, Outcome, ReloaderConfig, ReloaderService};
use tempfile::TempDir;

use crate::census::{Census, instances, no_watcher, one_watcher, say};
use crate::in_turn;

use self::fleet::{DEADLINE, Running, expect_all, realtime, rename_into, start_all};

/// This many files, in so many folders.
fn files(root: &TempDir, count: usize, folders: usize) -> Vec<PathBuf> {
    let path = |number| {
        let folder = root.path().join(format!("{}", number % folders));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{number}.txt"));
        fs::write(&path, "one").unwrap();
        path
    };
    (0..count).map(path).collect()
}

async fn drop_all(fleet: Vec<Running>) {
    for running in fleet {
        running.drop().await;
    }
}

#[test]
fn more_services_than_inotify_instances_all_see_a_change() {
    in_turn(async {
        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_user_instances").unwrap();
        say(&format!("max_user_instances: {}", limit.trim()));
        let root = TempDir::new().unwrap();
        let paths = files(&root, 140, 140);
        let mut fleet = start_all(&paths, "one").await;
        one_watcher().await;
        for path in &paths {
            rename_into(path, "two");
        }
        expect_all(&mut fleet, "two").await;
        one_watcher().await;
        assert!(fleet.iter().all(|one| one.control.status().watch.is_open()));
        drop_all(fleet).await;
    });
}

#[test]
fn services_on_one_file_and_on_its_neighbours_share_one_watcher() {
    in_turn(async {
        let root = TempDir::new().unwrap();
        let mut paths = files(&root, 32, 1);
        let first = paths[0].clone();
        paths.extend(std::iter::repeat_n(first.clone(), 32));
        let before = Census::take();
        let mut fleet = start_all(&paths, "one").await;
        one_watcher().await;
        let all = Census::take();
        say(&format!("64 services: before {before:?}, now {all:?}"));

        rename_into(&first, "two");
        for (running, path) in fleet.iter_mut().zip(&paths) {
            running
                .expect(if *path == first { "two" } else { "one" })
                .await;
        }
        for path in &paths[1..32] {
            rename_into(path, "two");
        }
        expect_all(&mut fleet, "two").await;
        one_watcher().await;

        // The watcher stays for the last one.
        let survivor = fleet.pop();
        drop_all(fleet).await;
        one_watcher().await;
        let mut survivor = survivor.unwrap();
        rename_into(&first, "three");
        survivor.expect("three").await;
        survivor.drop().await;
    });
}

async fn start(path: &PathBuf) -> (Live<String>, Control<String>) {
    let text = DecodeWith::new(|bytes: &[u8]| String::from_utf8(bytes.to_vec()));
    ReloaderService::builder(File::new(path).decode(text))
        .hybrid()
        .interval(Duration::from_secs(3600))
        .start()
        .await
        .unwrap()
}

#[test]
fn stop_leaves_no_thread_and_no_descriptor() {
    in_turn(async {
        let root = TempDir::new().unwrap();
        let path = &files(&root, 1, 1)[0];
        let before = Census::take().descriptors;
        for _ in 0..20 {
            let (live, control) = start(path).await;
            one_watcher().await;
            control.stop().await;
            // At once, and with the handles still held.
            no_watcher().await;
            assert_eq!(Census::take().descriptors, before);
            assert_eq!(*live.load(), "one");
        }
        // Another watch keeps the watcher.
        let (first, second) = (start(path).await, start(path).await);
        first.1.stop().await;
        one_watcher().await;
        second.1.stop().await;
        no_watcher().await;
    });
}

#[test]
fn thousand_starts_and_drops_of_the_old_surface_leave_nothing() {
    in_turn(async {
        let root = TempDir::new().unwrap();
        let path = &files(&root, 1, 1)[0];
        let cycle = async || {
            let mut running = Running::start(path, realtime()).await;
            running.expect("one").await;
            running.drop().await;
            assert_eq!(instances(), 0);
        };
        for _ in 0..100 {
            cycle().await;
        }
        let before = Census::take();
        for _ in 0..1000 {
            cycle().await;
        }
        before.flat_since().await;
    });
}

#[test]
fn thousand_starts_and_drops_of_the_builder_leave_nothing() {
    in_turn(async {
        let root = TempDir::new().unwrap();
        let path = &files(&root, 1, 1)[0];
        for _ in 0..100 {
            drop(start(path).await);
        }
        gone().await;
        let before = Census::take();
        for _ in 0..1000 {
            drop(start(path).await);
        }
        gone().await;
        before.flat_since().await;
    });
}

/// The task of a service without handles ends a moment later.
async fn gone() {
    let left = async {
        while instances() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, left).await.unwrap();
}

#[test]
fn two_hundred_bad_and_good_saves_leave_nothing() {
    in_turn(async {
        let root = TempDir::new().unwrap();
        let path = &files(&root, 1, 1)[0];
        let config = ReloaderConfig::hybrid(3600);
        let mut running = Running::start(path, config).await;
        running.expect("one").await;
        let mut events = running.control.events();
        let mut save = async |number: usize| {
            rename_into(path, &format!("bad {number}"));
            let rejected = async {
                while !matches!(
                    events.next().await.unwrap().kind,
                    EventKind::Load {
                        outcome: Outcome::Rejected { .. },
                        ..
                    }
                ) {}
            };
            tokio::time::timeout(DEADLINE, rejected).await.unwrap();
            let good = format!("good {number}");
            rename_into(path, &good);
            running.expect(&good).await;
        };
        for number in 0..20 {
            save(number).await;
        }
        let before = Census::take();
        for number in 20..220 {
            save(number).await;
        }
        before.flat_since().await;
        one_watcher().await;
        // A value is visible a moment before its load is counted.
        let _ = running.control.reload().await;
        let counters = running.control.status().counters;
        say(&format!("{counters:?}"));
        assert_eq!(counters.published, 221);
        // One save may cause two loads, because a hint came during the first.
        assert!((220..=440).contains(&counters.rejected), "{counters:?}");
        running.drop().await;
    });
}
