//! The descriptors and watches that this process holds, and the expected ones.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::census::Census;

/// The watches of all inotify instances of this process, as the kernel lists them.
pub(crate) fn watches() -> usize {
    let descriptors = fs::read_dir("/proc/self/fdinfo").expect("a list of descriptors");
    descriptors
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok())
        .map(|text| {
            text.lines()
                .filter(|line| line.starts_with("inotify "))
                .count()
        })
        .sum()
}

/// The places to watch for these paths: each directory that leads there, and the file.
pub(crate) fn to_be_watched(paths: &[PathBuf]) -> usize {
    let mut inodes = BTreeSet::new();
    for path in paths {
        add_way(path, &mut inodes);
    }
    inodes.len()
}

fn add_way(path: &Path, inodes: &mut BTreeSet<(u64, u64)>) {
    let mut here = PathBuf::from("/");
    let mut left: Vec<_> = parts(path);
    while let Some(part) = left.pop() {
        if part == Path::new("..") {
            here.pop();
            continue;
        }
        if part == Path::new("/") {
            here = PathBuf::from("/");
            continue;
        }
        add(&here, inodes);
        let next = here.join(&part);
        match fs::read_link(&next) {
            Ok(target) => left.extend(parts(&target)),
            Err(_) if left.is_empty() => add(&next, inodes),
            Err(_) => here = next,
        }
    }
}

/// Waits until there are no more threads and descriptors than before, and not much more memory. The idle threads of a
/// runtime need a moment to end.
pub(crate) async fn flat_since(before: Census) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let now = Census::take();
        if now.threads <= before.threads + SPARE
            && now.descriptors <= before.descriptors
            && now.memory <= before.memory + MEMORY
        {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "before {before:?}, after {now:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

/// The last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let parts = path.components();
    let parts = parts.filter(|part| *part != Component::CurDir);
    parts
        .rev()
        .map(|part| PathBuf::from(part.as_os_str()))
        .collect()
}

fn add(path: &Path, inodes: &mut BTreeSet<(u64, u64)>) {
    if let Ok(metadata) = fs::metadata(path) {
        inodes.insert((metadata.dev(), metadata.ino()));
    }
}

/// Threads of the runtime's own that read files, which come and go.
const SPARE: usize = 4;

/// In KiB. The versions themselves are held several times while they are written and read.
const MEMORY: usize = 32 * 1024;
