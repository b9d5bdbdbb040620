//! Options of time: periods, deadlines and the bound of staleness.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use crate::reload::Reload;
use crate::service::builder::Builder;
use crate::service::driver::freshness::LOOKS_WITHIN;
use crate::service::settings::{INTERVAL_FLOOR, LONGEST};

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// The longest pause between two loads while no watch is trusted, at least 1 s. Each pause is shortened by up to a tenth
    /// at random, so that many services do not poll together.
    ///
    /// # Default
    ///
    /// 30 s; under a watch, what the source's [`WatchProfile`](crate::WatchProfile) says, which is 10 s for a local file.
    pub fn interval(self, interval: Duration) -> Self {
        Self {
            interval: Some(interval),
            ..self
        }
    }

    /// The longest pause between two loads of a [`hybrid`](Self::hybrid) service, at least 1 s. Each pause is shortened by up
    /// to a tenth at random. A source that cannot watch everything
    /// [asks for a shorter one](crate::SourceStatus::heartbeat) meanwhile.
    ///
    /// # Default
    ///
    /// What the source's [`WatchProfile`](crate::WatchProfile) says: 60 s for a local file.
    pub fn heartbeat(self, heartbeat: Duration) -> Self {
        Self {
            heartbeat: Some(heartbeat),
            ..self
        }
    }

    /// How long hints must be silent before a load. A stream of hints postpones it to four times that, and no longer.
    pub fn debounce(self, debounce: Duration) -> Self {
        Self {
            debounce: Some(debounce),
            ..self
        }
    }

    /// The longest that one load may take. After it, the load is dropped and the outcome is
    /// [`Failed`](crate::Outcome::Failed).
    ///
    /// A file source waits within a load for up to 2 s while somebody writes the file, and then reports a hold. With a
    /// deadline below 2 s, one or two loads of such a file fail with a timeout first.
    pub fn load_deadline(self, load_deadline: Duration) -> Self {
        Self {
            load_deadline,
            ..self
        }
    }

    /// The longest that an async validator, or one call of a participant, may take: 10 s, unless this says otherwise.
    pub fn prepare_deadline(mut self, prepare_deadline: Duration) -> Self {
        self.validators.deadline = prepare_deadline.min(LONGEST);
        self.participants.deadline = prepare_deadline.min(LONGEST);
        self
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// How old the last good load may become before the value counts as [`Stale`](crate::DataState::Stale): what a
    /// readiness probe goes by that shall not fail at the first hiccup of the source.
    ///
    /// A good load is one that found the source to be as it should: with a new value, with the visible one, or with one
    /// that is held back. It need not have changed anything. With a bound, loads that fail or are rejected leave
    /// [`Status::data`](crate::Status::data) at [`Fresh`](crate::DataState::Fresh) until the bound is over, also while one
    /// hangs. Then it is told once, by [`EventKind::Stale`](crate::EventKind::Stale) and in the log; the next good load ends it. The
    /// value stays visible all the same. One that is [`Restored`](crate::DataState::Restored) was never checked, and stays
    /// that until a load finds what is visible or something that takes its place.
    ///
    /// So that the service can tell, the source is loaded at least twice within the bound:
    /// [`interval`](Self::interval) and [`heartbeat`](Self::heartbeat) are at most a third of it, and a
    /// [`realtime`](Self::realtime) service has a heartbeat, too. A load that takes longer than the bound makes the value
    /// stale each time. The bound is 3 s at least.
    ///
    /// Without it, a load that fails or is rejected makes the value stale at once.
    ///
    /// ```
    /// use hot_reload::{Control, DataState};
    ///
    /// /// For a load balancer: whether this process knows what it should know.
    /// fn is_ready<V>(control: &Control<V>) -> bool {
    ///     let status = control.status();
    ///     !status.stopped && matches!(status.data, DataState::Fresh | DataState::Restored)
    /// }
    /// ```
    pub fn max_staleness(mut self, bound: Duration) -> Self {
        self.max_staleness = Some(bound.clamp(LOOKS_WITHIN * INTERVAL_FLOOR, LONGEST));
        self
    }
}
