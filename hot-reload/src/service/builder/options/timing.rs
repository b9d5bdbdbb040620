//! Options of time: periods, deadlines and the bound of staleness.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use crate::reload::Reload;
use crate::service::builder::Builder;
use crate::service::driver::freshness::LOADS_WITHIN_BOUND;
use crate::service::settings::{INTERVAL_FLOOR, LONGEST};

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Sets the longest pause between two loads while no watch is trusted, at least 1 s. Each pause is shortened by up to a
    /// tenth at random, so that many services do not poll together.
    ///
    /// # Default
    ///
    /// 30 s. With a watch, the interval of the source's [`WatchProfile`](crate::source::WatchProfile): 10 s for a local file.
    pub fn interval(self, interval: Duration) -> Self {
        Self {
            interval: Some(interval),
            ..self
        }
    }

    /// Sets the longest pause between two loads of a [`hybrid`](Self::hybrid) service, at least 1 s. Each pause is shortened by up
    /// to a tenth at random. A source that cannot watch everything [requests a shorter one](crate::status::SourceStatus::heartbeat)
    /// meanwhile.
    ///
    /// # Default
    ///
    /// The heartbeat of the source's [`WatchProfile`](crate::source::WatchProfile): 60 s for a local file.
    pub fn heartbeat(self, heartbeat: Duration) -> Self {
        Self {
            heartbeat: Some(heartbeat),
            ..self
        }
    }

    /// Sets the debounce window: a load begins once no hint has arrived for this long. Further hints postpone it, to four
    /// windows at most.
    pub fn debounce(self, debounce: Duration) -> Self {
        Self {
            debounce: Some(debounce),
            ..self
        }
    }

    /// Sets the deadline of one load. A load that misses it is dropped, and the outcome is [`Failed`](crate::Outcome::Failed).
    ///
    /// A file source waits within a load for up to 2 s while somebody writes the file, and then reports a hold. With a
    /// deadline below 2 s, one or two loads of such a file fail with a timeout first.
    pub fn load_deadline(self, load_deadline: Duration) -> Self {
        Self {
            load_deadline,
            ..self
        }
    }

    /// Sets the deadline of each async validator and of each call of a participant. Default: 10 s.
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
    /// Sets the greatest age of the last good load before the value is [`Stale`](crate::event::DataState::Stale). A readiness probe
    /// can use it, so that it does not fail at the first error of the source.
    ///
    /// A good load found the visible value, a new value, or a value that is held. With a bound, loads that fail or are rejected
    /// leave [`Status::data`](crate::Status::data) at [`Fresh`](crate::event::DataState::Fresh) until the bound has passed. So does
    /// a load that hangs. Then [`EventKind::Stale`](crate::event::EventKind::Stale) and the log report it once, and the value stays
    /// visible. The next good load ends it. A [`Restored`](crate::event::DataState::Restored) value stays so until a load finds it
    /// or a value that replaces it.
    ///
    /// The source is loaded at least twice within the bound: [`interval`](Self::interval) and [`heartbeat`](Self::heartbeat)
    /// are at most a third of it. A [`realtime`](Self::realtime) service gets a heartbeat, too. A load that takes longer than
    /// the bound makes the value stale each time. The bound is at least 3 s.
    ///
    /// Without a bound, a load that fails or is rejected makes the value stale at once.
    ///
    /// ```
    /// use hot_reload::Control;
    /// use hot_reload::event::DataState;
    ///
    /// /// For a load balancer: whether this process knows what it should know.
    /// fn is_ready<V>(control: &Control<V>) -> bool {
    ///     let status = control.status();
    ///     !status.stopped && matches!(status.data, DataState::Fresh | DataState::Restored)
    /// }
    /// ```
    pub fn max_staleness(mut self, bound: Duration) -> Self {
        self.max_staleness = Some(bound.clamp(LOADS_WITHIN_BOUND * INTERVAL_FLOOR, LONGEST));
        self
    }
}
