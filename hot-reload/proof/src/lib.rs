//! The proof of the read cell, `hot-reload/src/live/cell.rs` with `hazard.rs`: the very files, over other parts.
//!
//! | tests | parts | what they show |
//! |---|---|---|
//! | `loom` | loom's, and fences for the barrier | nothing goes wrong in any order of events; it does when a fence or an order is taken away |
//! | `stress` | the standard library's, and the barrier that is shipped | nothing goes wrong in the orders that this machine brings about |
//! | `control` | the same, but nobody interrupts the readers | the load of `stress` would show it |
//!
//! ```text
//! cargo test --manifest-path hot-reload/proof/Cargo.toml -- --show-output
//! ```
//!
//! The output tells how many runs each model took, and within what bound: most are tried in every order, those of three
//! threads in every order with a few switches from a thread that could have gone on. `.ci/seeded-bugs reads/` takes one
//! line after the other out of the cell, and demands that the models notice.
//!
//! # What is not shown
//!
//! - The barrier by `membarrier` is no part of any memory model. That it may stand for the two fences is what the system
//!   promises; `stress` and `control` look whether it does. The models have the fences.
//! - The models and the load call the functions of `cell.rs` that `Live`, `Guard`, `Snapshot` and `Reader` call. These types
//!   add no `unsafe` code.
//! - `thread.rs` stands on the thread-locals of the system. The models have their own, with the same steps; `stress` has the
//!   real one.
//! - Loom gives a load each value that the orders allow, among the last seven that were stored there. It knows an address as
//!   a number only, so it does not see by which of two equal pointers a node is reached; Miri does.
//!
//! # Sanitizers
//!
//! `.ci/sanitize` runs the stress under AddressSanitizer, and then with planted bugs, which the sanitizer must report.
//!
//! The one for threads says nothing here: it does not know fences, which the portable form is made of, nor the standard
//! library unless that is built anew, and so it reports the very test harness.
//!
//! # Miri
//!
//! It knows fences and no system calls, so it takes the portable form, and fewer rounds:
//!
//! ```text
//! export RUSTFLAGS="--cfg hot_reload_portable" MIRIFLAGS="-Zmiri-many-seeds=0..256"
//! cargo +nightly miri test --manifest-path hot-reload/proof/Cargo.toml --test stress
//! cargo +nightly miri test -p hot_reload --lib live::
//! ```
//!
//! Not `loom` and not `control`: the one is a checker itself, the other is made to go wrong.
