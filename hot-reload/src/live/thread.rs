//! What a thread knows of its own slots.

use std::cell::Cell;
use std::ptr;

use super::barrier;
use super::hazard::{Domain, LENT, Record, Slot};
use super::sync::AtomicPtr;

/// The one domain of the process.
static DOMAIN: Domain = Domain::new();

/// The first slot of a thread that has none yet, or may not use it so lightly: it is never free.
static BUSY: Slot = Slot(AtomicPtr::new(ptr::without_provenance_mut(LENT)));

/// Two cache lines, as its number of slots is meant.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const _: () = assert!(size_of::<Record>() == 128);

thread_local! {
    /// The slot to try first. Nothing is to be dropped in it, so it is read without a question until the very end.
    static FIRST: Cell<&'static Slot> = const { Cell::new(&BUSY) };
    /// The same slot, for a thread that has to take a fence with it.
    static FENCED: Cell<&'static Slot> = const { Cell::new(&BUSY) };
    static OWN: Own = Own::claim();
}

/// A thread's own record. The thread leaves it when it ends.
struct Own(&'static Record);

impl Own {
    fn claim() -> Self {
        let record = DOMAIN.claim();
        // One that is free now: where a guard of the thread before is left in a slot, more is to be known of it than that
        // it is free again.
        if let Some(slot) = record.free() {
            let first = if barrier::is_light_enough() {
                &FIRST
            } else {
                &FENCED
            };
            first.set(slot);
        }
        Self(record)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        FIRST.set(&BUSY);
        FENCED.set(&BUSY);
        self.0.leave();
    }
}

pub(super) fn domain() -> &'static Domain {
    &DOMAIN
}

/// The slot to try first: free, unless a guard of this thread is in it, or it takes a fence.
#[inline(always)]
pub(super) fn first() -> &'static Slot {
    FIRST.get()
}

/// As [`first`], for a thread that has to take a fence.
#[inline(always)]
pub(super) fn fenced() -> &'static Slot {
    FENCED.get()
}

/// A slot for one guard of this thread, which takes a fence: one of its own, or, when those are taken or gone, one that is
/// lent.
pub(super) fn slot() -> &'static Slot {
    let own = OWN.try_with(|own| own.0.free()).ok().flatten();
    own.unwrap_or_else(|| DOMAIN.lend())
}
