//! The memory, idle activity and latency of one, a thousand and ten thousand watched files.
//!
//! Each size is a process of its own. All run at once, so that noise affects them alike. They are measured from outside, so
//! that measuring does not count.

use std::thread;
use std::time::Duration;

use bench::table::{Table, percentile, plain_ratio, time, verdict};

use crate::census::{Census, SystemCalls};
use crate::member::{CHANGE, FIRST, Kind, OTHERS, TRUST};
use crate::process::Process;

pub(crate) fn run() -> anyhow::Result<()> {
    let mut members = Vec::new();
    for (kind, count) in MEMBERS {
        members.push(Member::start(kind, count)?);
    }
    measure_idle(&mut members)?;
    for round in 0..ROUNDS {
        for member in members
            .iter_mut()
            .filter(|member| member.kind == Kind::Service)
        {
            if round == 0 {
                // The first one also starts the tasks that load.
                member.process.ask(CHANGE)?;
                member.before_changes = Some(member.process.census()?);
            }
            let time = member.process.ask(CHANGE)?;
            member.changes.push(time);
        }
    }
    table_of_what_is_held(&members).print();
    table_of_idleness(&members).print();
    table_of_changes(&members)?.print();
    for member in members {
        member.process.end()?;
    }
    Ok(())
}

/// A process and its measurements.
struct Member {
    kind: Kind,
    count: u64,
    process: Process,
    /// The counts with the first file, with all files and trusted watches, and after the idle time.
    first: Census,
    all: Census,
    later: Option<Census>,
    system_calls: Option<u64>,
    before_changes: Option<Census>,
    changes: Vec<Duration>,
}

impl Member {
    fn start(kind: Kind, count: u64) -> anyhow::Result<Self> {
        let mut process = Process::start(kind, count)?;
        process.ask(FIRST)?;
        let first = process.census()?;
        process.ask(OTHERS)?;
        let all = process.census()?;
        Ok(Self {
            kind,
            count,
            process,
            first,
            all,
            later: None,
            system_calls: None,
            before_changes: None,
            changes: Vec::new(),
        })
    }

    /// The first two cells of its rows.
    fn head(&self) -> [String; 2] {
        [self.count.to_string(), self.kind.name().to_owned()]
    }
}

fn measure_idle(members: &mut [Member]) -> anyhow::Result<()> {
    for member in members.iter_mut() {
        member.process.begin(TRUST)?;
    }
    for member in members.iter_mut() {
        member.process.finish()?;
    }
    let counts: Vec<_> = members
        .iter()
        .map(|member| member.process.system_calls(IDLE))
        .collect();
    for member in members.iter_mut() {
        member.all = member.process.census()?;
    }
    thread::sleep(IDLE);
    for (member, count) in members.iter_mut().zip(counts) {
        member.later = Some(member.process.census()?);
        member.system_calls = count.and_then(SystemCalls::result);
    }
    Ok(())
}

fn table_of_what_is_held(members: &[Member]) -> Table {
    let mut table = Table::new(
        "fleet: what watched files hold; memory is what the process grew by, with values of eight bytes",
        &[
            "files",
            "each a",
            "watcher threads",
            "inotify instances",
            "inotify watches",
            "bytes per file",
        ],
    );
    for member in members {
        let grown = member.all.memory.saturating_sub(member.first.memory);
        let per_file = grown.checked_div(member.count - 1);
        table.row(member.head().into_iter().chain([
            format!(
                "{0} {1}",
                member.all.watcher_threads(),
                verdict(member.all.watcher_threads() as f64, 1.0)
            ),
            format!(
                "{0} {1}",
                member.all.inotify_instances,
                verdict(member.all.inotify_instances as f64, 1.0)
            ),
            member.all.inotify_watches.to_string(),
            match (per_file, member.kind) {
                (None, _) => String::new(),
                (Some(bytes), Kind::Source) => {
                    format!("{bytes} {}", verdict(bytes as f64, PER_FILE))
                }
                (Some(bytes), Kind::Service) => bytes.to_string(),
            },
        ]));
    }
    table
}

fn table_of_idleness(members: &[Member]) -> Table {
    let mut table = Table::new(
        format!(
            "fleet: what they do in {} s between two heartbeats, once their watches are trusted. Wake-ups: how often a thread had gone to sleep voluntarily \
             (`status` of each thread). Reads and writes: `syscr` and `syscw` of the process. System calls: all of them, \
             by `perf`, without disturbing the process",
            IDLE.as_secs()
        ),
        &[
            "files",
            "each a",
            "wake-ups of the watcher",
            "of all threads",
            "reads and writes",
            "system calls",
        ],
    );
    for member in members {
        let Some(later) = &member.later else {
            continue;
        };
        let none = |count: u64| format!("{count} {}", verdict(count as f64, 0.0));
        table.row(
            member.head().into_iter().chain([
                none(later.watcher_wakeups(&member.all)),
                none(later.all_wakeups(&member.all)),
                none(later.reads_and_writes - member.all.reads_and_writes),
                member
                    .system_calls
                    .map_or_else(|| "perf cannot count here".to_owned(), none),
            ]),
        );
    }
    table
}

fn table_of_changes(members: &[Member]) -> anyhow::Result<Table> {
    let mut table = Table::new(
        format!(
            "fleet: one change among so many files, renamed, until a task has the value; {ROUNDS} rounds, in turn"
        ),
        &[
            "files",
            "each a",
            "p50",
            "p99",
            "p50 to that of one",
            "wake-ups of the watcher per change",
        ],
    );
    let alone = members
        .first()
        .map(|member| percentile(&member.changes, 50));
    for member in members {
        let (Some(before), Some(alone)) = (&member.before_changes, alone) else {
            continue;
        };
        let p50 = percentile(&member.changes, 50);
        let wakeups = member.process.census()?.watcher_wakeups(before);
        table.row(member.head().into_iter().chain([
            time(p50),
            time(percentile(&member.changes, 99)),
            plain_ratio(p50, alone),
            format!("{:.1}", wakeups as f64 / member.changes.len() as f64),
        ]));
    }
    Ok(table)
}

/// The others are compared to the first one.
const MEMBERS: [(Kind, u64); 5] = [
    (Kind::Service, 1),
    (Kind::Service, 1_000),
    (Kind::Service, 10_000),
    (Kind::Source, 1_000),
    (Kind::Source, 10_000),
];

const IDLE: Duration = Duration::from_secs(10);
const ROUNDS: usize = 300;
/// In bytes.
const PER_FILE: f64 = 2048.0;
