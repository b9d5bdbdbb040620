//! The load of files: whether they are at rest, and bytes of one state.
//!
//! ```text
//! poll ─▶ settle ─▶ load ─▶ view ─▶ bytes ─▶ memory
//! ```

pub(crate) mod bytes;
pub(crate) mod load;
pub(crate) mod memory;
mod patience;
mod pinned;
mod poll;
mod proof;
pub(crate) mod readiness;
mod settle;
pub(crate) mod stamp;
pub(crate) mod touch;
pub(crate) mod view;
