//! [`Machine`]: the pure state machine that decides when to load, for all three strategies.
//!
//! The machine takes `(now, input)` and returns [`Actions`]. It has no type of a value, no runtime and no clock: `now` is the
//! time since the service started, and never decreases.
//!
//! The three strategies are one machine with different settings. A watch changes the period and adds loads in between. Every
//! cause only requests a load:
//!
//! ```text
//!  started, hint, opened, lost, asked, period, retry
//!        │
//!        ▼                       one at a time
//!    [ Agenda ] ── due ──▶ Load ───────────────▶ Verdict ──▶ next period, retry, trust
//!        ▲                                          │
//!        └── causes that came meanwhile: one more ──┘
//! ```

mod agenda;
mod configure;
mod delivered;
mod due;
mod period;
mod retry;
mod terms;
#[cfg(test)]
mod tests;
mod time;
#[cfg(test)]
mod walk;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use self::agenda::Agenda;
use self::delivered::Delivered;
use self::retry::Retry;
pub(super) use self::terms::{Actions, Input, Load, LoadFrom, Regime, Verdict};
use self::time::{earliest, take_due};
use self::watch::Watch;
use super::settings::{OPEN_PATIENCE, PERIOD_JITTER_PERCENT, REMOVAL_CONFIRM, Settings};
use crate::backoff::Jitter;
use crate::event::{Causes, Trigger, WatchState};

/// See the [module documentation](self).
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// Shared with the flight recorder, because it is the largest part of the machine.
    settings: Arc<Settings>,
    jitter: Jitter,
    agenda: Agenda,
    watch: Watch,
    retry: Retry,
    running: Option<RunningLoad>,
    /// Whether the watch sent a value that no load has taken.
    pushed: bool,
    /// The content that the watch sent, if no load has used it.
    content: Delivered,
    /// The number of pending rollbacks.
    rollbacks: u32,
    /// The number of pending plans and applications.
    plans: u32,
    /// Whether the last load did not read the source. Then a due load of the source has priority.
    other_last: bool,
    /// When the last load ended. Every period is counted from here, so that no change of the watch stretches one.
    last_load: Duration,
    /// When the periodic load is due.
    periodic: Option<Duration>,
    /// When a second load may confirm that the source was removed.
    removal: Option<Duration>,
    /// When a change that the heartbeat found counts as missed, unless a hint for it comes before.
    suspicion: Option<Duration>,
    /// Whether the first load has ended. From then on, periods have their full length.
    spread: bool,
    /// Whether a load has found the first value.
    served: bool,
    /// The longest pause that the source wants now, in addition to the heartbeat.
    wanted: Option<Duration>,
}

/// The load that is running.
#[derive(Debug, Clone, Copy)]
struct RunningLoad {
    load: Load,
    /// All its causes.
    causes: Causes,
    /// Whether it began before the open watch was opened, so that it proves nothing about that watch.
    before_watch: bool,
    /// Whether its only cause is the clock.
    by_clock: bool,
    /// Whether a hint was pending when it began, or arrived while it ran.
    announced: bool,
}

impl Machine {
    pub(super) fn new(settings: impl Into<Arc<Settings>>, jitter: Jitter) -> Self {
        let settings = settings.into();
        Self {
            agenda: Agenda::new(),
            watch: Watch::new(settings.watches()),
            retry: Retry::new(settings.interval),
            running: None,
            pushed: false,
            content: Delivered::None,
            rollbacks: 0,
            plans: 0,
            other_last: false,
            last_load: Duration::ZERO,
            periodic: None,
            removal: None,
            suspicion: None,
            spread: false,
            served: false,
            wanted: None,
            settings,
            jitter,
        }
    }

    /// Handles an input, and returns the actions that follow.
    pub(super) fn handle(&mut self, now: Duration, input: Input) -> Actions {
        let mut actions = Actions::default();
        match input {
            Input::Started if self.settings.watches() => {
                self.watch.connect();
                actions.open = true;
                self.agenda.request(Trigger::Startup, now + OPEN_PATIENCE);
            }
            Input::Started => self.agenda.request(Trigger::Startup, now),
            Input::Hint => {
                self.announced(now);
                self.hint(now);
                // What has changed since may be newer than the content.
                self.content = Delivered::None;
            }
            Input::Pushed => {
                self.announced(now);
                self.pushed = true;
                self.content = Delivered::None;
            }
            Input::Content => {
                self.announced(now);
                self.hint(now);
                self.content = Delivered::arrived(self.is_reading_source());
            }
            Input::Alive => self.watch.alive(now),
            Input::NoWatch => {
                self.watch.off();
                self.agenda.hasten(now);
            }
            Input::Opened | Input::OpenedInPart => {
                self.watch.opened(now, input == Input::Opened);
                // The load that follows decides, and its retries. Content of an earlier watch must not count as such a load.
                self.content = Delivered::None;
                if let Some(running) = &mut self.running {
                    running.before_watch = true;
                }
                self.agenda.request(Trigger::Resync, now);
            }
            Input::Lost(regime) => self.lost(now, regime),
            Input::Loaded(verdict) => self.loaded(now, verdict),
            Input::Requested(trigger) => {
                self.agenda.request(trigger, now);
                // Only a request of a person hastens a lost watch: a program may call `barrier` often.
                if trigger.is_requested() {
                    self.watch.hasten(now);
                }
            }
            Input::Rollback => self.rollbacks += 1,
            Input::Plan => self.plans += 1,
            Input::Tick => {}
        }
        self.advance(now, &mut actions);
        actions
    }

