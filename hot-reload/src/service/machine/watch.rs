//! [`Watch`]: how far the watch is trusted, and when a lost one is opened again.

use std::time::Duration;

use super::super::settings::{
    FORGIVEN_CLOSINGS, RECONNECT_CAP, RECONNECT_FLOOR, REFUSED_CAP, REFUSED_FLOOR, REGAIN_TRUST,
    SETTLE,
};
use super::terms::Regime;
use super::time::earliest;
use crate::backoff::{Backoff, Jitter};
use crate::event::WatchState;

/// The watch, as seen from the machine. Its back-off and the polling period are separate numbers.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    state: WatchState,
    /// When it was opened.
    since: Duration,
    /// Whether it reports changes of the whole source.
    covers_all: bool,
    /// Whether a load that began after the opening has succeeded.
    loaded: bool,
    /// Whether it has delivered a hint or a value since the opening.
    delivered: bool,
    /// The number of reported changes since the last missed one.
    announced: u32,
    /// The number of early closings in a row that did not count as failures.
    closings: u32,
    /// When to reopen a lost watch.
    due: Option<Duration>,
    /// When it gave the last sign of life.
    life: Duration,
    passing: Backoff,
    refused: Backoff,
}

impl Watch {
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            state: if wanted {
                WatchState::Down
            } else {
                WatchState::Off
            },
            since: Duration::ZERO,
            covers_all: true,
            loaded: false,
            delivered: false,
            announced: 0,
            closings: 0,
            due: None,
            life: Duration::ZERO,
            passing: Backoff::new(RECONNECT_FLOOR, RECONNECT_CAP),
            refused: Backoff::new(REFUSED_FLOOR, REFUSED_CAP),
        }
    }

    pub(super) fn state(&self) -> WatchState {
        self.state
    }

    pub(super) fn connect(&mut self) {
        self.state = WatchState::Connecting;
        self.due = None;
    }

    pub(super) fn opened(&mut self, now: Duration, covers_all: bool) {
        self.state = WatchState::Settling;
        self.covers_all = covers_all;
        self.since = now;
        self.life = now;
        self.loaded = false;
        self.delivered = false;
    }

    /// Notes that the watch was lost or could not be opened, and sets the time of the next attempt.
    pub(super) fn lost(&mut self, now: Duration, regime: Regime, jitter: &mut Jitter) {
        let was_open = self.state.is_open();
        if was_open && now >= self.since + SETTLE {
            self.passing.reset();
            self.refused.reset();
            self.closings = 0;
        }
        let (state, delay) = match regime {
            Regime::Refused => (WatchState::Parked, self.refused.delay(jitter)),
            // If a server ends a stream that has delivered, that is no failure, unless it happens often.
            Regime::Passing if was_open && self.delivered && self.closings < FORGIVEN_CLOSINGS => {
                self.closings += 1;
                (WatchState::Down, jitter.up_to(RECONNECT_FLOOR / 2))
            }
            Regime::Passing => (WatchState::Down, self.passing.delay(jitter)),
        };
        self.state = state;
        self.due = Some(now + delay);
    }

    /// Begins to reopen the watch if that is due. Returns whether it does.
    pub(super) fn reconnect(&mut self, now: Duration) -> bool {
        let due = self.due.is_some_and(|due| due <= now);
        if due {
            self.connect();
        }
        due
    }

    /// Makes the next attempt to reopen a lost watch due now, because a person requested a reload.
    pub(super) fn hasten(&mut self, now: Duration) {
        if self.due.is_some() {
            self.due = Some(now);
        }
    }

    /// Whether its hints report changes of the whole source. Only polling finds those of a part without a watch.
    pub(super) fn covers_all(&self) -> bool {
        self.covers_all
    }

    /// Notes that the watch has delivered a hint or a value.
    pub(super) fn delivered(&mut self, now: Duration) {
        self.delivered = true;
        self.life = now;
    }

    /// Notes a sign of life.
    pub(super) fn alive(&mut self, now: Duration) {
        self.life = now;
    }

    /// Whether the idle timeout is over. Such an end counts as a failure, whatever the watch has delivered before.
    pub(super) fn end_silence(&mut self, now: Duration, idle: Option<Duration>) -> bool {
        let is_silent = self.silent_at(idle).is_some_and(|at| at <= now);
        self.delivered &= !is_silent;
        is_silent
    }

    /// Notes that the source has no watch, or that none is wanted.
    pub(super) fn off(&mut self) {
        self.state = WatchState::Off;
        self.due = None;
    }

    /// Notes that a load that began after the opening has succeeded.
    pub(super) fn loaded(&mut self) {
        self.loaded |= self.state.is_open();
    }

    /// Trusts the watch once it has been open long enough. Returns whether that is new.
    pub(super) fn settle(&mut self, now: Duration) -> bool {
        let settled = self.settles_at().is_some_and(|at| at <= now);
        if settled {
            self.state = WatchState::Trusted;
        }
        settled
    }

    /// Notes that the watch did not report a change.
    pub(super) fn missed(&mut self) {
        if self.state.is_open() {
            self.state = WatchState::Untrusted;
            self.announced = 0;
        }
    }

    /// Notes that the watch reported a change.
    pub(super) fn announced_change(&mut self) {
        if self.state == WatchState::Untrusted {
            self.announced += 1;
            if self.announced >= REGAIN_TRUST {
                self.state = WatchState::Trusted;
            }
        }
    }

    /// When time alone changes its state.
    pub(super) fn next(&self, idle: Option<Duration>) -> Option<Duration> {
        let settles = || self.settles_at();
        earliest([self.due.or_else(settles), self.silent_at(idle)])
    }

    /// When the idle timeout is over, unless a sign of life comes before.
    fn silent_at(&self, idle: Option<Duration>) -> Option<Duration> {
        let idle = idle.filter(|_| self.state.is_open())?;
        Some(self.life + idle)
    }

    fn settles_at(&self) -> Option<Duration> {
        (self.state == WatchState::Settling && self.loaded).then(|| self.since + SETTLE)
    }
}
