//! The parts of a [`Status`], and the history of a service.
//!
//! - [`Attempt`]: one load;
//! - [`Hold`]: why values of the source are not published;
//! - [`Counters`]: of the service;
//! - [`SourceStatus`], [`Degradation`]: the state of the source;
//! - [`Explanation`]: the recent history;
//! - [`Vote`]: the answer of one participant, in a [`Receipt`](crate::Receipt) and in the history.

mod hold;
pub(crate) mod service;
mod source;

pub use self::hold::Hold;
pub(crate) use self::service::Status;
pub use self::service::{Attempt, Counters};
pub use self::source::{Degradation, SourceStatus};
pub use crate::receipt::Vote;
pub use crate::service::{Cycle, Explanation};
