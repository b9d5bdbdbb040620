//! The initial state of a run of a model, and the loop over all runs.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::Arc as Counted;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use loom::model::Builder;
use loom::sync::atomic::AtomicPtr;

use super::hazard::Domain;
use super::thread;

/// A fault that a model can plant in the cell without a change of its source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    NoLightBarrier,
    NoHeavyBarrier,
    RelaxedAnnouncement,
    NoFenceBehindTheCount,
}

impl Fault {
    pub(super) fn is_planted(self) -> bool {
        PLANTED.get() == Some(self)
    }
}

static QUIET_HOOK: Once = Once::new();

// All threads of a model are coroutines of one thread of the system.
thread_local! {
    static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static DOMAIN: Cell<Option<&'static Domain>> = const { Cell::new(None) };
    static SPARE: RefCell<Vec<&'static AtomicPtr<()>>> = const { RefCell::new(Vec::new()) };
    static ALIVE: Cell<i32> = const { Cell::new(0) };
    static PLACES: RefCell<Vec<(NonNull<u8>, Layout)>> = const { RefCell::new(Vec::new()) };
    static EMPTY: RefCell<Vec<(NonNull<u8>, Layout)>> = const { RefCell::new(Vec::new()) };
}

/// Runs a model under every order of events, with at most so many switches from a thread that could go on. Nothing may
/// go wrong in any, and no node may be left at the end.
#[track_caller]
pub(super) fn holds(switches: impl Into<Option<usize>>, model: impl Fn() + Send + Sync + 'static) {
    let (runs, began) = (Counted::new(AtomicUsize::new(0)), Instant::now());
    let bound = switches.into();
    let result = explore(bound, &runs, model);
    report(bound, &runs, began, "holds");
    if let Err(failure) = result {
        panic::resume_unwind(failure);
    }
}

/// The same with a fault in it. Passes only if it comes to light in some order of events, by what `message` says.
#[track_caller]
pub(super) fn finds(
    fault: impl Into<Option<Fault>>,
    message: &str,
    switches: impl Into<Option<usize>>,
    model: impl Fn() + Send + Sync + 'static,
) {
    let (runs, began) = (Counted::new(AtomicUsize::new(0)), Instant::now());
    let bound = switches.into();
    PLANTED.set(fault.into());
    // The expected failure is not printed.
    QUIET_HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let result = explore(bound, &runs, model);
    QUIET.set(false);
    PLANTED.set(None);
    report(bound, &runs, began, "finds the fault, as it must");
    let failure = result.expect_err("the fault does no harm in any order of events");
    let text = failure.downcast_ref::<String>().cloned();
    let text = text.or_else(|| {
        failure
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    });
    let text = text.unwrap_or_default();
    assert!(text.contains(message), "another failure: {text}");
}

fn explore(
    bound: Option<usize>,
    runs: &Counted<AtomicUsize>,
    model: impl Fn() + Send + Sync + 'static,
) -> std::thread::Result<()> {
    let mut builder = Builder::new();
    builder.preemption_bound = bound;
    // Each look through the slots is one for every slot.
    builder.max_branches = 20_000;
    let runs = Counted::clone(runs);
    panic::catch_unwind(AssertUnwindSafe(|| {
        builder.check(move || {
            runs.fetch_add(1, Ordering::Relaxed);
            begin();
            model();
            assert_eq!(ALIVE.get(), 0, "nodes are left");
        });
    }))
}

/// Shown by `-- --show-output`.
fn report(bound: Option<usize>, runs: &AtomicUsize, began: Instant, verdict: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    let bound = bound.map_or_else(
        || "every order".to_owned(),
        |switches| format!("every order with at most {switches} switches"),
    );
    let (runs, took) = (runs.load(Ordering::Relaxed), began.elapsed().as_secs_f32());
    println!("{name}: {verdict}; {bound}, {runs} runs, {took:.2} s");
}

fn begin() {
    EMPTY.take();
    for (place, layout) in PLACES.take() {
        // SAFETY: it came from `alloc`, and the run that used it is over.
        unsafe { dealloc(place.as_ptr(), layout) };
    }
    ALIVE.set(0);
    // Made before all other threads, so that each may use them.
    let spare = (0..8).map(|_| &*Box::leak(Box::new(AtomicPtr::new(ptr::null_mut()))));
    SPARE.set(spare.collect());
    DOMAIN.set(Some(Box::leak(Box::new(Domain::new()))));
    thread::reset();
}

/// The one domain of this run.
pub(super) fn domain() -> &'static Domain {
    DOMAIN.get().expect("a model")
}

/// One of the atomics that were made when the run began.
pub(super) fn spare() -> &'static AtomicPtr<()> {
    let spare = SPARE.with_borrow_mut(Vec::pop);
    spare.expect("a run has records enough with these")
}

/// Notes that there is a node more, or less.
pub(super) fn count(more: i32) {
    ALIVE.set(ALIVE.get() + more);
}

/// How many nodes there are.
pub(super) fn alive() -> i32 {
    ALIVE.get()
}

/// A place for a node, if possible one that had another before.
pub(super) fn place(layout: Layout) -> NonNull<u8> {
    let used = EMPTY.with_borrow_mut(|empty| {
        let at = empty.iter().position(|(_, size)| *size == layout)?;
        Some(empty.swap_remove(at).0)
    });
    used.unwrap_or_else(|| {
        // SAFETY: a node has a size.
        let place = NonNull::new(unsafe { alloc(layout) }).expect("memory");
        PLACES.with_borrow_mut(|places| places.push((place, layout)));
        place
    })
}

pub(super) fn give_back(place: NonNull<u8>, layout: Layout) {
    EMPTY.with_borrow_mut(|empty| empty.push((place, layout)));
}

/// Ends the model: something went wrong in this order of events.
#[track_caller]
pub(super) fn fail(why: &str) {
    if !std::thread::panicking() {
        panic!("{why}");
    }
}
