//! Paths that are no regular file, and files above the size limit.

use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::source::File;
use tokio::time::sleep;

use crate::file::{Rig, World};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn t39_path_that_is_no_file_is_refused_without_a_hang() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let world = World::new();
    world.folder("d");
    let path = world.file("c", "a file at first");
    let mut rig = Rig::watch(&path).await;
    let fifo = |name: &str| {
        let path = world.path(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap();
        path
    };
    let renamed = fifo("renamed");
    fifo("fifo");
    std::fs::rename(renamed, &path).unwrap();
    rig.expect_error("a pipe").await;
    for (target, what) in [
        ("d", "is a directory"),
        ("fifo", "a pipe"),
        ("/dev/zero", "a device"),
    ] {
        world.relink("c", target);
        rig.expect_error(what).await;
        assert_eq!(rig.last_error().kind(), ErrorKind::Unavailable);
    }
    assert_eq!(rig.texts(), ["a file at first"]);
    assert!(!rig.published.contains(&None));
    world.rename_into("c", "a file at last");
    rig.expect("a file at last").await;
}

#[tokio::test]
async fn t40_file_over_the_limit_is_rejected_once() {
    let world = World::new();
    let path = world.file("c", "1234567890");
    let mut rig = Rig::watch_source(File::new(&path).max_size(10)).await;
    rig.expect("1234567890").await;
    world.rename_into("c", "12345678901");
    rig.expect_error("larger than the limit of 10 bytes").await;
    let error = rig.last_error();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().starts_with(path.to_str().unwrap()));
    // As long as it is too fresh to be believed, it is read and refused again.
    while let Err(again) = rig.load().await {
        assert_eq!(again.revision(), error.revision());
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(rig.current.as_deref(), Some("1234567890"));
    world.rename_into("c", "fits");
    rig.expect("fits").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn t40_p17_huge_file_is_rejected_without_being_read() {
    if !crate::alone::is_alone("t40_p17_huge_file_is_rejected_without_being_read") {
        return;
    }
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    let (most, read) = (in_status("VmHWM"), bytes_read());
    let huge = world.path("huge");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(5 << 30)
        .unwrap();
    std::fs::rename(&huge, &path).unwrap();
    rig.expect_error("larger than the limit").await;
    assert_eq!(rig.last_error().kind(), ErrorKind::TooLarge);
    rig.settle().await;
    let (most, read) = (in_status("VmHWM") - most, bytes_read() - read);
    assert!(most < 16 << 20, "{most} bytes of memory");
    assert!(read < 16 << 20, "{read} bytes were read");
    assert_eq!(rig.texts(), ["one"]);
    world.rename_into("c", "two");
    rig.expect("two").await;
}

/// Its reported size is within the limit, but its content is not: the kernel has a file of size zero with endless content.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn t40_p17_file_larger_than_reported_is_read_up_to_the_limit() {
    const NAME: &str = "t40_p17_file_larger_than_reported_is_read_up_to_the_limit";
    if !crate::alone::is_alone(NAME) {
        return;
    }
    let world = World::new();
    let path = world.file("c", "one");
    // That one is read in eights.
    let mut rig = Rig::watch_source(File::new(&path).max_size((1 << 20) - 1)).await;
    let read = bytes_read();
    world.relink("c", "/proc/self/pagemap");
    rig.expect_error("larger than the limit").await;
    assert_eq!(rig.last_error().kind(), ErrorKind::TooLarge);
    let read = (bytes_read() - read) / u64::try_from(rig.loads).unwrap();
    assert!(read < 2 << 20, "{read} bytes were read for each look");
    assert_eq!(rig.texts(), ["one"]);
    world.rename_into("c", "two");
    rig.expect("two").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t40_p17_file_that_grows_during_the_read_takes_bounded_memory() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    const NAME: &str = "t40_p17_file_that_grows_during_the_read_takes_bounded_memory";
    if !crate::alone::is_alone(NAME) {
        return;
    }
    let world = World::new();
    let path = world.file("c", "one");
    let source = File::new(&path).max_size(LIMIT).leases(false);
    let source = source.wait_for_writers(Duration::from_secs(1));
    let mut rig = Rig::watch_source(source).await;
    let most = in_status("VmHWM");
    for grow_by in [4096, 1 << 20] {
        let grown = Arc::new(AtomicBool::new(false));
        let writer = std::thread::spawn({
            let (path, grown) = (path.clone(), Arc::clone(&grown));
            move || {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                let mut length = LIMIT - (1 << 20);
                // Without a pause, and without a byte on the disk, until it was refused.
                while !grown.load(Ordering::Relaxed) {
                    length = (length + grow_by).min(LIMIT << 10);
                    file.set_len(length).unwrap();
                }
            }
        });
        let refused = |rig: &Rig| rig.failures > 0;
        rig.until(refused, "a refusal").await;
        grown.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        let kind = rig.last_error().kind();
        assert!(
            matches!(kind, ErrorKind::TooLarge | ErrorKind::Unavailable),
            "{kind:?}"
        );
        world.rename_into("c", "two");
        rig.expect("two").await;
        rig.failures = 0;
    }
    let most = in_status("VmHWM") - most;
    assert!(most < 4 * LIMIT, "{most} bytes of memory");
}

#[cfg(target_os = "linux")]
const LIMIT: u64 = 16 << 20;

/// Bytes, of a line that counts in KiB.
#[cfg(target_os = "linux")]
fn in_status(field: &str) -> u64 {
    number_of("/proc/self/status", field) << 10
}

#[cfg(target_os = "linux")]
fn bytes_read() -> u64 {
    number_of("/proc/self/io", "rchar")
}

#[cfg(target_os = "linux")]
fn number_of(path: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
