//! [`Census`]: the kernel's counts of the resources and the activity of a process.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

/// The counts of a process at one moment.
pub(crate) struct Census {
    /// The threads by id: each with its name and its voluntary context switches, which equal its wake-ups.
    threads: BTreeMap<u64, (String, u64)>,
    pub(crate) inotify_instances: usize,
    pub(crate) inotify_watches: usize,
    /// Resident, in bytes.
    pub(crate) memory: u64,
    /// How often anything was read or written, by any descriptor.
    pub(crate) reads_and_writes: u64,
}

impl Census {
    pub(crate) fn of(process: u32) -> anyhow::Result<Self> {
        let root = PathBuf::from(format!("/proc/{process}"));
        let mut threads = BTreeMap::new();
        for task in fs::read_dir(root.join("task"))? {
            let task = task?;
            let id = task.file_name().to_string_lossy().parse()?;
            if let Some(thread) = unless_gone(thread(&task.path()))? {
                threads.insert(id, thread);
            }
        }
        let (mut instances, mut watches) = (0, 0);
        for descriptor in fs::read_dir(root.join("fd"))? {
            let name = descriptor?.file_name();
            if let Some(count) = unless_gone(inotify_watches(&root, &name))?.flatten() {
                instances += 1;
                watches += count;
            }
        }
        let io = root.join("io");
        Ok(Self {
            threads,
            inotify_instances: instances,
            inotify_watches: watches,
            memory: field(&root.join("smaps_rollup"), "Rss:")? * 1024,
            reads_and_writes: field(&io, "syscr:")? + field(&io, "syscw:")?,
        })
    }

    pub(crate) fn watcher_threads(&self) -> usize {
        self.threads
            .values()
            .filter(|(name, _)| is_watcher(name))
            .count()
    }

    /// How often the watcher woke up since `before`.
    pub(crate) fn watcher_wakeups(&self, before: &Self) -> u64 {
        self.wakeups(before, is_watcher)
    }

    /// How often any thread woke up since `before`.
    pub(crate) fn all_wakeups(&self, before: &Self) -> u64 {
        self.wakeups(before, |_| true)
    }

    fn wakeups(&self, before: &Self, which: impl Fn(&str) -> bool) -> u64 {
        let threads = self.threads.iter().filter(|(_, (name, _))| which(name));
        let counts = threads.map(|(id, (_, sleeps))| {
            let earlier = before.threads.get(id).map_or(0, |(_, sleeps)| *sleeps);
            sleeps - earlier
        });
        counts.sum()
    }
}

/// A thread's name, and its number of voluntary context switches.
fn thread(task: &Path) -> anyhow::Result<(String, u64)> {
    let name = fs::read_to_string(task.join("comm"))?;
    let sleeps = field(&task.join("status"), "voluntary_ctxt_switches:")?;
    Ok((name.trim().to_owned(), sleeps))
}

/// The number of watches of this descriptor, if it is an inotify instance.
fn inotify_watches(root: &Path, descriptor: &OsStr) -> anyhow::Result<Option<usize>> {
    let target = fs::read_link(root.join("fd").join(descriptor))?;
    if !target.to_string_lossy().contains("inotify") {
        return Ok(None);
    }
    let info = fs::read_to_string(root.join("fdinfo").join(descriptor))?;
    let watches = info.lines().filter(|line| line.starts_with("inotify wd"));
    Ok(Some(watches.count()))
}

/// `None` if the thread ended or the descriptor was closed after the kernel had listed it, since the process runs on
/// meanwhile.
fn unless_gone<T>(counted: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match counted {
        Ok(counted) => Ok(Some(counted)),
        Err(error) if error.downcast_ref().is_some_and(is_gone) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    /// A thread that ends while its file is read.
    const NO_SUCH_PROCESS: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(NO_SUCH_PROCESS)
}

/// The kernel keeps fifteen bytes of `hot-reload-files`.
fn is_watcher(name: &str) -> bool {
    name.starts_with("hot-reload-file")
}

/// The number behind a name at the beginning of a line.
fn field(path: &Path, name: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next());
    let number = number.with_context(|| format!("{} has no {name}", path.display()))?;
    Ok(number.parse()?)
}

/// A count of all system calls of a process, which does not disturb it.
pub(crate) struct SystemCalls(Child);

impl SystemCalls {
    /// Counts for this long. `None` if the program `perf` is missing or not permitted.
    pub(crate) fn count(process: u32, time: Duration) -> Option<Self> {
        // `perf` prints "not counted" for an idle process and without permission. So this first counts a process that certainly
        // makes system calls.
        let proof = perf(&["true"]).output().ok()?;
        parse(&proof.stderr).filter(|&calls| calls > 0)?;
        let (process, time) = (process.to_string(), time.as_secs_f64().to_string());
        let child = perf(&["-p", &process, "--", "sleep", &time]).spawn().ok()?;
        Some(Self(child))
    }

    /// Waits for the end of the time.
    pub(crate) fn result(self) -> Option<u64> {
        parse(&self.0.wait_with_output().ok()?.stderr)
    }
}

fn perf(arguments: &[&str]) -> Command {
    let mut command = Command::new("perf");
    command.args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter"]);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn parse(output: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().find(|line| line.contains("raw_syscalls"))?;
    match line.split(',').next()? {
        // None of its threads has run at all.
        "<not counted>" => Some(0),
        count => count.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn counting_survives_descriptors_closed_meanwhile() {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    drop(fs::File::open("/proc/self/stat"));
                }
            });
            let counts: Vec<_> = (0..2_000).map(|_| Census::of(std::process::id())).collect();
            stop.store(true, Ordering::Relaxed);
            for count in counts {
                count.unwrap();
            }
        });
    }
}