    /// When [`Input::Tick`] is due, if nothing happens before. Never in the past of the last `handle`.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        let watch = self.watch.next(self.settings.idle);
        earliest([self.next_load(), watch, self.suspicion])
    }

    /// When the next load begins, if nothing happens before. `None` while a load runs: the next one begins at its end.
    fn next_load(&self) -> Option<Duration> {
        if self.running.is_some() {
            return None;
        }
        let other = self.has_other_load().then_some(Duration::ZERO);
        earliest([other, self.next_source_load()])
    }

    /// When the next load of the source is due.
    fn next_source_load(&self) -> Option<Duration> {
        earliest([
            self.agenda.next(&self.settings),
            self.periodic,
            self.removal,
            self.retry.next(),
        ])
    }

    /// The causes of the running load.
    pub(super) fn causes(&self) -> Causes {
        self.running
            .map(|running| running.causes)
            .unwrap_or_default()
    }

    /// The state of the watch.
    pub(super) fn watch(&self) -> WatchState {
        self.watch.state()
    }

    /// Whether the watch sent content that no load has used.
    pub(super) fn has_content(&self) -> bool {
        self.content.is_waiting()
    }

    /// The watch has ended, or could not be opened.
    fn lost(&mut self, now: Duration, regime: Regime) {
        let was_open = self.watch.state().is_open();
        self.watch.lost(now, regime, &mut self.jitter);
        self.suspicion = None;
        if was_open {
            self.agenda.request(Trigger::Resync, now);
            self.shorten_period();
        } else {
            // A failed attempt to connect must not postpone polling.
            self.agenda.hasten(now);
        }
    }

    /// The idle timeout of the watch.
    pub(super) fn idle(&self) -> Option<Duration> {
        self.settings.idle
    }

    /// Notes a sign of life of the watch that waits to be handled.
    pub(super) fn alive(&mut self, now: Duration) {
        self.watch.alive(now);
    }

    /// Does everything that is due by now.
    fn advance(&mut self, now: Duration, actions: &mut Actions) {
        if self.watch.end_silence(now, self.settings.idle) {
            actions.close = true;
            self.lost(now, Regime::Passing);
        }
        if take_due(&mut self.suspicion, now) {
            actions.missed = true;
            self.watch.missed();
            self.shorten_period();
        }
        if self.watch.settle(now) {
            self.draw_period();
        }
        if self.watch.reconnect(now) {
            actions.open = true;
        }
        if self.running.is_none()
            && let Some(running) = self.due(now)
        {
            self.running = Some(running);
            if running.load.from == LoadFrom::Source {
                self.periodic = None;
                self.content.load_began();
            }
            actions.load = Some(running.load);
        }
    }

    fn announced(&mut self, now: Duration) {
        self.suspicion = None;
        self.watch.delivered(now);
        if let Some(running) = &mut self.running {
            running.announced = true;
        }
    }

    fn loaded(&mut self, now: Duration, verdict: Verdict) {
        let Some(running) = self.running.take() else {
            debug_assert!(false, "a load ended that had not begun");
            return;
        };
        self.served |= matches!(verdict, Verdict::Published | Verdict::Unchanged);
        match verdict {
            Verdict::Aside => return self.content.load_had_no_effect(),
            Verdict::Published if running.announced => self.watch.announced_change(),
            Verdict::Published
                if running.by_clock
                    && !running.before_watch
                    && self.watch.state().is_open()
                    && self.watch.covers_all() =>
            {
                self.suspicion = Some(now + self.settings.grace);
            }
            // An earlier moment stays: loads in between must not postpone the removal for ever.
            Verdict::Absent => _ = self.removal.get_or_insert(now + REMOVAL_CONFIRM),
            Verdict::Published
            | Verdict::Unchanged
            | Verdict::Rejected
            | Verdict::Failed(_)
            | Verdict::Missing
            | Verdict::Held(_) => {}
        }
        if let Verdict::Failed(regime) = verdict {
            self.retry.failed(now, regime, &mut self.jitter);
        } else {
            self.retry.succeeded();
            if matches!(verdict, Verdict::Rejected | Verdict::Held(_)) {
                // The fix may lie outside the watch: in a file that the content names, or in a host. And a hold may have
                // lasted long enough. A source with revisions is not asked for the same content
                // again, so this is cheap.
                let interval = self.settings.interval;
                let mut pause = self.jitter.below(interval, PERIOD_JITTER_PERCENT);
                if let Verdict::Held(Some(millis)) = verdict {
                    pause = pause.min(Duration::from_millis(millis.into()));
                }
                self.retry.set_due(now + pause);
            }
            if !running.before_watch {
                self.watch.loaded();
            }
            if verdict != Verdict::Absent {
                self.removal = None;
            }
        }
        if self.content.load_ended(verdict) {
            self.hint(now);
        }
        match running.load.from {
            LoadFrom::Source => {
                self.last_load = now;
                self.draw_period();
                self.spread = true;
            }
            // Content that the watch delivers is not a load and does not postpone one. Otherwise a busy watch could hide
            // changes that it misses.
            LoadFrom::Watch | LoadFrom::History | LoadFrom::Plan if self.periodic.is_none() => {
                self.draw_period();
            }
            LoadFrom::Watch | LoadFrom::History | LoadFrom::Plan => {}
        }
        self.cancel_timers(now);
    }
}
