//! [`Status`]: the state of a running service.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::{Error, escaped, one_line};
use crate::event::{DataState, HoldReason, Outcome, Trigger, WatchState};
use crate::secret;
use crate::snapshot::Generation;

/// The state of a service at one moment. [`Control::status`](crate::Control::status) returns it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// The name of the value in logs.
    pub name: String,
    /// The name of the source, if it has one.
    pub source: Option<String>,
    /// The status of the source, if it has one. The service asks for it after each load and each change of the watch.
    pub source_status: Option<SourceStatus>,
    /// How current the visible value is.
    pub data: DataState,
    /// The greatest age of the last good load before the value is stale, if the service has such a
    /// [bound](crate::Builder::max_staleness).
    pub max_staleness: Option<Duration>,
    /// The state of the watch.
    pub watch: WatchState,
    /// The reason why the watch is down or parked.
    pub watch_error: Option<Error>,
    /// The generation of the visible value, if it has not passed its [`Probation`](crate::Probation). A failed value stays
    /// visible if a participant refuses the rollback. Its probation then begins again with the next load.
    pub on_probation: Option<Generation>,
    /// The hold that keeps values of the source from being published, if there is one. Of several holds, this is the first
    /// in the following order: a pause (its message names the next hold), a source that is being written, a
    /// [`ShrinkGuard`](crate::ShrinkGuard) or [`VersionGuard`](crate::VersionGuard), a rollback or a failed probation, a member of a group.
    pub hold: Option<Hold>,
    /// Whether the service has stopped.
    pub stopped: bool,
    /// The generation of the visible value.
    pub generation: Option<Generation>,
    /// When a value was last published.
    pub last_published: Option<SystemTime>,
    /// When the last good load ended: the source contained the visible value, or a value that is held. An unchanged load
    /// counts.
    pub last_verified: Option<SystemTime>,
    /// The last load.
    pub last_attempt: Option<Attempt>,
    /// The error of the last load, if it failed or was rejected. A good load clears it.
    pub last_error: Option<Error>,
    /// The paths of at most twenty parts of the visible value that need a restart. These are the
    /// [declared](crate::Builder::restart_required) parts that have changed since the start. In a group, each path begins
    /// with the name of its member.
    pub needs_restart: Vec<String>,
    /// The counters of the service.
    pub counters: Counters,
}

/// The reason why values of the source are not published.
///
/// [`Control::resume`](crate::Control::resume) ends a hold, unless the source is
/// [being written](HoldReason::BeingWritten).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hold {
    /// The kind of reason.
    pub reason: HoldReason,
    /// When the hold began.
    pub since: SystemTime,
    /// What is held and what ends the hold, on one line.
    pub message: String,
}

impl Hold {
    /// Creates a hold, for a source that returns [`Loaded::Held`](crate::Loaded::Held).
    ///
    /// `since` identifies the hold: while it stays the same, the hold is logged once. `message` says on one line what is held
    /// and what ends the hold. It must not contain credentials.
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

/// One load.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// Its cause.
    pub trigger: Trigger,
    /// Its result.
    pub outcome: Outcome,
    /// When it ended.
    pub at: SystemTime,
}

/// The counters of a service, since it was created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Loads that ended.
    pub loads: u64,
    /// Published values: from the source, from rollbacks, restored, or defaults.
    pub published: u64,
    /// Loads that found the visible value.
    pub unchanged: u64,
    /// Loads whose content was rejected.
    pub rejected: u64,
    /// Loads that failed.
    pub failed: u64,
    /// Loads that found no content.
    pub missing: u64,
    /// Loads that found a good value which is held.
    pub held: u64,
    /// Rollbacks.
    pub rollbacks: u64,
    /// How often an open watch was lost.
    pub watch_losses: u64,
    /// Changes that a heartbeat found without a hint of the watch.
    pub missed_events: u64,
}

/// The status of a source. [`Source::status`](crate::source::Source::status) and
/// [`Reload::source_status`](crate::Reload::source_status) return it.
///
/// ```
/// use hot_reload::{Degradation, SourceStatus};
///
/// let mut status = SourceStatus::default();
/// status.counters.push(("reconnects", 3));
/// status.degraded.push(Degradation::new(
///     "replica",
///     "the primary is down, and a replica is read",
///     "restart the primary",
/// ));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// The degradations. Empty if the source works as it should.
    pub degraded: Vec<Degradation>,
    /// The counters of the source since it was created. Each has a name in snake_case with a fixed meaning. The order is
    /// fixed too.
    pub counters: Vec<(&'static str, u64)>,
    /// The longest pause between two loads that the source wants now, at least 1 s. A service with a heartbeat shortens its
    /// heartbeat accordingly; other services ignore it.
    pub heartbeat: Option<Duration>,
}

/// One limitation of a source, with its remedy.
///
/// `Display` writes the message and the remedy on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Degradation {
    /// The kind of limitation, in snake_case.
    pub reason: &'static str,
    /// What is wrong and its consequence, on one line without credentials. It stays the same while the limitation lasts.
    pub message: String,
    /// What to do. Empty if nothing helps.
    pub remedy: String,
    /// Whether the limitation is inherent in the source, so that the log needs no warning.
    pub inherent: bool,
    /// Whether the source has already logged it.
    pub(crate) logged: bool,
}

impl Status {
    pub(crate) fn new(name: String, source: Option<String>) -> Self {
        Self {
            name: escaped(name.into()),
            source: source.map(|source| escaped(secret::redact_name(&source))),
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
    /// The counter with this name, if the source has it.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let mut counters = self.counters.iter();
        counters.find_map(|(other, value)| (*other == name).then_some(*value))
    }

    /// Whether the source has a limitation of this kind.
    pub fn is_degraded_by(&self, reason: &str) -> bool {
        self.degraded.iter().any(|other| other.reason == reason)
    }
}

// ===== impl Degradation =====

impl Degradation {
    /// Creates a limitation that a person should fix.
    pub fn new(
        reason: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            reason,
            message: one_line(secret::redact(&message.into())),
            remedy: match remedy.into() {
                none if none.is_empty() => none,
                remedy => one_line(remedy.into()),
            },
            inherent: false,
            logged: false,
        }
    }

    /// Marks it as logged by the source.
    pub(crate) fn logged(self) -> Self {
        Self {
            logged: true,
            ..self
        }
    }

    /// Marks it as inherent in the source.
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
