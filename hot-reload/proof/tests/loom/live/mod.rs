//! The files of the library, with the parts of the model checker loom.
//!
//! | | content | replaces |
//! |---|---|---|
//! | `cell`, `hazard` | the files of the library | |
//! | `sync`, `node` | over loom | `std::sync` |
//! | `barrier` | the fences, which a model can leave out | `barrier/fences.rs` |
//! | `thread` | the same steps, for loom's threads | `thread.rs` |
#![allow(
    dead_code,
    reason = "the library has a use for all of it, the models for a part"
)]

mod barrier;
#[path = "../../../../src/live/cell.rs"]
mod cell;
#[path = "../../../../src/live/hazard.rs"]
mod hazard;
mod models;
mod node;
mod sync;
mod thread;
mod world;
