//! The engine's thread: the runtime of services in programs that have none. One thread serves all blocking services of a
//! process.
//!
//! Each task on it holds a [`Lease`]. The first lease starts the thread, and the thread ends with the last one. So a program
//! without services has no thread, and a thread that ends has no tasks.

use std::cell::{Cell, OnceCell};
use std::sync::{Arc, Mutex, OnceLock, Weak, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{io, mem, process};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task;

use crate::error::{Error, ErrorKind};
use crate::locks::lock;

/// A share of the engine's thread, which runs while there is one.
pub(crate) struct Lease(Arc<Running>);

struct Running {
    runtime: Handle,
    /// Dropped with the last lease, which ends the thread.
    _end: oneshot::Sender<()>,
}

/// The thread of this process, if there is one.
struct Slot {
    running: Weak<Running>,
    /// Until somebody has waited for its end.
    thread: Option<JoinHandle<()>>,
    /// The process of the thread. A fork copies the slot, but no thread.
    process: u32,
}

static SLOT: Mutex<Slot> = Mutex::new(Slot {
    running: Weak::new(),
    thread: None,
    process: 0,
});

/// The relation of a thread to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is none of the engine's threads.
    Elsewhere,
    /// The engine waits for it, so it must not wait for the engine.
    Guarded,
    /// It runs a callback, which may wait for the engine.
    Unguarded,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Elsewhere) };
    /// The process in which the thread became one of the engine's. A fork copies the thread that calls it.
    static PROCESS: Cell<u32> = const { Cell::new(0) };
    static RUNNING: OnceCell<Weak<Running>> = const { OnceCell::new() };
}

/// The relation of the present thread to the engine.
pub(crate) fn place() -> Place {
    match PLACE.get() {
        // The engine is one of the parent process.
        _ if PROCESS.get() != process::id() => Place::Elsewhere,
        place => place,
    }
}

/// Checks that the present thread may wait for the engine.
///
/// # Errors
///
/// [`ErrorKind::WouldDeadlock`]: the engine waits for this thread.
pub(crate) fn may_wait() -> Result<(), Error> {
    match place() {
        Place::Elsewhere | Place::Unguarded => Ok(()),
        Place::Guarded => Err(Error::new(
            ErrorKind::WouldDeadlock,
            "the call would deadlock: it blocks a thread of the engine, in a loader, validator, observer or hook",
        )),
    }
}

/// Makes a lease. Starts the thread if it does not run.
///
/// # Errors
///
/// The system has no thread or descriptor left.
pub(crate) fn lease() -> Result<Lease, Error> {
    if let Some(lease) = lease_of_this_thread() {
        return Ok(lease);
    }
    let mut slot = lock(&SLOT);
    if slot.process == process::id() {
        if let Some(running) = slot.running.upgrade() {
            return Ok(Lease(running));
        }
        slot.join();
    } else {
        // The thread of the parent process does not exist here.
        mem::forget(slot.thread.take());
    }
    let (running, thread) = start().map_err(|error| {
        Error::new(
            ErrorKind::Unavailable,
            format!("the engine's thread cannot be started: {error}"),
        )
        .with_source(error)
    })?;
    *slot = Slot {
        running: Arc::downgrade(&running),
        thread: Some(thread),
        process: process::id(),
    };
    Ok(Lease(running))
}

/// A lease of the engine that this thread belongs to. `None` elsewhere, in a forked child, and once the engine ends.
fn lease_of_this_thread() -> Option<Lease> {
    if place() == Place::Elsewhere {
        return None;
    }
    // An error means that the thread is ending.
    let running = RUNNING.try_with(|running| running.get().and_then(Weak::upgrade));
    running.ok().flatten().map(Lease)
}

/// A lease of the engine in whose runtime the caller is. A callback may run another runtime on a thread of the engine.
pub(crate) fn lease_of_this_runtime() -> Option<Lease> {
    let lease = lease_of_this_thread()?;
    let present = Handle::try_current().ok()?;
    (lease.0.runtime.id() == present.id()).then_some(lease)
}

/// Waits until the thread is gone, unless something runs on it.
pub(crate) fn join() {
    if place() == Place::Elsewhere {
        let mut slot = lock(&SLOT);
        if slot.process == process::id() && slot.running.strong_count() == 0 {
            slot.join();
        }
    }
}

