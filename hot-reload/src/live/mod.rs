//! The read side of a service: the handles that request code holds.
//!
//! - [`Live`]: the handle, cheap to clone;
//! - [`Guard`](crate::Guard), [`Snapshot`](crate::Snapshot), [`Reader`]: three ways to hold one value;
//! - [`Projection`], [`PartSnapshot`], [`PartChanges`]: the same for a part of the value;
//! - [`Changes`](crate::Changes): the subscription to new values;
//! - [`Callback`]: a function that is called for each change;
//! - [`Retained`]: the replaced values that readers still hold.
//!
//! ```text
//!   Live ─┬─▶ shared ─┬─▶ cell ──▶ hazard, thread, barrier    the visible value; how it is read and freed
//!         │           ├─▶ follow, derive                      the projections with subscribers, derived values
//!   Publisher         └─▶ notifications                       the channel that wakes subscribers
//! ```
//!
//! # Limits
//!
//! - The first read of a thread may wait for the first read of another thread: both add to one list of slots.
//! - Reading is lock-free but not wait-free: a read that a publication overtakes tries again.
//! - On Linux, readers rely on the kernel's answer to `membarrier`. A filter that fakes success is not detected.

mod barrier;
pub(crate) mod callback;
mod cell;
pub(crate) mod changes;
mod derive;
mod follow;
pub(crate) mod guard;
pub(crate) mod handle;
mod hazard;
mod notifications;
mod prepared;
mod projection;
mod publisher;
mod reader;
mod retained;
mod shared;
mod sync;
mod thread;
mod wake;

pub use self::callback::Callback;
pub(crate) use self::handle::Live;
pub use self::projection::{PartChanges, PartSnapshot, Projection};
pub(crate) use self::publisher::{Publisher, Replaced};
pub use self::reader::Reader;
pub use self::retained::Retained;
