//! The inputs and the answers of the machine.

use std::time::Duration;

use super::super::settings::RETRY_FLOOR;
use crate::event::Trigger;

/// An input of the machine: something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The service starts.
    Started,
    /// A hint came from the watch.
    Hint,
    /// The watch sent a value. It is published without a load of the source.
    Pushed,
    /// The watch delivered content. It takes the place of the load that a hint would cause.
    Content,
    /// The watch gave a sign of life.
    Alive,
    /// The watch is open.
    Opened,
    /// The watch is open, and does not report the changes of a part of the source.
    OpenedInPart,
    /// The source has no watch.
    NoWatch,
    /// The watch could not be opened, or has ended.
    Lost(Regime),
    /// The load that was running has ended.
    Loaded(Verdict),
    /// A caller requested a load.
    Requested(Trigger),
    /// A rollback was requested. It does not load the source.
    Rollback,
    /// A plan, or its application, was requested.
    Plan,
    /// Time passed.
    Tick,
}

/// The retry schedule after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regime {
    /// The cause may go away without a person.
    Passing,
    /// A person must fix the cause.
    Refused,
}

/// The outcome of a load, as far as timing depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A new value is visible.
    Published,
    /// The source has the visible value.
    Unchanged,
    /// The content was refused.
    Rejected,
    /// The source could not be loaded.
    Failed(Regime),
    /// The source has no content, and a second load must confirm that.
    Absent,
    /// The source has no content, and the removal policy was applied.
    Missing,
    /// A good value is held. The number of milliseconds until the hold ends, if time ends it.
    Held(Option<u32>),
    /// It changes no schedule: it did not load the source, or the load had no effect.
    Aside,
}

impl Verdict {
    /// A good value is held, for this time if time ends the hold. A load follows at its end, but no sooner than after a
    /// failure.
    pub(crate) fn held(patience: Option<Duration>) -> Self {
        Self::Held(patience.map(|patience| {
            let millis = patience.max(RETRY_FLOOR).as_millis();
            u32::try_from(millis).unwrap_or(u32::MAX)
        }))
    }
}

/// The actions that follow an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub(crate) struct Actions {
    /// Begin this load.
    pub(crate) load: Option<Load>,
    /// Close the watch, or give its opening up: it gave no sign of life in time, or no watch is wanted any more. This comes
    /// before `open`.
    pub(crate) close: bool,
    /// Open the watch.
    pub(crate) open: bool,
    /// Report that the watch missed a change.
    pub(crate) missed: bool,
}

/// A load to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Why.
    pub(crate) trigger: Trigger,
    /// Whether finding nothing means that the source was removed, or only that a second load is due.
    pub(crate) confirm: bool,
    /// The origin of its value.
    pub(crate) from: LoadFrom,
}

/// The origin of the value of a load. Only a load of the source answers requests for a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadFrom {
    /// The source.
    Source,
    /// A value or content that the watch sent.
    Watch,
    /// The history.
    History,
    /// The source, for a plan or its application. It answers no other request.
    Plan,
}
