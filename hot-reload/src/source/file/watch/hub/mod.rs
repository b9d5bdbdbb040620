//! The hub: the one watcher that all file sources of a process share.
//!
//! It starts with the first watch and ends with the last one: dropping that one joins the thread and closes the descriptors.
//! Each kind of [`FileEvents`](super::file_events::FileEvents) in use has one hub, so normally there is one.
//!
//! ```text
//! source ─ walk ─▶ Hub::arm ─▶ Backend (asks the system)      the backend's thread
//!                       └────▶ Table  ◀─ changes ─────────────────────┘
//!                                └─▶ Activity of each source that waits for that name ─▶ hint
//! ```
//!
//! *Lock order*: the slot of the process, `arming`, the table, an activity. The backend's thread takes the last two only, and
//! notifies sources with no lock held. So a notified source may drop its watch at once.
//!
//! *Forks*: a child has the descriptors of its parent's hub, and no thread that reads them. The child leaves them alone,
//! because they are the parent's too, and starts its own hub.

mod arming;
mod backend;
#[cfg(target_os = "linux")]
mod delayed;
#[cfg(target_os = "linux")]
mod inotify;
pub(crate) mod membership;
#[cfg(target_os = "linux")]
mod mounts;
mod places;
#[cfg(any(not(target_os = "linux"), feature = "notify"))]
mod portable;
mod report;
mod start;
mod state;
mod table;
mod waiting;

pub(crate) use self::backend::Depth;
pub(crate) use self::state::Hub;

#[cfg(test)]
mod arming_tests;
#[cfg(all(test, feature = "file-reloader"))]
mod tests;
