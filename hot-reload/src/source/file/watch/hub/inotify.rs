//! Linux: one inotify instance and one thread, which is also told of mounts.

use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::backend::{Backend, Depth, WatchId};
use super::later::Later;
use super::mounts::{self, Mounts};
use super::table::{Report, Table};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::os::Node;
use crate::source::file::watch::activity::Change;

/// Starts the thread.
pub(super) fn start(table: &Arc<Table>) -> Result<Arc<dyn Backend>, Error> {
    let events =
        inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(no_instance)?;
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(no_instance)?;
    let shared = Arc::new(Descriptors { events, bell });
    let (theirs, table, mut mounts) = (Arc::clone(&shared), Arc::clone(table), Mounts::open());
    let thread = thread::Builder::new()
        .name("hot-reload-files".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            let obituary = Obituary(table);
            if let Err(error) = run(&theirs, &mut mounts, &obituary.0) {
                obituary.0.fail(&lost(error));
            }
            // By then the joining side is the only owner of the descriptors, and closes them.
            drop(theirs);
        })
        .map_err(|error| lost(error).with_source(io::Error::other("no thread")))?;
    Ok(Arc::new(Inotify {
        shared,
        thread: Mutex::new(Some(thread)),
    }))
}

struct Inotify {
    shared: Arc<Descriptors>,
    /// Until it was stopped.
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Descriptors {
    events: OwnedFd,
    /// Rung to end the thread.
    bell: OwnedFd,
}

impl Backend for Inotify {
    fn watch(&self, node: &Node, depth: Depth) -> Result<Option<WatchId>, Error> {
        let flags = mask(depth) | WatchFlags::MASK_ADD | WatchFlags::EXCL_UNLINK;
        let mut answer = inotify::add_watch(&self.shared.events, node.handle(), flags);
        if answer == Err(Errno::NOENT) {
            // No /proc here. By name it is then; whoever swaps the name at this moment is heard one level up.
            let flags = flags | WatchFlags::DONT_FOLLOW;
            answer = inotify::add_watch(&self.shared.events, node.path(), flags);
        }
        match answer {
            Ok(id) => Ok(Some(id)),
            Err(error @ (Errno::NOSPC | Errno::NOMEM)) => Err(no_watch(error)),
            // Not readable, or gone already: the directory above will tell when that changes.
            Err(_) => Ok(None),
        }
    }

    fn unwatch(&self, id: WatchId) -> bool {
        // An error says that it has ended by itself.
        let _ = inotify::remove_watch(&self.shared.events, id);
        false
    }

    /// `IN_IGNORED` has reported that the kernel removed the watch, so there is nothing to remove. This happens for every
    /// replaced file.
    fn unwatch_ended(&self, _: WatchId) -> bool {
        false
    }

    fn stop(&self) {
        let _ = rustix::io::write(&self.shared.bell, &1_u64.to_ne_bytes());
        let thread = lock(&self.thread).take();
        // Whoever is told of a change may drop the last watch on this very thread, which then ends by itself.
        if let Some(thread) = thread
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// Reports until the bell rings.
fn run(descriptors: &Descriptors, mounts: &mut Mounts, table: &Table) -> io::Result<()> {
    let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
    let (mut told, mut later) = (Vec::new(), Later::default());
    loop {
        let now = clock::now();
        later.tell(now);
        let rests = [mounts.rest(now), later.rest(now)];
        let rest = rests.into_iter().flatten().min().map(Timespec::try_from);
        let rest = rest.and_then(Result::ok);
        let mut ready = [
            PollFd::new(&descriptors.bell, PollFlags::IN),
            PollFd::new(&descriptors.events, PollFlags::IN),
            // The bell once more where there is no table to ask.
            PollFd::new(mounts.table().unwrap_or(&descriptors.bell), mounts::CHANGED),
        ];
        match poll(&mut ready, rest.as_ref()) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        let [bell, events, mounted] = ready.map(|fd| fd.revents());
        if !bell.is_empty() {
            return Ok(());
        }
        if mounts.have_changed(mounted, clock::now()) {
            table.report_remount(&mut told);
        }
        if events.is_empty() {
            continue;
        }
        let mut reader = Reader::new(&descriptors.events, &mut buffer);
        let mut overflow = false;
        let mut event = match reader.next() {
            Err(Errno::INTR | Errno::AGAIN) => continue,
            other => other?,
        };
        let mut report = table.report(&mut told);
        loop {
            overflow |= event.events().contains(ReadFlags::QUEUE_OVERFLOW);
            let name = event
                .file_name()
                .map(|name| OsStr::from_bytes(name.to_bytes()));
            dispatch(&mut report, event.wd(), event.events(), name);
            // One buffer at a time, so that a storm cannot keep the table to itself.
            if reader.is_buffer_empty() {
                break;
            }
            event = reader.next()?;
        }
        report.tell_urgent(&mut later);
        if overflow {
            table.report_overflow();
        }
    }
}

fn dispatch(report: &mut Report<'_>, id: WatchId, events: ReadFlags, name: Option<&OsStr>) {
    if events.contains(ReadFlags::IGNORED) {
        return report.died(id);
    }
    let change = if events.contains(ReadFlags::MODIFY) {
        Change::Written
    } else if events.contains(ReadFlags::CLOSE_WRITE) {
        Change::Closed
    } else if events.contains(ReadFlags::MOVED_TO) {
        Change::Arrived
    } else if events.contains(ReadFlags::CREATE) && !events.contains(ReadFlags::ISDIR) {
        Change::Created
    } else if events.intersects(ReadFlags::DELETE | ReadFlags::MOVED_FROM) {
        Change::Gone
    } else {
        Change::Touched
    };
    report.change(id, name, change);
}

/// What is asked of the kernel. Never opening, reading or closing after reading: those would wake us by our own looks.
fn mask(depth: Depth) -> WatchFlags {
    let itself = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    let content = WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE | WatchFlags::ATTRIB;
    let names = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE | WatchFlags::ONLYDIR;
    match depth {
        Depth::Way => itself | names,
        Depth::Folder => itself | names | content,
        Depth::Inode => itself | content,
    }
}

/// Tells everybody when the thread ends by a panic.
struct Obituary(Arc<Table>);

impl Drop for Obituary {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail(&lost(io::Error::other("it panicked")));
        }
    }
}

fn no_instance(error: Errno) -> Error {
    let remedy = match error {
        Errno::MFILE => "; raise fs.inotify.max_user_instances or the limit of open files",
        Errno::NFILE => "; raise fs.file-max",
        _ => "",
    };
    unavailable("no inotify instance left", error.into(), remedy)
}

fn no_watch(error: Errno) -> Error {
    unavailable(
        "no inotify watch left",
        error.into(),
        "; raise fs.inotify.max_user_watches",
    )
}

fn lost(error: io::Error) -> Error {
    unavailable("the watcher of files has ended", error, "")
}

fn unavailable(what: &str, error: io::Error, remedy: &str) -> Error {
    let text = format!("{what}: {error}{remedy}");
    Error::new(ErrorKind::Unavailable, text).with_source(error)
}

/// The thread calls into nothing deep.
const STACK: usize = 128 * 1024;

/// Some two thousand events; at least one with the longest name must fit.
const BUFFER: usize = 64 * 1024;
