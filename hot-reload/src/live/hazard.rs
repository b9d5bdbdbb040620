//! [`Domain`]: the hazard pointers of all threads of a process.
//!
//! A [`Slot`] has the address that one guard protects. Each thread owns a [`Record`] of slots. A guard borrows a slot from a shared
//! record when the thread's own slots are taken, or while the thread ends. Records are never freed and are reused, so there are
//! as many as there were threads at once.

use std::iter;
use std::ptr;

use super::sync::{AtomicBool, AtomicPtr, OnceLock, Ordering};

/// A hazard pointer: the address that one guard protects.
///
/// Null means free. Only the thread that stored an address clears it.
#[derive(Debug)]
pub(super) struct Slot(pub(super) AtomicPtr<()>);

impl Slot {
    fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Correct only in the thread that filled the slot last.
    #[inline(always)]
    pub(super) fn is_free(&self) -> bool {
        self.0.load(Ordering::Relaxed).is_null()
    }

    /// Protects an address. The store is a release, because it may replace an earlier address. A publisher that no longer finds
    /// the earlier address must see its reads as finished.
    #[inline(always)]
    pub(super) fn hold(&self, address: *mut ()) {
        self.0.store(address, Ordering::Release);
    }

    #[inline(always)]
    pub(super) fn clear(&self) {
        self.0.store(ptr::null_mut(), Ordering::Release);
    }

    fn holds(&self, address: *mut ()) -> bool {
        self.0.load(Ordering::Acquire) == address
    }

    fn borrow(&self) -> bool {
        let lent = ptr::without_provenance_mut(LENT);
        self.0
            .compare_exchange(ptr::null_mut(), lent, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}

/// The content of a slot that is not free but protects nothing. It is no valid address.
pub(super) const LENT: usize = 1;

/// Makes a record two cache lines long, so that no two threads write to one line.
const SLOTS: usize = 13;

#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Record {
    slots: [Slot; SLOTS],
    /// Whether a thread owns it.
    taken: AtomicBool,
    /// Whether its slots are lent one by one.
    shared: bool,
    next: OnceLock<&'static Self>,
}

impl Record {
    fn new(shared: bool) -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot::new()),
            taken: AtomicBool::new(!shared),
            shared,
            next: OnceLock::new(),
        }
    }

    /// Finds a free slot for the owner. `None` if all are taken.
    ///
    /// The load acquires the reads of the last guard in the slot, which may be a guard of the thread that owned the record before.
    pub(super) fn free(&self) -> Option<&Slot> {
        self.slots
            .iter()
            .find(|slot| slot.0.load(Ordering::Acquire).is_null())
    }

    /// Releases the record to the next thread. A guard that is still in it keeps its slot.
    pub(super) fn leave(&self) {
        self.taken.store(false, Ordering::Release);
    }

    fn take(&self) -> bool {
        !self.shared
            && self
                .taken
                .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }
}

/// All records of a process.
#[derive(Debug)]
pub(super) struct Domain {
    first: OnceLock<&'static Record>,
}

impl Domain {
    pub(super) const fn new() -> Self {
        Self {
            first: OnceLock::new(),
        }
    }

    /// Takes a record for a thread: a released one, or a new one.
    pub(super) fn claim(&self) -> &'static Record {
        let left = self.records().find(|record| record.take());
        left.unwrap_or_else(|| self.add(Record::new(false)))
    }

    /// Lends a slot for one guard. Clearing the slot returns it.
    pub(super) fn lend(&self) -> &'static Slot {
        let shared = self.records().filter(|record| record.shared);
        let borrowed = shared
            .flat_map(|record| &record.slots)
            .find(|slot| slot.borrow());
        borrowed.unwrap_or_else(|| {
            let record = Record::new(true);
            // Before other threads see the record.
            record.slots[0].borrow();
            &self.add(record).slots[0]
        })
    }

    /// Whether a slot protects this address. Sees every slot that was filled before the caller's last barrier.
    pub(super) fn holds(&self, address: *mut ()) -> bool {
        self.records()
            .flat_map(|record| &record.slots)
            .any(|slot| slot.holds(address))
    }

    fn records(&self) -> impl Iterator<Item = &'static Record> {
        iter::successors(self.first.get().copied(), |record| {
            record.next.get().copied()
        })
    }

    /// Appends a record to the list.
    fn add(&self, record: Record) -> &'static Record {
        let record: &'static Record = Box::leak(Box::new(record));
        let mut end = &self.first;
        while end.set(record).is_err() {
            if let Some(next) = end.get() {
                end = &next.next;
            }
        }
        record
    }
}

#[cfg(all(test, not(hot_reload_models)))]
mod tests {
    use super::*;

    fn address(number: usize) -> *mut () {
        ptr::without_provenance_mut(number * 8)
    }

    #[test]
    fn released_record_is_reused() {
        let domain = Domain::new();
        let first = domain.claim();
        let second = domain.claim();
        assert!(!ptr::eq(first, second), "one for each thread at once");
        for _ in 0..1_000 {
            first.leave();
            assert!(ptr::eq(domain.claim(), first));
        }
        second.leave();
        first.leave();
        assert_eq!(domain.records().count(), 2);
    }

    #[test]
    fn record_is_never_both_lent_and_owned() {
        let domain = Domain::new();
        let lent: Vec<_> = (0..3 * SLOTS).map(|_| domain.lend()).collect();
        let own = domain.claim();
        assert!(!own.shared);
        assert_eq!(domain.records().count(), 4);
        for slot in lent {
            slot.clear();
        }
        let again: Vec<_> = (0..3 * SLOTS).map(|_| domain.lend()).collect();
        assert_eq!(domain.records().count(), 4);
        for (number, slot) in again.iter().enumerate() {
            slot.hold(address(number + 1));
        }
        assert!((1..=3 * SLOTS).all(|number| domain.holds(address(number))));
    }

    #[test]
    fn protected_address_is_found_until_cleared() {
        let domain = Domain::new();
        let record = domain.claim();
        for number in 1..=SLOTS {
            let slot = record.free().expect("one that is free");
            slot.hold(address(number));
        }
        assert!(record.free().is_none());
        assert!((1..=SLOTS).all(|number| domain.holds(address(number))));
        record.slots[5].clear();
        assert!(!domain.holds(address(6)) && domain.holds(address(7)));
        record.leave();
        let next = domain.claim();
        assert!(ptr::eq(next, record), "with the guards that are left in it");
        let free = next.free().expect("the one that is free");
        assert!(ptr::eq(free, &record.slots[5]));
        assert!(domain.holds(address(1)));
    }
}
