//! The crate `notify`: the only backend outside Linux, and selectable on Linux.
//!
//! It watches only directories, each under one path. It uses only the names in events, because a load checks the file whatever
//! the event.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use notify::event::{
    AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RemoveKind, RenameMode,
};
use notify::{ErrorKind as NotifyErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::backend::{Backend, Depth, WatchId};
use super::table::Table;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::os::{Node, NodeKind};
use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::Change;

/// Starts the watcher, which brings its own thread.
pub(super) fn start(table: &Arc<Table>) -> Result<Arc<dyn Backend>, Error> {
    let (alive, ended) = mpsc::channel();
    let mut handler = Handler {
        table: Arc::clone(table),
        directories: Arc::default(),
        notified: Vec::new(),
        thread: Arc::default(),
        _alive: alive,
    };
    let directories = Arc::clone(&handler.directories);
    let thread = Arc::clone(&handler.thread);
    let watcher =
        notify::recommended_watcher(move |event| handler.handle(event)).map_err(refused)?;
    Ok(Arc::new(Portable {
        table: Arc::clone(table),
        thread,
        state: Mutex::new(State {
            watcher: Some((watcher, ended)),
            directories,
            watched: HashMap::new(),
            numbers: HashMap::new(),
            next: 0,
        }),
    }))
}

/// Shared with the callback, and never locked during a call of the watcher.
type Directories = Arc<Mutex<Numbered>>;

/// The numbers of the directories that are not known to be gone.
#[derive(Default)]
struct Numbered {
    by_path: HashMap<PathBuf, WatchId>,
    /// How often events were lost, maybe that a directory is gone.
    losses: u64,
}

struct Portable {
    table: Arc<Table>,
    thread: Arc<OnceLock<ThreadId>>,
    state: Mutex<State>,
}

struct State {
    /// With the receiver that fails when its thread has dropped the handler. `None` once stopped.
    watcher: Option<(RecommendedWatcher, Receiver<()>)>,
    directories: Directories,
    watched: HashMap<WatchId, Watched>,
    /// The numbers by inode.
    numbers: HashMap<(u64, u64), WatchId>,
    next: WatchId,
}

struct Watched {
    path: PathBuf,
    /// The number of losses when it was set up.
    losses: u64,
    identity: (u64, u64),
}

impl Backend for Portable {
    fn watch(&self, node: &Node, _: Depth) -> Result<Option<WatchId>, Error> {
        if node.kind() != NodeKind::Directory {
            return Ok(None);
        }
        let (ended, answer) = lock(&self.state).watch(node);
        if let Some(ended) = ended {
            let mut notified = Vec::new();
            let mut report = self.table.report(&mut notified);
            report.died(ended);
            report.notify();
        }
        if WATCH_CHANGES_LOSE_EVENTS && (ended.is_some() || matches!(answer, Ok(New::Yes(_)))) {
            self.table.report_anything();
        }
        Ok(match answer? {
            New::Yes(id) | New::No(id) => Some(id),
            New::Refused => None,
        })
    }

    fn unwatch(&self, id: WatchId) -> bool {
        lock(&self.state).unwatch(id) && WATCH_CHANGES_LOSE_EVENTS
    }

    fn stop(&self) {
        let Some((watcher, ended)) = lock(&self.state).watcher.take() else {
            return;
        };
        // Dropping the watcher ends its thread. It panics if the thread is gone.
        let watcher = AssertUnwindSafe(watcher);
        let _ = catch_unwind(|| drop(watcher));
        // The crate does not wait for its thread, so this does. Except on that thread: a notified source may drop the last
        // watch on it.
        if self.thread.get() != Some(&thread::current().id()) {
            let _ = ended.recv_timeout(END);
        }
    }
}

/// The answer of the watcher.
enum New {
    /// A new watch.
    Yes(WatchId),
    No(WatchId),
    /// It cannot be watched.
    Refused,
}

impl State {
    /// The watch of this directory, and the other one that had to end for it.
    fn watch(&mut self, node: &Node) -> (Option<WatchId>, Result<New, Error>) {
        // It may have been set up under another path.
        let known = self.numbers.get(&node.identity()).copied();
        if let Some(id) = known.filter(|id| self.is_certain(*id)) {
            return (None, Ok(New::No(id)));
        }
        // The watcher keeps one watch for a path, so an earlier one of the same path has to end first.
        let ended = lock(&self.directories).by_path.get(node.path()).copied();
        if let Some(before) = ended {
            self.unwatch(before);
        }
        let Some((watcher, _)) = &mut self.watcher else {
            return (ended, Ok(New::Refused));
        };
        match watcher.watch(node.path(), RecursiveMode::NonRecursive) {
            Ok(()) => {}
            Err(error) if is_exhausted(&error) => return (ended, Err(refused(error))),
            Err(_) => return (ended, Ok(New::Refused)),
        }
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.numbers.insert(node.identity(), id);
        let mut directories = lock(&self.directories);
        directories.by_path.insert(node.path().to_owned(), id);
        let watched = Watched {
            path: node.path().to_owned(),
            losses: directories.losses,
            identity: node.identity(),
        };
        drop(directories);
        self.watched.insert(id, watched);
        (ended, Ok(New::Yes(id)))
    }

    /// Whether this watch certainly still reports.
    fn is_certain(&self, id: WatchId) -> bool {
        let directories = lock(&self.directories);
        self.watched.get(&id).is_some_and(|watched| {
            watched.losses == directories.losses
                && directories.by_path.get(&watched.path) == Some(&id)
        })
    }

    /// Ends this watch. Returns whether there was one.
    fn unwatch(&mut self, id: WatchId) -> bool {
        let Some(Watched { path, identity, .. }) = self.watched.remove(&id) else {
            return false;
        };
        if self.numbers.get(&identity) == Some(&id) {
            self.numbers.remove(&identity);
        }
        let mut directories = lock(&self.directories);
        match directories.by_path.get(&path) {
            // The path is watched again since then.
            Some(other) if *other != id => return false,
            _ => directories.by_path.remove(&path),
        };
        drop(directories);
        if let Some((watcher, _)) = &mut self.watcher {
            // An error means that the watch has already ended.
            let _ = watcher.unwatch(&path);
        }
        true
    }
}

/// Called on the watcher's thread. It only takes short locks, and never calls the watcher.
struct Handler {
    table: Arc<Table>,
    directories: Directories,
    notified: Vec<Arc<Activity>>,
    /// The thread that calls it.
    thread: Arc<OnceLock<ThreadId>>,
    /// Dropped with it.
    _alive: Sender<()>,
}

/// The watcher drops it when its thread ends. If no source has asked for that, sources still wait and have to be notified.
impl Drop for Handler {
    fn drop(&mut self) {
        let text = "the file watcher has ended";
        self.table.fail(&Error::new(ErrorKind::Unavailable, text));
    }
}

impl Handler {
    fn handle(&mut self, event: notify::Result<Event>) {
        self.thread.get_or_init(|| thread::current().id());
        match event {
            // Before the paths, of which such an event has none.
            Ok(event) if event.need_rescan() => {
                lock(&self.directories).losses += 1;
                self.table.report_overflow();
            }
            Ok(event) => self.dispatch(&event),
            // The error may concern one path or all.
            Err(_) => self.table.report_anything(),
        }
    }

    fn dispatch(&mut self, event: &Event) {
        let Some(change) = change(event.kind) else {
            return;
        };
        let mut report = self.table.report(&mut self.notified);
        for (index, path) in event.paths.iter().enumerate() {
            let (of_folder, of_itself) = {
                let mut directories = lock(&self.directories);
                let folder = path
                    .parent()
                    .and_then(|parent| directories.by_path.get(parent));
                let folder = folder.copied();
                let itself = match event.kind {
                    EventKind::Remove(_) => directories.by_path.remove(path),
                    _ => directories.by_path.get(path).copied(),
                };
                (folder, itself)
            };
            if let Some(id) = of_folder {
                let both = event.kind == EventKind::Modify(ModifyKind::Name(RenameMode::Both));
                let change = match (both, index) {
                    (true, 0) => Change::Gone,
                    (true, _) => Change::Arrived,
                    (false, _) => change,
                };
                report.change(id, path.file_name(), change);
            }
            if let Some(id) = of_itself {
                match event.kind {
                    EventKind::Remove(_) => report.died(id),
                    _ => report.change(id, None, Change::Touched),
                }
            }
        }
        report.notify();
    }
}

/// The change that a kind of event reports. `None`: a program has only read.
fn change(kind: EventKind) -> Option<Change> {
    Some(match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Change::Closed,
        EventKind::Access(_) => return None,
        EventKind::Create(CreateKind::Folder) => Change::Touched,
        EventKind::Create(_) => Change::Created,
        EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => Change::Written,
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Change::Arrived,
        EventKind::Modify(ModifyKind::Name(RenameMode::From))
        | EventKind::Remove(RemoveKind::Any | RemoveKind::File | RemoveKind::Other) => Change::Gone,
        _ => Change::Touched,
    })
}

fn is_exhausted(error: &notify::Error) -> bool {
    match &error.kind {
        NotifyErrorKind::MaxFilesWatch => true,
        NotifyErrorKind::Io(error) => matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::OutOfMemory
        ),
        _ => false,
    }
}

fn refused(error: notify::Error) -> Error {
    let text = match &error.kind {
        NotifyErrorKind::MaxFilesWatch => {
            "no watch left (the system's limit is reached); raise fs.inotify.max_user_watches"
                .into()
        }
        NotifyErrorKind::Io(error) => format!("files cannot be watched: {error}"),
        _ => format!("files cannot be watched: {error}"),
    };
    Error::new(ErrorKind::Unavailable, text).with_source(error)
}

/// On Apple systems, adding a watch restarts the whole stream of events and loses those that were on their way.
const WATCH_CHANGES_LOSE_EVENTS: bool = cfg!(target_vendor = "apple");

/// More than a thread takes to end. A thread that hangs in the system is not waited for.
const END: Duration = Duration::from_secs(1);
