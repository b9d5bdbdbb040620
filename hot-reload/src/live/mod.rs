//! The read side of a service: the handles that request code holds.
//!
//! - [`Live`]: the handle, cheap to clone;
//! - [`Guard`], [`Snapshot`](crate::Snapshot), [`Reader`]: three ways to hold one value;
//! - [`Projection`]: a handle on a part of the value;
//! - [`Changes`]: the subscription to new values;
//! - [`Callback`]: a function that is called for each change.
//!
//! ```text
//!   Live ─┬─▶ shared ─┬─▶ cell ──▶ hazard, thread, barrier    the visible value; how it is read and freed
//!         │           ├─▶ follow                              the projections with subscribers
//!   Publisher         └─▶ notifications                       the channel that wakes subscribers
//! ```
//!
//! # Limits
//!
//! - The first read of a thread may wait for the first read of another thread: both add to one list of slots.
//! - Reading is lock-free but not wait-free: a read that a publication overtakes tries again.
//! - On Linux, readers rely on the kernel's answer to `membarrier`. A filter that fakes success is not detected.

mod barrier;
mod callback;
mod cell;
mod changes;
mod follow;
mod guard;
mod handle;
mod hazard;
mod notifications;
mod projection;
mod publisher;
mod reader;
mod retained;
mod shared;
mod sync;
mod thread;
mod wake;

pub use self::callback::Callback;
pub use self::changes::Changes;
pub use self::guard::Guard;
pub use self::handle::Live;
pub use self::projection::{PartChanges, PartSnapshot, Projection};
pub(crate) use self::publisher::{Publisher, Replaced};
pub use self::reader::Reader;
pub use self::retained::Retained;
