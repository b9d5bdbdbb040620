//! The parts of a [`Status`], and the history of a service.
//!
//! - [`Attempt`]: the record of a load;
//! - [`Hold`]: why values of the source are not published;
//! - [`Counters`]: of the service, with [`ErrorCounts`];
//! - [`SourceStatus`], [`Degradation`]: the state of the source;
//! - [`Explanation`]: the recent history;
//! - [`Vote`]: the answer of one participant, in a [`Receipt`](crate::Receipt) and in the history.

mod attempt;
mod counters;
mod errors;
mod hold;
pub(crate) mod service;
mod show;
mod source;
mod vote;

pub use self::attempt::Attempt;
pub use self::counters::Counters;
pub use self::errors::ErrorCounts;
pub use self::hold::Hold;
pub(crate) use self::service::Status;
pub use self::source::{Degradation, SourceStatus};
pub use self::vote::Vote;
pub use crate::service::Explanation;
