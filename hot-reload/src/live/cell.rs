//! [`Cell`]: a hazard-pointer cell. Readers protect a pointer in a per-thread slot; the publisher reclaims.
//!
//! The value is a node behind one pointer. To read it, a thread stores the pointer in one of its slots (a *hazard pointer*), then
//! checks that the pointer is still the newest. If so, the node is *protected* until the slot is cleared. To replace the node,
//! the publisher swaps the pointer and *retires* the old node. Only the publisher *reclaims* retired nodes: when no slot has
//! them and nobody shares them.
//!
//! ```text
//!   reader                                   publisher
//!   1  seen  := current                      a  before := current; current := node
//!   2  slot  := seen        (release)        b  barrier, heavy
//!   3  barrier, light                        c  is `before` in any slot?  (acquire)
//!   4  now   := current     (acquire)        d  does anybody share it?     (acquire)
//!   5  now = seen?  then it is protected     e  no, no: free it
//! ```
//!
//! # Proof
//!
//! - The barriers of 3 and b have a total order. If 3 comes first, c sees the slot. If b comes first, 4 sees the store of a, and
//!   the reader tries again. So c sees every reader that got past 5, until the slot is cleared.
//! - Between 1 and 4 a node may be freed and its address reused for a newer node. That is harmless: the reader uses the pointer
//!   that 4 read, which is the newest and is protected, not the one that 1 read.
//! - Slots are cleared and refilled with release ordering, and c acquires. So all reads under a slot that c finds empty, or
//!   refilled, happen before e.
//! - Only a thread that protects a node, or has a share already, can make another share. After a and c, no thread protects the
//!   node and no thread can start to. So the count that d reads can only go down; if it is one, the publisher is alone.
//! - A holder drops its share with release ordering, and d acquires. So everything that the holder did with the node happens
//!   before e, and before the retire hooks in between.
//! - A guard borrows the cell, so no guard is left when the cell is dropped.
//! - A guard on a part borrows both the cell and the part, and its type names both lifetimes. The projecting closure may
//!   return a reference from outside the node, such as one that it has captured.
//!
//! The models in `hot-reload/proof` run this file in every order of events. They fail for each barrier, ordering and comparison
//! that is taken away.
#![allow(
    unsafe_code,
    reason = "the only file that dereferences a raw pointer to a value; the proof is above"
)]

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::ptr::NonNull;
use std::sync::PoisonError;
use std::thread::panicking;

use super::barrier;
use super::hazard::Slot;
use super::sync::{Arc, AtomicPtr, Mutex, Ordering, fence};
use super::thread;

/// The newest node, and the retired nodes that readers may still hold. `T` is recorded with each retired node.
///
/// Aligned to its own cache lines: a neighbor that is written often would slow every reader down.
#[repr(align(128))]
pub(super) struct Cell<N, T> {
    /// Null until the first node. Otherwise from `Arc::into_raw`, and it owns one count.
    current: AtomicPtr<N>,
    retired: Mutex<Vec<Retired<N, T>>>,
    /// `current` in another form, so that the cell is `Send` and `Sync` under the same conditions as an `Arc`.
    _shared: PhantomData<Arc<N>>,
}

struct Retired<N, T> {
    node: Arc<N>,
    since: T,
}

impl<N, T> Cell<N, T> {
    pub(super) fn new() -> Self {
        // Asks the kernel now, so that no reader has to.
        barrier::is_light_enough();
        Self {
            current: AtomicPtr::new(ptr::null_mut()),
            retired: Mutex::new(Vec::new()),
            _shared: PhantomData,
        }
    }

