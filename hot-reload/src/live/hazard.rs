//! [`Domain`]: where the readers of a process announce what they read.
//!
//! A [`Slot`] holds the address of what one guard protects. Each thread has a [`Record`] of slots for itself. What does
//! not fit into it, and what is read while a thread ends, goes into slots that are lent. Records are never freed: there are
//! as many as there were threads at once.

use std::iter;
use std::ptr;

use super::sync::{AtomicBool, AtomicPtr, OnceLock, Ordering};

/// Where one guard announces what it protects.
///
/// Null means free. Whoever stored an address is the only one to store the next, which is null again.
#[derive(Debug)]
pub(super) struct Slot(pub(super) AtomicPtr<()>);

impl Slot {
    fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Only for the thread that filled it last.
    #[inline(always)]
    pub(super) fn is_free(&self) -> bool {
        self.0.load(Ordering::Relaxed).is_null()
    }

    /// Announces. Released, though it only tells of an intention: the slot may have protected something else before, and
    /// whoever finds that gone must find the reading of it done.
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

/// What stands in a slot that is nobody's to take: the address of nothing.
pub(super) const LENT: usize = 1;

/// As many as make a record two cache lines long, so that no two threads write to one line.
const SLOTS: usize = 13;

#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Record {
    slots: [Slot; SLOTS],
    /// Whether a thread has it for itself.
    taken: AtomicBool,
    /// Whether it is there to be lent, slot by slot.
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

    /// A slot for the thread whose record this is, unless it holds so many guards.
    ///
    /// The guard that was in it last may be one of the thread that had the record before, so what that one read is acquired.
    pub(super) fn free(&self) -> Option<&Slot> {
        self.slots
            .iter()
            .find(|slot| slot.0.load(Ordering::Acquire).is_null())
    }

    /// Gives the record to the next thread that asks. A guard may still be in it; its slot stays its own.
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

    /// A record for a thread: one that was left, or a new one.
    pub(super) fn claim(&self) -> &'static Record {
        let left = self.records().find(|record| record.take());
        left.unwrap_or_else(|| self.add(Record::new(false)))
    }

    /// A slot for one guard, which is given back by being cleared.
    pub(super) fn lend(&self) -> &'static Slot {
        let shared = self.records().filter(|record| record.shared);
        let borrowed = shared
            .flat_map(|record| &record.slots)
            .find(|slot| slot.borrow());
        borrowed.unwrap_or_else(|| {
            let record = Record::new(true);
            // Before anybody else knows it.
            record.slots[0].borrow();
            &self.add(record).slots[0]
        })
    }

    /// Whether somebody has announced to read what is at this address. True to what was announced before the barrier that
    /// the caller has behind it.
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

    /// Hangs a record at the end of the list.
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
    fn a_record_that_a_thread_has_left_is_the_next_ones() {
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
    fn a_record_is_lent_or_owned_and_never_both() {
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
    fn what_was_announced_is_found_until_it_is_taken_back() {
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
