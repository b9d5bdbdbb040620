//! [`Watch`]: how far the watch is trusted, and when a lost one is opened again.

use std::time::Duration;

use super::super::settings::{
    FORGIVEN_CLOSINGS, RECONNECT_CAP, RECONNECT_FLOOR, REFUSED_CAP, REFUSED_FLOOR, REGAIN_TRUST,
    SETTLE,
};
use super::terms::Regime;
use crate::backoff::{Backoff, Jitter};
use crate::event::WatchState;

/// The watch, as seen from the machine. Its back-off and the polling period are separate numbers.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    state: WatchState,
    /// Since when it stands.
    since: Duration,
    /// Whether a load that began after the opening has succeeded.
    loaded: bool,
    /// Whether it has delivered anything since the opening.
    delivered: bool,
    /// Changes announced since one was missed.
    announced: u32,
    /// Early closings in a row that were forgiven.
    closings: u32,
    /// When a lost one is to be opened again.
    due: Option<Duration>,
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
            loaded: false,
            delivered: false,
            announced: 0,
            closings: 0,
            due: None,
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

    pub(super) fn opened(&mut self, now: Duration) {
        self.state = WatchState::Settling;
        self.since = now;
        self.loaded = false;
        self.delivered = false;
    }

    /// It was lost, or could not be opened: when to try again?
    pub(super) fn lost(&mut self, now: Duration, regime: Regime, jitter: &mut Jitter) {
        let was_open = self.state.is_open();
        if was_open && now >= self.since + SETTLE {
            self.passing.reset();
            self.refused.reset();
            self.closings = 0;
        }
        let (state, delay) = match regime {
            Regime::Refused => (WatchState::Parked, self.refused.delay(jitter)),
            // A server that ends a stream which had delivered is no failure, unless it makes a habit of it.
            Regime::Passing if was_open && self.delivered && self.closings < FORGIVEN_CLOSINGS => {
                self.closings += 1;
                (WatchState::Down, jitter.up_to(RECONNECT_FLOOR / 2))
            }
            Regime::Passing => (WatchState::Down, self.passing.delay(jitter)),
        };
        self.state = state;
        self.due = Some(now + delay);
    }

    /// Whether the time has come to open it again; if so, it is connecting from now on.
    pub(super) fn reconnect(&mut self, now: Duration) -> bool {
        let due = self.due.is_some_and(|due| due <= now);
        if due {
            self.connect();
        }
        due
    }

    /// A lost one is to be tried at once: a person says that something has changed.
    pub(super) fn hasten(&mut self, now: Duration) {
        if self.due.is_some() {
            self.due = Some(now);
        }
    }

    /// Something came through it.
    pub(super) fn delivered(&mut self) {
        self.delivered = true;
    }

    /// A load that began after the opening has succeeded.
    pub(super) fn loaded(&mut self) {
        self.loaded |= self.state.is_open();
    }

    /// Whether it has just earned trust, by being open long enough.
    pub(super) fn settle(&mut self, now: Duration) -> bool {
        let settled = self.settles_at().is_some_and(|at| at <= now);
        if settled {
            self.state = WatchState::Trusted;
        }
        settled
    }

    /// A change was found that it had not announced.
    pub(super) fn missed(&mut self) {
        if self.state.is_open() {
            self.state = WatchState::Untrusted;
            self.announced = 0;
        }
    }

    /// A change was found that it had announced.
    pub(super) fn announced_change(&mut self) {
        if self.state == WatchState::Untrusted {
            self.announced += 1;
            if self.announced >= REGAIN_TRUST {
                self.state = WatchState::Trusted;
            }
        }
    }

    /// When time alone will change it.
    pub(super) fn next(&self) -> Option<Duration> {
        self.due.or_else(|| self.settles_at())
    }

    fn settles_at(&self) -> Option<Duration> {
        (self.state == WatchState::Settling && self.loaded).then(|| self.since + SETTLE)
    }
}
