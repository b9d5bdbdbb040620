//! Requests to the task of a service: loads, rollbacks, the stop.

use tokio::sync::oneshot;

use crate::error::Error;
use crate::event::{Outcome, Trigger};
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::service::token::PlanToken;
use crate::snapshot::{EngineShare, Generation};

/// A command to the task of the service.
#[derive(Debug)]
pub(crate) enum Command {
    Load(Trigger),
    Rollback(Request, oneshot::Sender<Receipt>),
    Plan(PlanRequest),
    /// Confirm this generation, which is on probation.
    Confirm(Generation, oneshot::Sender<Result<(), Error>>),
    /// Answer, to show that the task runs.
    #[cfg(all(feature = "systemd", target_os = "linux"))]
    Ping(oneshot::Sender<()>),
    /// Enable or disable the service.
    Enable(bool),
    /// Free the replaced values without holders.
    Sweep,
    /// Deliver the event of a command.
    Deliver,
    Stop,
}

impl Command {
    /// Whether it has no effect, because its caller has left.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Plan(request) => request.is_abandoned(),
            #[cfg(all(feature = "systemd", target_os = "linux"))]
            Self::Ping(answer) => answer.is_closed(),
            Self::Load(_)
            | Self::Rollback(..)
            | Self::Confirm(..)
            | Self::Enable(_)
            | Self::Sweep
            | Self::Deliver
            | Self::Stop => false,
        }
    }
}

/// The combined request of all callers that wait for a load.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PendingRequest {
    /// The trigger. The request of a person has priority.
    pub(crate) why: Option<Trigger>,
    /// Whether the load ends all holds.
    pub(crate) resume: bool,
    /// Whether the load publishes its value even if it is the visible one.
    pub(crate) republish: bool,
}

impl PendingRequest {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            why: match self.why {
                Some(why) if why.is_requested() => Some(why),
                why => other.why.or(why),
            },
            resume: self.resume || other.resume,
            republish: self.republish || other.republish,
        }
    }
}

/// A requested plan, or its application.
#[derive(Debug)]
pub(crate) enum PlanRequest {
    Plan(oneshot::Sender<Plan>),
    Apply {
        token: PlanToken,
        trigger: Trigger,
        answer: oneshot::Sender<Receipt>,
    },
}

impl PlanRequest {
    /// Whether it has no effect, because its caller has left. An application takes place anyway.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Plan(answer) => answer.is_closed(),
            Self::Apply { .. } => false,
        }
    }
}

/// A pending rollback, and the caller that waits for it.
pub(crate) struct Rollback<V> {
    pub(crate) to: RollbackTo<V>,
    pub(crate) answer: Option<oneshot::Sender<Receipt>>,
}

pub(crate) enum RollbackTo<V> {
    /// A rollback that a person requested.
    Request(Request),
    /// The last proven value replaces this one, which failed its probation.
    Proven {
        proven: EngineShare<V>,
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

/// The requester of a reload. It becomes the [`Trigger`] in events, receipts and logs.
///
/// ```
/// use hot_reload::event::Requester;
///
/// # async fn example(control: hot_reload::Control<String>) {
/// let receipt = control.reload_for(Requester::Signal).await;
/// assert_eq!(receipt.trigger.as_str(), "signal");
/// # }
/// ```
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
