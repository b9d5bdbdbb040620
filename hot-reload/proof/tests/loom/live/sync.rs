//! The synchronization parts of the cell, in loom's version.
//!
//! Loom's atomics return every value that the orderings allow, also old ones. Two parts are implemented here:
//!
//! - [`Arc`] counts with the orderings of the standard library, or weaker ones. It keeps freed memory while a model runs, so
//!   that a read of a freed node is detected. The next node of its size may get its address.
//! - [`OnceLock`] can be made without loom, as the one in a `static` must be.

use std::alloc::Layout;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::OnceLock as Once;
use std::thread::panicking;

pub(super) use loom::sync::Mutex;
use loom::sync::atomic;
pub(super) use loom::sync::atomic::{AtomicBool, Ordering};

use super::world::{self, Fault};

/// A fence. A model can leave out the reader's half of the barrier, and the one behind the count of shares.
pub(super) fn fence(order: Ordering) {
    let left_out = match order {
        Ordering::SeqCst => Fault::NoLightBarrier,
        _ => Fault::NoFenceBehindTheCount,
    };
    if !left_out.is_planted() {
        atomic::fence(order);
    }
}

/// Loom's. It rests while a failure is on its way out through the guards, since loom cannot go on from there.
#[derive(Debug)]
pub(super) struct AtomicPtr<T>(atomic::AtomicPtr<T>);

impl<T> AtomicPtr<T> {
    #[track_caller]
    pub(super) fn new(pointer: *mut T) -> Self {
        Self(atomic::AtomicPtr::new(pointer))
    }

    #[track_caller]
    pub(super) fn load(&self, order: Ordering) -> *mut T {
        self.0.load(order)
    }

    #[track_caller]
    pub(super) fn store(&self, pointer: *mut T, order: Ordering) {
        if panicking() {
            return;
        }
        let relaxed = !pointer.is_null() && Fault::RelaxedAnnouncement.is_planted();
        let order = if relaxed { Ordering::Relaxed } else { order };
        self.0.store(pointer, order);
    }

    #[track_caller]
    pub(super) fn swap(&self, pointer: *mut T, order: Ordering) -> *mut T {
        self.0.swap(pointer, order)
    }

    #[track_caller]
    pub(super) fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.0.compare_exchange(current, new, success, failure)
    }
}

/// A counted share in a node.
pub(super) struct Arc<T> {
    counted: NonNull<Counted<T>>,
    _shared: PhantomData<Counted<T>>,
}

/// The node comes first, so that its address is that of the whole.
#[repr(C)]
struct Counted<T> {
    node: T,
    shares: atomic::AtomicUsize,
}

impl<T> Arc<T> {
    pub(super) fn new(node: T) -> Self {
        let place = world::place(Layout::new::<Counted<T>>()).cast::<Counted<T>>();
        let shares = atomic::AtomicUsize::new(1);
        // SAFETY: the place is of this size, and nobody has it.
        unsafe { place.write(Counted { node, shares }) };
        Self::of(place)
    }

    pub(super) fn into_raw(this: Self) -> *const T {
        let node = Self::as_ptr(&this);
        mem::forget(this);
        node
    }

    /// # Safety
    ///
    /// It comes from `into_raw`, and there is a share for it.
    pub(super) unsafe fn from_raw(node: *const T) -> Self {
        Self::of(NonNull::new(node.cast_mut().cast()).expect("a node"))
    }

    /// # Safety
    ///
    /// It comes from `into_raw`, and there is a share of it.
    pub(super) unsafe fn increment_strong_count(node: *const T) {
        // SAFETY: as the caller says.
        let share = ManuallyDrop::new(unsafe { Self::from_raw(node) });
        mem::forget(Self::clone(&share));
    }

    pub(super) fn as_ptr(this: &Self) -> *const T {
        this.counted.as_ptr().cast_const().cast()
    }

    pub(super) fn strong_count(this: &Self) -> usize {
        this.counted().shares.load(Ordering::Relaxed)
    }

    fn of(counted: NonNull<Counted<T>>) -> Self {
        Self {
            counted,
            _shared: PhantomData,
        }
    }

    fn counted(&self) -> &Counted<T> {
        // SAFETY: places are given back when the model is over.
        unsafe { self.counted.as_ref() }
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        let before = self.counted().shares.fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            world::fail("a node is shared that was freed");
        }
        Self::of(self.counted)
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.counted().node
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        if panicking() || self.counted().shares.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // The standard library has a fence here, which would also stand in for one that is missing in the cell.
        self.counted().shares.load(Ordering::Acquire);
        // SAFETY: this was the last share. What somebody may still read of it by mistake stays in its place.
        unsafe { self.counted.drop_in_place() };
        world::give_back(self.counted.cast(), Layout::new::<Counted<T>>());
    }
}

/// Set once. Made without loom; what loom sees of it was made when the model began.
#[derive(Debug)]
pub(super) struct OnceLock<T> {
    seen: Once<&'static atomic::AtomicPtr<()>>,
    _value: PhantomData<T>,
}

impl<T> OnceLock<T> {
    pub(super) const fn new() -> Self {
        Self {
            seen: Once::new(),
            _value: PhantomData,
        }
    }

    pub(super) fn get(&self) -> Option<&T> {
        let value = self.seen().load(Ordering::Acquire).cast::<T>();
        // SAFETY: `set` has leaked it.
        unsafe { value.as_ref() }
    }

    pub(super) fn set(&self, value: T) -> Result<(), T> {
        let value = Box::into_raw(Box::new(value));
        self.seen()
            .compare_exchange(
                std::ptr::null_mut(),
                value.cast(),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .map(drop)
            // SAFETY: nobody has seen it.
            .map_err(|_| *unsafe { Box::from_raw(value) })
    }

    fn seen(&self) -> &atomic::AtomicPtr<()> {
        self.seen.get_or_init(world::spare)
    }
}