impl Slot {
    /// Waits for the end of a thread that has no lease. Others wait for the lock meanwhile.
    fn join(&mut self) {
        // The engine may be waiting for the present thread.
        if place() == Place::Elsewhere
            && let Some(thread) = self.thread.take()
        {
            // An error means that it panicked, and the hook has reported that.
            let _ = thread.join();
        }
    }
}

impl Lease {
    /// Spawns a task, which holds the lease.
    pub(crate) fn spawn<F>(self, task: F) -> task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.spawn_counted(task, ())
    }

    /// As [`spawn`](Self::spawn). `count` is dropped last, after the task and its lease.
    pub(crate) fn spawn_counted<F>(
        self,
        task: F,
        count: impl Send + 'static,
    ) -> task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.0.runtime.clone();
        runtime.spawn(async move {
            // Dropped in the reverse order.
            let _count = count;
            let _lease = self;
            task.await
        })
    }
}

/// Starts the thread. It makes the runtime, because a runtime must not be dropped by a task of another one.
fn start() -> io::Result<(Arc<Running>, JoinHandle<()>)> {
    let (made, making) = mpsc::sync_channel(1);
    let thread = thread::Builder::new()
        .name(NAME.to_owned())
        .spawn(move || {
            let here = Arc::new(OnceLock::new());
            let runtime = match runtime(&here) {
                Ok(runtime) => runtime,
                Err(error) => return drop(made.send(Err(error))),
            };
            let (end, ended) = oneshot::channel();
            let running = Arc::new(Running {
                runtime: runtime.handle().clone(),
                _end: end,
            });
            let _ = here.set(Arc::downgrade(&running));
            enter(&here);
            if made.send(Ok(running)).is_ok() {
                let _ = runtime.block_on(ended);
            }
            runtime.shutdown_timeout(PATIENCE);
        })?;
    let made = making.recv();
    let made = made.unwrap_or_else(|_| Err(io::Error::other("it has ended")));
    match made {
        Ok(running) => Ok((running, thread)),
        Err(error) => {
            let _ = thread.join();
            Err(error)
        }
    }
}

fn runtime(here: &Arc<OnceLock<Weak<Running>>>) -> io::Result<Runtime> {
    let here = Arc::clone(here);
    Builder::new_current_thread()
        .enable_all()
        .thread_name(NAME_OF_OTHERS)
        .on_thread_start(move || enter(&here))
        .build()
}

/// Marks the present thread as one of the engine's.
fn enter(here: &OnceLock<Weak<Running>>) {
    PLACE.set(Place::Guarded);
    PROCESS.set(process::id());
    if let Some(running) = here.get() {
        let _ = RUNNING.try_with(|slot| slot.set(Weak::clone(running)));
    }
}

/// While it exists, the present thread may wait for the engine.
pub(crate) struct Unguarded(Place);

impl Unguarded {
    pub(crate) fn enter() -> Self {
        let place = PLACE.get();
        PLACE.set(match place {
            Place::Guarded => Place::Unguarded,
            Place::Elsewhere | Place::Unguarded => place,
        });
        Self(place)
    }
}

impl Drop for Unguarded {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

/// The name of the thread.
const NAME: &str = "hot-reload-engine";

/// The name of the threads for blocking work, such as reading large files and calling callbacks.
const NAME_OF_OTHERS: &str = "hot-reload-work";

/// How long the end waits for blocking work. It is the default deadline of a load; work that takes longer hangs, and keeps its
/// thread until it returns.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    /// A fork needs `unsafe`, so the test marks its thread as another process's.
    #[test]
    fn forked_thread_belongs_to_no_engine() {
        let (running, engine) = start().unwrap();
        let here = OnceLock::from(Arc::downgrade(&running));
        let of_this_thread = || {
            let lease = lease_of_this_thread()?;
            Some(Arc::ptr_eq(&lease.0, &running))
        };
        enter(&here);
        assert_eq!((place(), of_this_thread()), (Place::Guarded, Some(true)));
        PROCESS.set(process::id() + 1);
        assert_eq!((place(), of_this_thread()), (Place::Elsewhere, None));
        let lease = lease().unwrap();
        assert!(!Arc::ptr_eq(&lease.0, &running), "it is the child's own");
        drop((lease, running));
        engine.join().unwrap();
    }
}