    /// Protects the newest node. `None` before the first. Never waits.
    #[inline]
    pub(super) fn protect(&self) -> Option<Protected<'_, N>> {
        match self.hold_at_once() {
            Some(held) => Some(Protected::new(held)),
            None => self.hold_otherwise().map(Protected::new),
        }
    }

    /// Protects the newest node as [`protect`](Self::protect) does. Calls `panic` before the first.
    #[inline(always)]
    pub(super) fn protect_or<'a>(
        &'a self,
        panic: impl FnOnce() -> Held<'a, N>,
    ) -> Protected<'a, N> {
        // Does not call `protect`, so that the usual case has one branch.
        Protected::new(match self.hold_at_once() {
            Some(held) => held,
            None => self.hold_otherwise().unwrap_or_else(panic),
        })
    }

    /// Returns a share in the newest node. Never waits.
    #[inline]
    pub(super) fn get(&self) -> Option<Arc<N>> {
        match self.hold_at_once() {
            Some(held) => Some(Protected::new(held).share()),
            None => self.get_otherwise(),
        }
    }

    #[inline(never)]
    fn get_otherwise(&self) -> Option<Arc<N>> {
        let protected = self.hold_otherwise().map(Protected::new);
        protected.map(|protected| protected.share())
    }

    /// The usual case.
    #[inline(always)]
    fn hold_at_once(&self) -> Option<Held<'_, N>> {
        let slot = thread::first();
        if slot.is_free() {
            self.hold_in(slot, barrier::light)
        } else {
            None
        }
    }

    /// The usual case where the kernel refuses `membarrier`: with a fence.
    #[inline(never)]
    fn hold_otherwise(&self) -> Option<Held<'_, N>> {
        let slot = thread::fenced();
        if slot.is_free()
            && let Some(held) = self.hold_in(slot, || fence(Ordering::SeqCst))
        {
            return Some(held);
        }
        self.hold_at_length()
    }

    /// For a thread's first read, for further guards at once, and after a publication came in between.
    #[cold]
    fn hold_at_length(&self) -> Option<Held<'_, N>> {
        // Takes no slot before there is a node: a borrowed slot would not be returned.
        while !self.current.load(Ordering::Relaxed).is_null() {
            // A fence is correct whether or not the kernel grants `membarrier`.
            let held = self.hold_in(thread::slot(), || fence(Ordering::SeqCst));
            if held.is_some() {
                return held;
            }
        }
        None
    }

    /// Steps 1 to 5. `None` if there is no node yet, or if a publication came in between; the slot is then free again.
    #[inline(always)]
    fn hold_in(&self, slot: &'static Slot, light: impl FnOnce()) -> Option<Held<'_, N>> {
        let seen = NonNull::new(self.current.load(Ordering::Relaxed))?;
        slot.hold(seen.as_ptr().cast());
        light();
        let now = self.current.load(Ordering::Acquire);
        if now != seen.as_ptr() {
            slot.clear();
            return None;
        }
        // Uses the pointer that was read last, as the proof requires. It equals `seen`, which is not null.
        let node = NonNull::new(now)?;
        Some(Held {
            node,
            slot,
            _borrowed: PhantomData,
        })
    }

    /// Returns the newest node through a kept share, which is renewed when it is out of date. Calls `panic` before the first
    /// node.
    #[inline(always)]
    pub(super) fn newest_or<'k>(
        &self,
        kept: &'k mut Kept<N>,
        panic: impl FnOnce() -> &'k N,
    ) -> &'k N {
        let current = self.current.load(Ordering::Relaxed);
        if current.addr() != kept.node.addr() {
            self.renew(kept);
            if kept.node.addr() == NOWHERE {
                return panic();
            }
        }
        // SAFETY: `kept.node` is not `NOWHERE`: it either equals `current`, which never is, or was checked above. So `kept` has a
        // share in it, for as long as it is borrowed. Reading through `kept` and not through `current` spares the processor a wait
        // for the load.
        unsafe { &*kept.node }
    }

    #[cold]
    fn renew(&self, kept: &mut Kept<N>) {
        *kept = Kept::new(self.get());
    }

    /// Makes a node visible and retires the one before it.
    pub(super) fn put(&self, node: Arc<N>, now: T) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let node = Arc::into_raw(node).cast_mut();
        let before = self.current.swap(node, Ordering::AcqRel);
        if !before.is_null() {
            retired.push(Retired {
                // SAFETY: it came from `Arc::into_raw`, and this takes over the count that `current` owned.
                node: unsafe { Arc::from_raw(before) },
                since: now,
            });
        }
    }

    /// Removes the due retired nodes that have no protection and no other share. The caller, which must not be a reader, drops
    /// them.
    pub(super) fn sweep(&self, is_due: impl Fn(&T) -> bool) -> Vec<(Arc<N>, T)> {
        self.sweep_if(|retired| is_due(&retired.since) && is_unshared(&retired.node))
    }

    /// Removes the unprotected retired nodes at the end of a service. The last holder of a share frees a shared node.
    pub(super) fn let_go(&self) -> Vec<(Arc<N>, T)> {
        self.sweep_if(|_| true)
    }

    fn sweep_if(&self, is_over: impl Fn(&Retired<N, T>) -> bool) -> Vec<(Arc<N>, T)> {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        if !retired.iter().any(&is_over) || !barrier::heavy() {
            return Vec::new();
        }
        let free = retired.extract_if(.., |retired| {
            // In this order: a thread that made a share meanwhile had protected the node before.
            is_over(retired) && !is_held(&retired.node) && is_over(retired)
        });
        free.map(|retired| (retired.node, retired.since)).collect()
    }

    /// Maps the retired nodes that are not yet reclaimed, the oldest first.
    pub(super) fn list_retired<R>(&self, of: impl Fn(&N, &T) -> R) -> Vec<R> {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let each = retired.iter();
        each.map(|retired| of(&retired.node, &retired.since))
            .collect()
    }

    /// Counts the retired nodes that meet a condition and are not yet reclaimed, with the record of the oldest.
    pub(super) fn retired(&self, such: impl Fn(&N) -> bool) -> (usize, Option<T>)
    where
        T: Copy,
    {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let such = retired.iter().filter(|retired| such(&retired.node));
        such.fold((0, None), |(count, oldest), retired| {
            (count + 1, oldest.or(Some(retired.since)))
        })
    }
}

