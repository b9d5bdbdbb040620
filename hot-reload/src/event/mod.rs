//! The parts of an [`Event`], and the ways to receive events.
//!
//! - [`EventKind`]: what happened; [`ChangedPaths`]: what a published value changed;
//! - [`Trigger`], [`Stage`], [`WatchState`], [`DataState`], [`HoldReason`]: the enums in it. `as_str` returns the word
//!   that logs and JSON use;
//! - [`Events`]: a stream of events;
//! - [`Observer`]: is called for each event;
//! - [`Requester`]: who requested a reload: a person, a signal or an HTTP request.

mod causes;
mod changed;
pub(crate) mod events;
pub(crate) mod kind;
pub(crate) mod outcome;
mod words;

pub(crate) use self::causes::Causes;
pub use self::changed::ChangedPaths;
pub use self::events::Events;
pub(crate) use self::kind::Event;
pub use self::kind::EventKind;
pub(crate) use self::outcome::Outcome;
pub use self::words::{DataState, HoldReason, Stage, Trigger, WatchState};
pub use crate::service::{Observer, Requester};
