//! Requests to the task of a service: loads, rollbacks, the stop.

use tokio::sync::oneshot;

use crate::event::{Outcome, Trigger};
use crate::receipt::Receipt;
use crate::snapshot::{Generation, Keepsake};

/// What the engine's task is to do.
#[derive(Debug)]
pub(crate) enum Command {
    Load(Trigger),
    Rollback(Request, oneshot::Sender<Receipt>),
    /// See whether there is something to be freed.
    Sweep,
    Stop,
}

/// What those who wait want of their load, taken together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PendingRequest {
    /// Why they have asked: for a person's reason, if one of them has one.
    pub(crate) why: Option<Trigger>,
    /// It is to hold nothing back.
    pub(crate) resume: bool,
}

impl PendingRequest {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            why: match self.why {
                Some(why) if why.is_personal() => Some(why),
                why => other.why.or(why),
            },
            resume: self.resume || other.resume,
        }
    }
}

/// Which value is to be brought back, and who waits for it.
pub(crate) struct Rollback<V> {
    pub(crate) to: To<V>,
    pub(crate) answer: Option<oneshot::Sender<Receipt>>,
}

pub(crate) enum To<V> {
    /// What a person asked for.
    Asked(Request),
    /// The last that was proven, in place of this one, which has failed.
    Proven {
        proven: Keepsake<V>,
        failed: Generation,
        failure: Outcome,
    },
}

/// A requested rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) earlier: Earlier,
    /// The number of calls of `resume` before the request. A later call wants the source, not the earlier value.
    pub(crate) resumed: u64,
}

/// Which earlier value a rollback publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    Previous,
    Generation(Generation),
}

/// Who requests a reload. It becomes the [`Trigger`] in events, receipts and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Requester {
    /// A person or the program itself: [`Trigger::Manual`].
    Manual,
    /// A signal, such as SIGHUP: [`Trigger::Signal`].
    Signal,
    /// An HTTP request: [`Trigger::Http`].
    Http,
}

impl From<Requester> for Trigger {
    fn from(requester: Requester) -> Self {
        match requester {
            Requester::Manual => Self::Manual,
            Requester::Signal => Self::Signal,
            Requester::Http => Self::Http,
        }
    }
}
