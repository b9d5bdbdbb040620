//! [`Status`]: what an operator asks a running service.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::{Error, escaped, one_line};
use crate::event::{DataState, HoldReason, Outcome, Trigger, WatchState};
use crate::secret;
use crate::snapshot::Generation;

/// The state of a service at one moment, as told by [`Control::status`](crate::Control::status).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// What the service calls its value in logs.
    pub name: String,
    /// What the source calls itself, if it does.
    pub source: Option<String>,
    /// What the source says of itself, if it does: asked for after every look and every change of the watch.
    pub source_status: Option<SourceStatus>,
    /// How current the visible value is.
    pub data: DataState,
    /// How old the last good look may become before the value is stale, if the service was
    /// [told](crate::Builder::max_staleness).
    pub max_staleness: Option<Duration>,
    /// How the watch is.
    pub watch: WatchState,
    /// Why the watch is down or parked, as long as it is.
    pub watch_error: Option<Error>,
    /// The number of the visible value, if it has not passed its [`Probation`](crate::Probation). That it has failed and is
    /// visible all the same is so when a participant refuses the earlier value; its probation begins anew with the next look.
    pub on_probation: Option<Generation>,
    /// The hold that keeps values of the source from being published, if there is one. Of several holds, this is the first
    /// in the following order: a pause (its message names the next hold), a source that is being written, a
    /// [`ShrinkGuard`](crate::ShrinkGuard) or [`VersionGuard`](crate::VersionGuard), a rollback or a failed probation, a member of a group.
    pub hold: Option<Hold>,
    /// Whether the service has stopped.
    pub stopped: bool,
    /// The number of the visible value.
    pub generation: Option<Generation>,
    /// When a value was published last.
    pub last_published: Option<SystemTime>,
    /// When the source was last looked at with success: it held what is visible, or what is held back on purpose. Moves with
    /// every good look, also an unchanged one.
    pub last_verified: Option<SystemTime>,
    /// The last look.
    pub last_attempt: Option<Attempt>,
    /// The error of the last look, if it failed or was rejected. A good look clears it.
    pub last_error: Option<Error>,
    /// The parts of the visible value that wait for a restart of the process, as paths, of the first twenty: those
    /// [declared](crate::Builder::restart_required) to need one that are not what they were at the start. Of a group, each
    /// begins with the name of its member.
    pub needs_restart: Vec<String>,
    /// How often what has happened.
    pub counters: Counters,
}

/// The reason why values of the source are not published. [`Control::resume`](crate::Control::resume) ends a hold, unless
/// the source is [being written](HoldReason::BeingWritten).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hold {
    /// The kind of reason.
    pub reason: HoldReason,
    /// Since when.
    pub since: SystemTime,
    /// What is held back and what ends it, as one line.
    pub message: String,
}

impl Hold {
    /// A hold, for a source that returns [`Loaded::Held`](crate::Loaded::Held).
    ///
    /// `since` identifies the hold: while it stays the same, the hold is logged once. `message` is one line, without a
    /// credential: what is held, and what ends the hold.
    pub fn new(reason: HoldReason, since: SystemTime, message: impl Into<String>) -> Self {
        Self {
            reason,
            since,
            message: message.into(),
        }
    }

    /// The hold of a source that somebody is writing.
    #[cfg(feature = "file")]
    pub(crate) fn being_written(since: SystemTime, message: String) -> Self {
        Self::new(HoldReason::BeingWritten, since, message)
    }
}

/// One look.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// Why it was taken.
    pub trigger: Trigger,
    /// What it led to.
    pub outcome: Outcome,
    /// When it ended.
    pub at: SystemTime,
}

/// How often what has happened since the service was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Looks that ended.
    pub loads: u64,
    /// Values that became visible: from the source, brought back, restored, or defaults.
    pub published: u64,
    /// Looks that found what is visible.
    pub unchanged: u64,
    /// Looks whose content was refused.
    pub rejected: u64,
    /// Looks that failed.
    pub failed: u64,
    /// Looks that found nothing.
    pub missing: u64,
    /// Looks that found something good which is held back.
    pub held: u64,
    /// Earlier values that were brought back.
    pub rollbacks: u64,
    /// Times that a standing watch was lost.
    pub watch_losses: u64,
    /// Changes that were found by a resync: by the heartbeat, without the watch having announced them.
    pub missed_events: u64,
}

/// What a source says of itself: from [`Source::status`](crate::source::Source::status) and
/// [`Reload::source_status`](crate::Reload::source_status).
///
/// ```
/// use hot_reload::{Degradation, SourceStatus};
///
/// let mut status = SourceStatus::default();
/// status.counters.push(("reconnects", 3));
/// status.degraded.push(Degradation::new(
///     "replica",
///     "the primary is away, and a replica is read",
///     "bring the primary back",
/// ));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// Why it does less than it could. Empty: it is well.
    pub degraded: Vec<Degradation>,
    /// How often what has happened to it since it was made, each under a name in `snake_case` that never changes its
    /// meaning. The order stays the same.
    pub counters: Vec<(&'static str, u64)>,
    /// The longest pause between two loads that the source currently wants, at least 1 s. A service with a heartbeat treats
    /// it like a shorter heartbeat; any other ignores it.
    pub heartbeat: Option<Duration>,
}

/// One reason why a source does less than it could, and what helps.
///
/// `Display` is the message and the remedy, if there is one, as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Degradation {
    /// The kind of reason, in `snake_case`.
    pub reason: &'static str,
    /// What is the matter and what follows from it: one line, without a credential, and the same as long as it lasts.
    pub message: String,
    /// What to do about it; empty if nothing can be.
    pub remedy: String,
    /// Whether it lies in the nature of the source, so that it is worth knowing and not worth a warning.
    pub inherent: bool,
    /// Whether it is in the log already, where it comes from.
    pub(crate) logged: bool,
}

impl Status {
    pub(crate) fn new(name: String, source: Option<String>) -> Self {
        Self {
            name: escaped(name.into()),
            source: source.map(|source| escaped(secret::cut_name(&source))),
            source_status: None,
            data: DataState::None,
            max_staleness: None,
            watch: WatchState::Off,
            watch_error: None,
            on_probation: None,
            hold: None,
            stopped: false,
            generation: None,
            last_published: None,
            last_verified: None,
            last_attempt: None,
            last_error: None,
            needs_restart: Vec::new(),
            counters: Counters::default(),
        }
    }
}

// ===== impl SourceStatus =====

impl SourceStatus {
    /// The counter of this name, if the source has one.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let mut counters = self.counters.iter();
        counters.find_map(|(other, value)| (*other == name).then_some(*value))
    }

    /// Whether this kind of reason is among those for which it is degraded.
    pub fn is_degraded_by(&self, reason: &str) -> bool {
        self.degraded.iter().any(|other| other.reason == reason)
    }
}

// ===== impl Degradation =====

impl Degradation {
    /// A reason that somebody should do something about.
    pub fn new(
        reason: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            reason,
            message: one_line(secret::cut(&message.into())),
            remedy: match remedy.into() {
                none if none.is_empty() => none,
                remedy => one_line(remedy.into()),
            },
            inherent: false,
            logged: false,
        }
    }

    /// The same, as one that was logged where it comes from.
    pub(crate) fn logged(self) -> Self {
        Self {
            logged: true,
            ..self
        }
    }

    /// The same, as one that lies in the nature of the source.
    #[must_use]
    pub fn inherent(self) -> Self {
        Self {
            inherent: true,
            ..self
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &*self.remedy {
            "" => Ok(()),
            remedy => write!(f, "; {remedy}"),
        }
    }
}
