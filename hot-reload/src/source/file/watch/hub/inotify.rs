//! Linux: one inotify instance and one thread, which also watches the mount table.

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
use super::delayed::Delayed;
use super::mounts::{self, Mounts};
use super::report::Report;
use super::table::Table;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::os::Node;
use crate::source::file::watch::event::Change;

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
            let notifier = PanicNotifier(table);
            if let Err(error) = run(&theirs, &mut mounts, &notifier.0) {
                notifier.0.fail(&lost(error));
            }
            // Then the joining side is the only owner of the descriptors, and closes them.
            drop(theirs);
        })
        .map_err(|error| unavailable("cannot start the thread of the file watcher", error, ""))?;
    Ok(Arc::new(Inotify {
        shared,
        thread: Mutex::new(Some(thread)),
    }))
}

struct Inotify {
    shared: Arc<Descriptors>,
    /// `None` once stopped.
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Descriptors {
    events: OwnedFd,
    /// Written to in order to end the thread.
    bell: OwnedFd,
}

impl Backend for Inotify {
    fn watch(&self, node: &Node, depth: Depth) -> Result<Option<WatchId>, Error> {
        let flags = mask(depth) | WatchFlags::MASK_ADD | WatchFlags::EXCL_UNLINK;
        let mut answer = inotify::add_watch(&self.shared.events, node.handle(), flags);
        if answer == Err(Errno::NOENT) {
            // There is no /proc, so the watch is set by name. A swap of the name at this moment is an event one level up.
            let flags = flags | WatchFlags::DONT_FOLLOW;
            answer = inotify::add_watch(&self.shared.events, node.path(), flags);
        }
        match answer {
            Ok(id) => Ok(Some(id)),
            Err(error @ (Errno::NOSPC | Errno::NOMEM)) => Err(no_watch(error)),
            // Not readable, or gone already: the directory above reports when that changes.
            Err(_) => Ok(None),
        }
    }

    fn unwatch(&self, id: WatchId) -> bool {
        // An error means that the watch has already ended.
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
        // A notified source may drop the last watch on this very thread, which then ends.
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
    let (mut notified, mut delayed) = (Vec::new(), Delayed::default());
    loop {
        let now = clock::now();
        delayed.notify(now);
        let times = [mounts.rest(now), delayed.time_left(now)];
        let timeout = times.into_iter().flatten().min().map(Timespec::try_from);
        let timeout = timeout.and_then(Result::ok);
        let mut ready = [
            PollFd::new(&descriptors.bell, PollFlags::IN),
            PollFd::new(&descriptors.events, PollFlags::IN),
            // The bell once more if there is no mount table.
            PollFd::new(mounts.table().unwrap_or(&descriptors.bell), mounts::CHANGED),
        ];
        match poll(&mut ready, timeout.as_ref()) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        let [bell, events, mounted] = ready.map(|fd| fd.revents());
        if !bell.is_empty() {
            return Ok(());
        }
        if mounts.have_changed(mounted, clock::now()) {
            table.report_remount(&mut notified);
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
        let mut report = table.report(&mut notified);
        loop {
            overflow |= event.events().contains(ReadFlags::QUEUE_OVERFLOW);
            let name = event
                .file_name()
                .map(|name| OsStr::from_bytes(name.to_bytes()));
            dispatch(&mut report, event.wd(), event.events(), name);
            // One buffer at a time, so that a storm of events does not keep the table locked.
            if reader.is_buffer_empty() {
                break;
            }
            event = reader.next()?;
        }
        report.notify_urgent(&mut delayed);
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

/// The events requested of the kernel. Not those of opening, reading or closing after reading: our own loads would cause them.
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

/// Notifies all sources if the thread ends by a panic.
struct PanicNotifier(Arc<Table>);

impl Drop for PanicNotifier {
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
    unavailable("the file watcher has ended", error, "")
}

fn unavailable(what: &str, error: io::Error, remedy: &str) -> Error {
    let text = format!("{what}: {error}{remedy}");
    Error::new(ErrorKind::Unavailable, text).with_source(error)
}

/// The thread makes no deep calls.
const STACK: usize = 128 * 1024;

/// About two thousand events. At least one with the longest name must fit.
const BUFFER: usize = 64 * 1024;
