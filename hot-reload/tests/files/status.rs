//! The status of file sources: limitations of the watch, counters, and barriers.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hot_reload::source::files::Files;
use hot_reload::source::{Dir, File, Source};
use hot_reload::status::{Degradation, SourceStatus};
use hot_reload::{Control, Live, ReloaderService};
use tokio::time::{Instant, sleep};

use crate::file::{DEADLINE, TextDecoder, World, write};
use crate::namespace::{has_limits_of_its_own, is_ours, mount, obeys_permissions, unmount};

/// A service with an interval of an hour: only hints and the wishes of its source cause loads.
async fn start(path: &Path) -> (Live<String>, Control<String>) {
    let hour = Duration::from_secs(3600);
    ReloaderService::builder(File::new(path).decode(TextDecoder))
        .hybrid()
        .interval(hour)
        .heartbeat(hour)
        .start()
        .await
        .unwrap()
}

fn said<V>(control: &Control<V>) -> SourceStatus {
    control
        .status()
        .source_status
        .expect("files say how they are")
}

fn find<V>(control: &Control<V>, reason: &str) -> Option<Degradation> {
    let degraded = said(control).degraded;
    degraded.into_iter().find(|other| other.reason == reason)
}

/// A status has no notification, so it is polled.
async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let start = Instant::now();
    while !reached() {
        assert!(start.elapsed() < DEADLINE, "not {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn t32_file_without_a_watch_names_the_limit_and_is_polled() {
    if !has_limits_of_its_own("t32_file_without_a_watch_names_the_limit_and_is_polled") {
        return;
    }
    let world = World::new();
    let path = world.file("c", "one");
    let other = world.path("other/c");
    world.folder("other");
    fs::hard_link(&path, &other).unwrap();
    // For the folders, and not for the file.
    set_limit(world.path("").components().count());
    let (live, control) = start(&path).await;
    let gap = find(&control, "file_unwatched").unwrap();
    assert!(
        gap.message
            .contains("No space left on device (os error 28)"),
        "{gap}"
    );
    assert_eq!(gap.remedy, "raise fs.inotify.max_user_watches");
    assert!(!gap.inherent);
    for text in ["by another name", "once more"] {
        write(&other, text);
        until("found by looking", || *live.load() == text).await;
    }

    set_limit(1000);
    until("healed", || find(&control, "file_unwatched").is_none()).await;
    assert_eq!(said(&control).heartbeat, None);
    write(&other, "announced again");
    until("announced", || *live.load() == "announced again").await;
}

#[tokio::test]
async fn unreadable_folder_is_named_and_its_changes_are_polled() {
    if !obeys_permissions("unreadable_folder_is_named_and_its_changes_are_polled") {
        return;
    }
    let world = World::new();
    let folder = world.folder("a");
    for name in ["one", "two", "three"] {
        world.folder(name);
        world.file(&format!("{name}/c"), name);
    }
    world.relink("a/link", "../one");
    fs::set_permissions(&folder, Permissions::from_mode(0o311)).unwrap();
    let (live, control) = start(&world.path("a/link/c")).await;
    let gap = find(&control, "folder_unreadable").unwrap();
    let start = format!(
        "{} cannot be watched (Permission denied (os error 13))",
        folder.display()
    );
    assert!(gap.message.starts_with(&start), "{gap}");
    assert!(!gap.inherent);
    world.relink("a/link", "../two");
    until("found by looking", || *live.load() == "two").await;

    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    until("healed", || said(&control).degraded.is_empty()).await;
    assert_eq!(said(&control).heartbeat, None);
    world.relink("a/link", "../three");
    until("announced", || *live.load() == "three").await;
    assert_eq!(said(&control).counter("overflows"), Some(0));
}

#[tokio::test]
async fn t20_replaced_mounted_file_is_pinned_until_it_is_mounted_again() {
    if !is_ours("t20_replaced_mounted_file_is_pinned_until_it_is_mounted_again") {
        return;
    }
    let world = World::new();
    let host = world.file("host", "one");
    let path = world.file("c", "below");
    mount(&["--bind", host.to_str().unwrap()], &path);
    let (live, control) = start(&path).await;
    assert!(find(&control, "pinned").is_none());
    // The mounted inode reports that it has lost its name.
    world.rename_into("host", "two");
    until("pinned", || find(&control, "pinned").is_some()).await;
    let pinned = find(&control, "pinned").unwrap();
    assert!(pinned.message.contains(path.to_str().unwrap()), "{pinned}");
    assert!(pinned.remedy.contains("mount the directory"), "{pinned}");
    assert_eq!(*live.load(), "one", "the mounted file stays");
    assert_eq!(said(&control).heartbeat, None, "more loads do not help");

    unmount(&[], &path);
    until("seen", || *live.load() == "below").await;
    mount(&["--bind", host.to_str().unwrap()], &path);
    until("seen", || *live.load() == "two").await;
    until("healed", || find(&control, "pinned").is_none()).await;
}

#[tokio::test]
async fn file_system_with_partial_events_is_named_without_a_warning() {
    let (_live, control) = start(Path::new("/proc/version")).await;
    let gap = find(&control, "unannounced").unwrap();
    assert!(
        gap.message
            .starts_with("/proc is on a file system of the kind proc: "),
        "{gap}"
    );
    assert!(gap.message.contains("every 5 s"), "{gap}");
    assert!(gap.inherent);
    control.stop().await;

    // Where nothing is announced anyway, it is not worth a word.
    let polled = File::new("/proc/version").decode(TextDecoder);
    let (_live, control) = ReloaderService::builder(polled).start().await.unwrap();
    assert_eq!(said(&control).degraded, []);
}

#[tokio::test]
async fn later_mount_changes_the_status() {
    if !is_ours("later_mount_changes_the_status") {
        return;
    }
    let world = World::new();
    let folder = world.folder("a");
    mount(&["-t", "tmpfs", "none"], &folder);
    let path = world.file("a/version", "one");
    let (live, control) = start(&path).await;
    assert!(find(&control, "unannounced").is_none());
    mount(&["-t", "proc", "none"], &folder);
    until("named", || find(&control, "unannounced").is_some()).await;
    unmount(&[], &folder);
    until("gone", || find(&control, "unannounced").is_none()).await;
    until("back", || *live.load() == "one").await;
}

#[tokio::test]
async fn file_counters_count_events_and_reads() {
    let world = World::new();
    let path = world.file("c", "one");
    let (live, control) = start(&path).await;
    let count = |name| said(&control).counter(name).unwrap();
    let before = ["events", "reads", "rearms"].map(count);
    assert!(before[1] >= 1 && before[2] >= 1, "{before:?}");
    world.rename_into("c", "two");
    until("published", || *live.load() == "two").await;
    assert!(count("events") > before[0]);
    assert!(count("reads") > before[1]);

    let mut writer = fs::File::create(&path).unwrap();
    writer.write_all(b"three").unwrap();
    let busy = || said(&control).counter("lease_busy").unwrap();
    // A load that waits for the writer is not over. It ends after the longest wait.
    until("busy", || busy() >= 1).await;
    drop(writer);
    until("published", || *live.load() == "three").await;
    assert_eq!(count("overflows"), 0);
}

#[tokio::test]
async fn status_of_a_directory_has_the_same_form() {
    let world = World::new();
    world.folder("conf.d");
    world.file("conf.d/a", "one");
    let dir = Dir::new(world.path("conf.d")).decode_files(|files: &Files| Ok(files.len()));
    let (live, control) = ReloaderService::builder(dir)
        .hybrid()
        .start()
        .await
        .unwrap();
    let reads = said(&control).counter("reads").unwrap();
    assert!(reads >= 1);
    world.file("conf.d/b", "two");
    until("published", || *live.load() == 2).await;
    assert!(said(&control).counter("reads").unwrap() > reads);
    assert!(said(&control).counter("events").unwrap() >= 1);
}

#[tokio::test]
async fn write_before_a_barrier_is_visible_after_it() {
    let world = World::new();
    let path = world.file("c", "first");
    // The interval is an hour, so there is no other load.
    let (live, control) = ReloaderService::builder(File::new(&path).decode(TextDecoder))
        .interval(Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    for number in 0..50 {
        let text = format!("version {number}");
        match number % 2 {
            0 => write(&path, &text),
            _ => world.rename_into("c", &text),
        }
        assert!(control.barrier().await.is_current());
        assert_eq!(*live.load(), text);
    }
}

fn set_limit(watches: usize) {
    fs::write("/proc/sys/user/max_inotify_watches", watches.to_string()).unwrap();
}