impl<N, T> Drop for Cell<N, T> {
    fn drop(&mut self) {
        let retired = mem::take(&mut *self.retired.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left: Vec<_> = retired.into_iter().map(|retired| retired.node).collect();
        let current = self.current.load(Ordering::Acquire);
        if !current.is_null() {
            // SAFETY: it came from `Arc::into_raw`, this takes over its count, and nobody protects it: a guard borrows the cell.
            left.push(unsafe { Arc::from_raw(current) });
        }
        let mut first_panic = None;
        for node in left {
            // Only a forgotten guard protects it now, for ever. If the address were reused, its new node could never be
            // reclaimed. (A reader of another cell with an outdated pointer may also store the address for a moment. Then the
            // value leaks.)
            if is_held(&node) {
                mem::forget(node);
            } else if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(node))) {
                // The remaining nodes are still dropped.
                first_panic.get_or_insert(panic);
            }
        }
        if let Some(panic) = first_panic
            && !panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// Whether the caller has the only share. If so, everything that other holders did with the node happens before this returns.
pub(super) fn is_unshared<N>(node: &Arc<N>) -> bool {
    let is_unshared = Arc::strong_count(node) == 1;
    if is_unshared {
        // `strong_count` is a relaxed load.
        fence(Ordering::Acquire);
    }
    is_unshared
}

/// Whether a slot protects the node. Sees every slot that was filled before the caller's last barrier.
fn is_held<N>(node: &Arc<N>) -> bool {
    thread::domain().holds(Arc::as_ptr(node).cast_mut().cast())
}

impl<N, T> fmt::Debug for Cell<N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

/// A share that is kept from one read to the next, or none.
pub(super) struct Kept<N> {
    /// From `Arc::into_raw`, and it owns one count; or [`NOWHERE`].
    node: *const N,
    _share: PhantomData<Arc<N>>,
}

/// The address of no node. Not null, so that it never equals `current`.
const NOWHERE: usize = usize::MAX;

// SAFETY: it is an `Arc` in another form.
unsafe impl<N: Send + Sync> Send for Kept<N> {}
// SAFETY: as above.
unsafe impl<N: Send + Sync> Sync for Kept<N> {}

impl<N> Kept<N> {
    pub(super) fn new(share: Option<Arc<N>>) -> Self {
        Self {
            node: share.map_or(ptr::without_provenance(NOWHERE), Arc::into_raw),
            _share: PhantomData,
        }
    }

