//! [`Cell`]: the one place that holds the visible value, and the protocol by which it is read without waiting.
//!
//! The value is a node behind one pointer. To read it, a thread announces the pointer in a slot of its own, and looks
//! whether it is still the newest; if so, nobody frees the node while it stands in the slot. To replace it, the publisher
//! puts another pointer in its place and retires the node. Retired nodes are freed by the publisher and by nobody else,
//! when no slot holds them and nobody shares them.
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
//! - The barriers of 3 and b are in one order. If 3 comes first, c sees the slot. If b comes first, 4 sees what a did, and
//!   the reader tries again. So whoever gets past 5 is seen by c, until the slot is cleared.
//! - A node that was freed between 1 and 4, and whose address was given to a newer one, does no harm: what 4 read is
//!   protected, is the newest, and is what the reader goes on with, not what 1 read.
//! - A slot is cleared, and filled again, with release; c acquires. So all reading under a slot that c finds empty, or filled
//!   with something else, has happened before e.
//! - A node is shared by somebody who protects it, while it is protected, or by somebody who shares it already. After
//!   a and c nobody protects it, and nobody can any more. So the count that d reads can only go down, and if it says
//!   that the publisher is alone, it is.
//! - A holder releases its share with release ordering, and d acquires. So everything that the holder did with the node
//!   happens before e, and before the retire hooks in between.
//! - A guard borrows the cell, so none is left when the cell is dropped.
//! - A guard on a part borrows both the cell and the part, and its type names both lifetimes. The projecting closure may
//!   return a reference from outside the node, such as one that it has captured.
//!
//! The models in `hot-reload/proof` run this file under every order of events, and find each of its barriers, orders and
//! comparisons missing when it is taken away.
#![allow(
    unsafe_code,
    reason = "the one place where a value is reached by a bare pointer; the proof stands above"
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

/// Holds the newest node, and those before it that somebody may still read. `T` is what is noted when one is retired.
///
/// Alone on its cache lines: the count of the handles beside it, or another cell, would slow every reader down.
#[repr(align(128))]
pub(super) struct Cell<N, T> {
    /// Null until the first node. Otherwise it comes from `Arc::into_raw`, and one count belongs to it.
    current: AtomicPtr<N>,
    retired: Mutex<Vec<Retired<N, T>>>,
    /// What `current` stands for: the cell is `Send` and `Sync` where this is.
    _shared: PhantomData<Arc<N>>,
}

struct Retired<N, T> {
    node: Arc<N>,
    since: T,
}

impl<N, T> Cell<N, T> {
    pub(super) fn new() -> Self {
        // Readers rely on the answer, and shall not be those who wait for it.
        barrier::is_light_enough();
        Self {
            current: AtomicPtr::new(ptr::null_mut()),
            retired: Mutex::new(Vec::new()),
            _shared: PhantomData,
        }
    }

