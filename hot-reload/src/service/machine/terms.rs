//! The inputs and the answers of the machine.

use std::time::Duration;

use super::super::settings::RETRY_FLOOR;
use crate::event::Trigger;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The service starts.
    Started,
    /// A hint came from the watch.
    Hint,
    /// The watch said what the value is; running costs nothing.
    Pushed,
    /// The watch is open.
    Opened,
    /// The watch could not be opened, or has ended.
    Lost(Regime),
    /// The load that was running has ended.
    Loaded(Verdict),
    /// A caller requested a load.
    Asked(Trigger),
    /// An earlier value is asked for. It is had without the source.
    Rollback,
    /// Time passed.
    Tick,
}

/// How a failure is to be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regime {
    /// It may heal by itself at any time.
    Passing,
    /// Somebody has to do something about it.
    Refused,
}

/// What a load led to, as far as timing is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A new value is visible.
    Published,
    /// The source holds what is visible.
    Unchanged,
    /// The content was refused.
    Rejected,
    /// The source could not be loaded.
    Failed(Regime),
    /// The source held nothing, and nothing was done about it yet.
    Absent,
    /// The source held nothing, and the removal policy was followed.
    Missing,
    /// Something good is held back for now; for so many milliseconds more, if it is time that ends it.
    Held(Option<u32>),
    /// It was no load at the source, and says nothing of it.
    Aside,
}

impl Verdict {
    /// Something good is held back, for so much longer if it is time that ends it. A load at the end of that finds it, and
    /// none sooner than after a failure.
    pub(crate) fn held(patience: Option<Duration>) -> Self {
        Self::Held(patience.map(|patience| {
            let millis = patience.max(RETRY_FLOOR).as_millis();
            u32::try_from(millis).unwrap_or(u32::MAX)
        }))
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub(crate) struct Actions {
    /// Look at the source.
    pub(crate) load: Option<Load>,
    /// Open the watch.
    pub(crate) open: bool,
    /// Tell that the watch missed a change.
    pub(crate) missed: bool,
}

/// A load to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Why.
    pub(crate) trigger: Trigger,
    /// Whether finding nothing means that the source was removed, or only that a second load is due.
    pub(crate) confirm: bool,
    /// What it takes the value from.
    pub(crate) from: LoadFrom,
}

/// What a load takes the value from. One that loads nothing answers nobody who asked for a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadFrom {
    /// The source is asked.
    Source,
    /// What the watch said.
    Watch,
    /// The values of before.
    History,
}