    pub(super) fn share(&self) -> Option<Arc<N>> {
        (self.node.addr() != NOWHERE).then(|| {
            // SAFETY: it came from `Arc::into_raw`, and `self` owns a count of it.
            unsafe { share(self.node) }
        })
    }
}

impl<N> Drop for Kept<N> {
    fn drop(&mut self) {
        if self.node.addr() != NOWHERE {
            // SAFETY: it came from `Arc::into_raw`, and this takes over the count that `self` owned.
            drop(unsafe { Arc::from_raw(self.node) });
        }
    }
}

impl<N> Clone for Kept<N> {
    fn clone(&self) -> Self {
        Self::new(self.share())
    }
}

/// Makes one more share in a node.
///
/// # Safety
///
/// The pointer comes from `Arc::into_raw`, and somebody owns a count of it during the call.
#[inline(always)]
unsafe fn share<N>(node: *const N) -> Arc<N> {
    // SAFETY: the caller guarantees both.
    unsafe {
        Arc::increment_strong_count(node);
        Arc::from_raw(node)
    }
}

/// A node, and the slot that protects it.
pub(super) struct Held<'a, N> {
    node: NonNull<N>,
    slot: &'static Slot,
    _borrowed: PhantomData<&'a N>,
}

/// A node that a slot protects, and the part of it that is read. Dropping it clears the slot.
pub(super) struct Protected<'a, N, P: ?Sized + 'a = N> {
    part: NonNull<P>,
    node: NonNull<N>,
    slot: &'static Slot,
    /// Borrows the node from the cell, and the part from wherever it lives: a projection may return a reference from outside
    /// the node. The raw pointers make it `!Send`, because the slot belongs to its thread.
    _borrowed: PhantomData<(&'a N, &'a P)>,
}

impl<'a, N> Protected<'a, N> {
    #[inline(always)]
    fn new(held: Held<'a, N>) -> Self {
        Self {
            part: held.node,
            node: held.node,
            slot: held.slot,
            _borrowed: PhantomData,
        }
    }
}

impl<'a, N, P: ?Sized> Protected<'a, N, P> {
    #[inline(always)]
    pub(super) fn part(&self) -> &P {
        // SAFETY: the part is the node or lies in it, and the slot protects the node until `self` is dropped. Or the part was
        // borrowed from elsewhere for `'a`, because `P: 'a`.
        unsafe { self.part.as_ref() }
    }

    #[inline(always)]
    pub(super) fn node(&self) -> &N {
        // SAFETY: the slot protects it until `self` is dropped.
        unsafe { self.node.as_ref() }
    }

    /// Narrows the part.
    #[inline(always)]
    pub(super) fn map<Q: ?Sized>(self, part: impl FnOnce(&P) -> &Q) -> Protected<'a, N, Q> {
        let mapped = Protected {
            part: NonNull::from(part(self.part())),
            node: self.node,
            slot: self.slot,
            _borrowed: PhantomData,
        };
        // `mapped` has the slot now.
        mem::forget(self);
        mapped
    }

    /// Returns a share in the node.
    #[inline(always)]
    pub(super) fn share(&self) -> Arc<N> {
        // SAFETY: it came from `Arc::into_raw`, and while it is protected, the cell or its list of retired nodes owns a count.
        unsafe { share(self.node.as_ptr().cast_const()) }
    }
}

impl<N, P: ?Sized> Drop for Protected<'_, N, P> {
    #[inline(always)]
    fn drop(&mut self) {
        self.slot.clear();
    }
}
