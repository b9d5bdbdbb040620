//! [`Node`]: a value that shows when it is read too late.

use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// How many nodes there are.
pub(super) static ALIVE: AtomicI64 = AtomicI64::new(0);
/// How often something was seen that must not be.
pub(super) static BAD: AtomicU64 = AtomicU64::new(0);
/// Whether the readers must end.
pub(super) static STOP: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IS_READER: Cell<bool> = const { Cell::new(false) };
}

/// Before anybody reads.
pub(super) fn begin() {
    ALIVE.store(0, Ordering::Relaxed);
    BAD.store(0, Ordering::Relaxed);
    STOP.store(false, Ordering::Relaxed);
}

/// From now on this thread is one that may not free.
pub(super) fn reads_only() {
    IS_READER.set(true);
}

/// Counts something that must not be, and says the first of it.
pub(super) fn bad(what: &str) {
    if BAD.fetch_add(1, Ordering::Relaxed) == 0 {
        let _ = writeln!(std::io::stdout(), "{what}");
    }
}

pub(super) struct Node {
    /// Which value this is. Zero once it was swept.
    number: AtomicU64,
    /// The fields that are written at creation only.
    made: Box<u64>,
}

impl Node {
    pub(super) fn new(number: u64) -> Self {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Self {
            number: AtomicU64::new(number),
            made: Box::new(number),
        }
    }

    pub(super) fn publish_again(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }

    pub(super) fn poison(&self) {
        self.number.store(0, Ordering::Relaxed);
    }

    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Reads it for a while. It must stay what it is, and be no older than what was read before.
    pub(super) fn look(&self, before: &mut u64) {
        let number = self.number.load(Ordering::Relaxed);
        if number == 0 || number < *before || *self.made > number {
            bad("a node is read that was swept");
        }
        for _ in 0..TIMES {
            if self.number.load(Ordering::Relaxed) != number {
                return bad("a node was swept while it was read");
            }
        }
        *before = number;
    }
}

const TIMES: u32 = if cfg!(miri) { 2 } else { 64 };

/// One of so many panics when it is dropped.
const PANICS: u64 = 5;

impl Drop for Node {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
        if IS_READER.get() {
            bad("a reader has freed a node");
        }
        if self.made.is_multiple_of(PANICS) {
            // Does not call the panic hook, so that nothing is printed.
            resume_unwind(Box::new("a value panics when it is dropped"));
        }
    }
}

/// Drops a value that may panic, as the service does.
pub(super) fn discard<T>(dropped: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(dropped)));
}