    /// The newest node, protected for as long as it is looked at; nothing before the first. Never waits.
    #[inline]
    pub(super) fn protect(&self) -> Option<Protected<'_, N>> {
        match self.hold_at_once() {
            Some(held) => Some(Protected::new(held)),
            None => self.hold_otherwise().map(Protected::new),
        }
    }

    /// As [`protect`](Self::protect), for whoever knows that there is a node, or does not return.
    #[inline(always)]
    pub(super) fn protect_or<'a>(
        &'a self,
        panic: impl FnOnce() -> Held<'a, N>,
    ) -> Protected<'a, N> {
        // Not by way of `protect`: the usual case shall not be asked twice.
        Protected::new(match self.hold_at_once() {
            Some(held) => held,
            None => self.hold_otherwise().unwrap_or_else(panic),
        })
    }

    /// A share in the newest node. Never waits.
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

    /// The usual case where the system grants no barrier in other threads: with a fence.
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

    /// For the first reading of a thread, for the second guard at once, for when a publication came in between.
    #[cold]
    fn hold_at_length(&self) -> Option<Held<'_, N>> {
        // No slot is asked for before there is a node: one that is lent would not be given back.
        while !self.current.load(Ordering::Relaxed).is_null() {
            // Whatever the system grants, a fence will do.
            let held = self.hold_in(thread::slot(), || fence(Ordering::SeqCst));
            if held.is_some() {
                return held;
            }
        }
        None
    }

    /// Steps 1 to 5. Nothing if a publication came in between, or if there is no node yet; the slot is free again then.
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
        // What was read last is what is protected, even if it is the same. It cannot be null now.
        let node = NonNull::new(now)?;
        Some(Held {
            node,
            slot,
            _borrowed: PhantomData,
        })
    }

    /// Whether this is the newest node. It cannot be mistaken for another at its address, because whoever asks holds it.
    pub(super) fn is_newest(&self, node: &Arc<N>) -> bool {
        ptr::eq(self.current.load(Ordering::Relaxed), Arc::as_ptr(node))
    }

    /// The newest node, by way of a share that is renewed when it is not the newest any more, for whoever knows that there is
    /// a node, or does not return.
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
        // SAFETY: it is the node of a share, which stays for as long as `kept` is borrowed: either it is at an address where
        // there is one, or it was looked at just now. By way of the share and not of what was loaded, so that nothing waits
        // for the loading.
        unsafe { &*kept.node }
    }

    #[cold]
    fn renew(&self, kept: &mut Kept<N>) {
        *kept = Kept::new(self.get());
    }

    /// Makes a node visible, and retires the one before it.
    pub(super) fn put(&self, node: Arc<N>, now: T) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let node = Arc::into_raw(node).cast_mut();
        let before = self.current.swap(node, Ordering::AcqRel);
        if !before.is_null() {
            retired.push(Retired {
                // SAFETY: it came from `Arc::into_raw`, and the count that belonged to `current` is taken over.
                node: unsafe { Arc::from_raw(before) },
                since: now,
            });
        }
    }

    /// The retired nodes of which what was noted is so, and that nobody holds or shares, for the caller to free, who shall be
    /// no reader; each with what was noted.
    pub(super) fn sweep(&self, is_due: impl Fn(&T) -> bool) -> Vec<(Arc<N>, T)> {
        self.sweep_if(|retired| is_due(&retired.since) && is_unshared(&retired.node))
    }

    /// The retired nodes that nobody holds: those that are shared are left to whoever shares them. For the end, after which
    /// nobody sweeps.
    pub(super) fn let_go(&self) -> Vec<(Arc<N>, T)> {
        self.sweep_if(|_| true)
    }

    fn sweep_if(&self, is_over: impl Fn(&Retired<N, T>) -> bool) -> Vec<(Arc<N>, T)> {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        if !retired.iter().any(&is_over) || !barrier::heavy() {
            return Vec::new();
        }
        let free = retired.extract_if(.., |retired| {
            // In this order: whoever has come to share it had protected it before.
            is_over(retired) && !is_held(&retired.node) && is_over(retired)
        });
        free.map(|retired| (retired.node, retired.since)).collect()
    }

    /// What is retired and not yet freed, the oldest first: something of each, made of the node and of what was noted.
    pub(super) fn list_retired<R>(&self, of: impl Fn(&N, &T) -> R) -> Vec<R> {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let each = retired.iter();
        each.map(|retired| of(&retired.node, &retired.since))
            .collect()
    }

    /// How many such nodes are retired and not yet freed, and what was noted of the oldest.
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
            // SAFETY: it came from `Arc::into_raw`, its count is taken over, and nobody protects it: a guard borrows the
            // cell.
            left.push(unsafe { Arc::from_raw(current) });
        }
        let mut first_panic = None;
        for node in left {
            // Only a guard that was forgotten holds it now, and does so for ever. If the address became another's, that one
            // would never be freed. (For a moment it may also be a reader of another cell whose pointer has grown old, and a
            // value is kept in vain.)
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

/// Whether the caller has the only share. If so, everything that others did with the node happens before this returns.
pub(super) fn is_unshared<N>(node: &Arc<N>) -> bool {
    let is_unshared = Arc::strong_count(node) == 1;
    if is_unshared {
        // `strong_count` is a relaxed load.
        fence(Ordering::Acquire);
    }
    is_unshared
}

/// Whether somebody has announced to read it. True to what was announced before the barrier that the caller has behind it.
fn is_held<N>(node: &Arc<N>) -> bool {
    thread::domain().holds(Arc::as_ptr(node).cast_mut().cast())
}

impl<N, T> fmt::Debug for Cell<N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

/// A share that somebody keeps for the next time, or none.
pub(super) struct Kept<N> {
    /// From `Arc::into_raw`, and one count belongs to it; or [`NOWHERE`].
    node: *const N,
    _share: PhantomData<Arc<N>>,
}

/// The address of no node, and not null either, so that it is never mistaken for the newest.
const NOWHERE: usize = usize::MAX;

// SAFETY: it is an `Arc` in another guise.
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
            // SAFETY: it came from `Arc::into_raw`, and there is the count that belongs to it.
            unsafe { share(self.node) }
        })
    }
}

impl<N> Drop for Kept<N> {
    fn drop(&mut self) {
        if self.node.addr() != NOWHERE {
            // SAFETY: it came from `Arc::into_raw`, and the count that belongs to it is taken over.
            drop(unsafe { Arc::from_raw(self.node) });
        }
    }
}

impl<N> Clone for Kept<N> {
    fn clone(&self) -> Self {
        Self::new(self.share())
    }
}

/// One more share in a node.
///
/// # Safety
///
/// The pointer comes from `Arc::into_raw`, and somebody has a count of it.
#[inline(always)]
unsafe fn share<N>(node: *const N) -> Arc<N> {
    // SAFETY: just that.
    unsafe {
        Arc::increment_strong_count(node);
        Arc::from_raw(node)
    }
}

/// A node, and the slot that it was announced in.
pub(super) struct Held<'a, N> {
    node: NonNull<N>,
    slot: &'static Slot,
    _borrowed: PhantomData<&'a N>,
}

/// A node that stands in a slot and so is not freed, and the part of it that is looked at.
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
        // SAFETY: the part is the node or lies in it, and the slot protects the node until `self` is dropped. Or it was borrowed
        // from elsewhere for as long as `P` lives, and `P: 'a`.
        unsafe { self.part.as_ref() }
    }

    #[inline(always)]
    pub(super) fn node(&self) -> &N {
        // SAFETY: it is protected until `self` is dropped.
        unsafe { self.node.as_ref() }
    }

    /// A part of the part.
    #[inline(always)]
    pub(super) fn map<Q: ?Sized>(self, part: impl FnOnce(&P) -> &Q) -> Protected<'a, N, Q> {
        let mapped = Protected {
            part: NonNull::from(part(self.part())),
            node: self.node,
            slot: self.slot,
            _borrowed: PhantomData,
        };
        // The slot goes with what was made of it.
        mem::forget(self);
        mapped
    }

    /// A share in the node, which keeps it from now on.
    #[inline(always)]
    pub(super) fn share(&self) -> Arc<N> {
        // SAFETY: it came from `Arc::into_raw`, and while it is protected, the cell or the list of the retired has a count
        // of it.
        unsafe { share(self.node.as_ptr().cast_const()) }
    }
}

impl<N, P: ?Sized> Drop for Protected<'_, N, P> {
    #[inline(always)]
    fn drop(&mut self) {
        self.slot.clear();
    }
}
