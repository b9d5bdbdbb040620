//! The proof of the read cell: tests the files `hot-reload/src/live/cell.rs` and `hazard.rs` over other parts.
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
//! The output shows the number of runs of each model and its bound. Most models run in every order; those of three threads
//! run in every order with a few preemptions. `.ci/seeded-bugs reads/` removes single lines of the cell, and demands that
//! the models notice.
//!
//! # What is not shown
//!
//! - The barrier by `membarrier` is no part of any memory model. The system promises that it replaces the two fences;
//!   `stress` and `control` check that. The models have the fences.
//! - The models and the load call the functions of `cell.rs` that `Live`, `Guard`, `Snapshot` and `Reader` call. These types
//!   add no `unsafe` code.
//! - `thread.rs` uses the thread-locals of the system. The models have their own version with the same steps; `stress` has
//!   the real one.
//! - Loom gives a load each value that the orders allow, among the last seven that were stored there. It knows an address as
//!   a number only, so it does not see by which of two equal pointers a node is reached; Miri does.
//!
//! # Sanitizers
//!
//! `.ci/sanitize` runs the stress under AddressSanitizer, and then with planted bugs, which the sanitizer must report.
//!
//! ThreadSanitizer is of no use here. It does not know fences, which the portable form uses. It also reports the test
//! harness, unless the standard library is rebuilt.
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
//! Not `loom`, which is a checker itself, and not `control`, which must fail.
