//! The slots of a thread: the steps of the library's `thread.rs`, for loom's threads.
//!
//! The library uses thread-locals and a `static` slot of the system's threads. Here a thread enters and leaves where the
//! model decides.

use std::cell::RefCell;
use std::collections::HashMap;

use loom::thread::{self, ThreadId};

use super::hazard::{Domain, LENT, Record, Slot};
use super::sync::AtomicPtr;
use super::world;

#[derive(Default)]
struct Threads {
    busy: Option<&'static Slot>,
    own: HashMap<ThreadId, &'static Record>,
    first: HashMap<ThreadId, &'static Slot>,
    readers: Vec<ThreadId>,
}

thread_local! {
    static THREADS: RefCell<Threads> = RefCell::default();
}

fn with<R>(body: impl FnOnce(&mut Threads, ThreadId) -> R) -> R {
    let id = thread::current().id();
    THREADS.with_borrow_mut(|threads| body(threads, id))
}

/// At the beginning of a model.
pub(super) fn reset() {
    let busy = Slot(AtomicPtr::new(std::ptr::without_provenance_mut(LENT)));
    THREADS.set(Threads {
        busy: Some(Box::leak(Box::new(busy))),
        ..Threads::default()
    });
}

/// Gives this thread a record, as its first reading does.
pub(super) fn enter() {
    let record = world::domain().claim();
    let first = record.free();
    with(|threads, id| {
        threads.first.extend(first.map(|slot| (id, slot)));
        threads.own.insert(id, record);
    });
}

/// What the end of a thread does, before its last thread-locals are gone.
pub(super) fn leave() {
    let record = with(|threads, id| {
        threads.first.remove(&id);
        threads.own.remove(&id)
    });
    record.expect("a thread that has entered").leave();
}

/// From now on this thread is one that may not free.
pub(super) fn reads_only() {
    with(|threads, id| threads.readers.push(id));
}

pub(super) fn is_reader() -> bool {
    with(|threads, id| threads.readers.contains(&id))
}

pub(super) fn domain() -> &'static Domain {
    world::domain()
}

pub(super) fn first() -> &'static Slot {
    with(|threads, id| threads.first.get(&id).copied().or(threads.busy)).expect("a model")
}

/// In a model the light barrier is one that may be relied on, so the slot for those who take a fence is never free.
pub(super) fn fenced() -> &'static Slot {
    with(|threads, _| threads.busy).expect("a model")
}

pub(super) fn slot() -> &'static Slot {
    let own = with(|threads, id| threads.own.get(&id).copied());
    own.and_then(Record::free)
        .unwrap_or_else(|| world::domain().lend())
}
