//! The hazard pointers of the current thread, in thread-local storage.

use std::cell::Cell;
use std::ptr;

use super::barrier;
use super::hazard::{Domain, LENT, Record, Slot};
use super::sync::AtomicPtr;

/// The domain of the process.
static DOMAIN: Domain = Domain::new();

/// Stands for the first slot of a thread that has no record, or must use the other kind of barrier. It is never free.
static BUSY: Slot = Slot(AtomicPtr::new(ptr::without_provenance_mut(LENT)));

/// Two cache lines.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const _: () = assert!(size_of::<Record>() == 128);

thread_local! {
    /// The slot to try first. The type needs no drop, so an access needs no registration and mostly works until the thread has
    /// ended.
    static FIRST: Cell<&'static Slot> = const { Cell::new(&BUSY) };
    /// The same slot, in a process that must use fences.
    static FENCED: Cell<&'static Slot> = const { Cell::new(&BUSY) };
    static OWN: Own = Own::claim();
}

/// The record that the thread owns. Dropped when the thread ends, which releases the record.
struct Own(&'static Record);

impl Own {
    fn claim() -> Self {
        let record = DOMAIN.claim();
        // A slot that is free now. A slot with a guard of an earlier owner must be acquired first, as `Record::free` does.
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

/// The slot to try first. Not free if a guard of this thread is in it, or if the process must use fences.
#[inline(always)]
pub(super) fn first() -> &'static Slot {
    FIRST.try_with(Cell::get).unwrap_or(&BUSY)
}

/// The slot to try second, with a fence.
#[inline(always)]
pub(super) fn fenced() -> &'static Slot {
    FENCED.try_with(Cell::get).unwrap_or(&BUSY)
}

/// Finds a slot for one guard, to be used with a fence: a slot of this thread, or a lent one if those are taken or gone.
pub(super) fn slot() -> &'static Slot {
    let own = OWN.try_with(|own| own.0.free()).ok().flatten();
    own.unwrap_or_else(|| DOMAIN.lend())
}
