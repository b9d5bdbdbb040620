//! Checks properties of the machine after every sequence of inputs up to a depth.
//!
//! The ghost below models the outside of the machine: the running load, the state of the watch, and the time of the oldest
//! pending cause. It does not use the machine's internals.

mod configured;
mod sequences;

use std::time::Duration;

use super::super::settings::{REMOVAL_CONFIRM, Settings};
use super::{Actions, Input, Load, LoadFrom, Machine, Regime, Verdict};
use crate::backoff::Jitter;
use crate::event::{Trigger, WatchState};

const INTERVAL: Duration = Duration::from_secs(10);
/// The time between two inputs that time does not cause.
const INSTANT: Duration = Duration::from_millis(10);
/// The longest wait of a cause: the ceiling of the debounce window or the patience at the start, both one second, or the
/// pauses of the limit. A sequence spends at most one pause for each input.
const PATIENCE: Duration = Duration::from_secs(1);
const DEPTH: usize = 7;

#[derive(Clone)]
struct Ghost {
    machine: Machine,
    /// The configured interval, and the configured heartbeat or the shorter one that the source wants.
    interval: Duration,
    heartbeat: Option<Duration>,
    now: Duration,
    running: Option<Load>,
    opening: bool,
    open: bool,
    /// The time of the oldest cause that no load has followed.
    owed: Option<Duration>,
    /// Whether the watch delivered a value that no load has taken.
    pushed: bool,
    /// Whether the watch delivers content.
    delivers: bool,
    /// Whether the watch may leave out a part of the source, and whether the present one does.
    has_unwatched: bool,
    in_part: bool,
    /// Whether content was delivered last. It answers every hint before it.
    content: bool,
    /// The time of the oldest hint or content that no load has followed.
    hint_owed: Option<Duration>,
    /// The number of pending rollbacks.
    rollbacks: u32,
    /// Whether plans are requested, the number of pending ones, and whether the first load has ended, which precedes them.
    planning: bool,
    plans: u32,
    started: bool,
    /// Loads that hints have caused: each may make the next one wait for a pause.
    hinted: u32,
    /// When the last load of the source ended.
    idle: Duration,
    /// Whether the service is enabled, and whether a load has found its first value.
    enabled: bool,
    served: bool,
    /// Whether the pending cause is only that the service was enabled.
    enabling: bool,
    /// The settings that replace the present ones, if they change.
    other: Option<Settings>,
    /// The time of the first load without content since the last one with content.
    absent: Option<Duration>,
    refused: bool,
    missing: bool,
}

impl Ghost {
    fn new(settings: Settings) -> Self {
        let mut ghost = Self {
            interval: settings.interval,
            heartbeat: settings.heartbeat,
            enabled: settings.enabled,
            served: false,
            enabling: false,
            other: None,
            machine: Machine::new(settings, Jitter::none()),
            now: Duration::ZERO,
            running: None,
            opening: false,
            open: false,
            owed: Some(Duration::ZERO),
            pushed: false,
            delivers: false,
            has_unwatched: false,
            in_part: false,
            content: false,
            hint_owed: None,
            rollbacks: 0,
            planning: false,
            plans: 0,
            started: false,
            hinted: 0,
            idle: Duration::ZERO,
            absent: None,
            refused: false,
            missing: false,
        };
        ghost.step(Input::Started).expect("the start is sound");
        ghost
    }

    /// What can happen next.
    fn inputs(&self) -> Vec<(Duration, Input)> {
        let soon = self.now + INSTANT;
        let mut inputs = vec![(soon, Input::Requested(Trigger::Manual))];
        if self.rollbacks == 0 {
            inputs.push((soon, Input::Rollback));
        }
        if self.planning && self.plans == 0 {
            inputs.push((soon, Input::Plan));
        }
        // Time alone: nothing happens until the machine wants to be called.
        inputs.extend(self.machine.next_tick().map(|tick| (tick, Input::Tick)));
        if self.opening {
            inputs.push((soon, Input::Opened));
            if self.has_unwatched {
                inputs.push((soon, Input::OpenedInPart));
            }
            inputs.push((soon, Input::NoWatch));
        }
        if self.open {
            inputs.push((soon, Input::Hint));
            inputs.push((soon, Input::Pushed));
            if self.delivers {
                inputs.push((soon, Input::Content));
            }
            if self.machine.idle().is_some() {
                inputs.push((soon, Input::Alive));
            }
        }
        if self.open || self.opening {
            inputs.push((soon, Input::Lost(Regime::Passing)));
            inputs.push((soon, Input::Lost(Regime::Refused)));
        }
        if let Some(load) = self.running {
            if load.from == LoadFrom::History {
                inputs.push((soon, Input::Loaded(Verdict::Aside)));
                return inputs;
            }
            if load.from == LoadFrom::Plan {
                // A plan has no effect. An applied one has the outcome of a load.
                let verdicts = [Verdict::Aside, Verdict::Published, Verdict::Held(None)];
                inputs.extend(verdicts.map(|verdict| (soon, Input::Loaded(verdict))));
                return inputs;
            }
            if load.from == LoadFrom::Watch {
                let verdicts = [Verdict::Published, Verdict::Unchanged, Verdict::Rejected];
                inputs.extend(verdicts.map(|verdict| (soon, Input::Loaded(verdict))));
                return inputs;
            }
            let nothing = match load.confirm || self.missing {
                true => Verdict::Missing,
                false => Verdict::Absent,
            };
            let verdicts = [
                Verdict::Published,
                Verdict::Unchanged,
                Verdict::Rejected,
                Verdict::Held(None),
                Verdict::Failed(Regime::Passing),
                Verdict::Failed(Regime::Refused),
                nothing,
            ];
            inputs.extend(verdicts.map(|verdict| (soon, Input::Loaded(verdict))));
        }
        inputs
    }

    fn step(&mut self, input: Input) -> Result<(), &'static str> {
        match input {
            Input::Opened | Input::OpenedInPart => {
                self.opening = false;
                self.open = true;
                self.in_part = input == Input::OpenedInPart;
                self.owe();
            }
            Input::Lost(_) => {
                if self.open {
                    self.owe();
                }
                self.opening = false;
                self.open = false;
            }
            Input::NoWatch => self.opening = false,
            Input::Requested(_) => self.owe(),
            Input::Hint => {
                self.content = false;
                self.hint_owed.get_or_insert(self.now);
            }
            Input::Content => {
                self.content = true;
                self.hint_owed.get_or_insert(self.now);
            }
            Input::Pushed => {
                self.content = false;
                self.pushed = true;
            }
            Input::Rollback => self.rollbacks += 1,
            Input::Plan => self.plans += 1,
            Input::Loaded(Verdict::Aside) => self.running = None,
            Input::Loaded(verdict) => {
                let load = self.running.take();
                if load.is_some_and(|load| load.from == LoadFrom::Source) {
                    self.idle = self.now;
                    self.started = true;
                }
                self.served |= matches!(verdict, Verdict::Published | Verdict::Unchanged);
                let confirmed = load.is_some_and(|load| load.confirm);
                self.refused = verdict == Verdict::Failed(Regime::Refused);
                self.absent = match verdict {
                    Verdict::Absent => self.absent.or(Some(self.now)),
                    // A failed confirmation does not count; the next load begins again.
                    Verdict::Failed(_) if !confirmed => self.absent,
                    _ => None,
                };
                self.missing = verdict == Verdict::Missing || (self.missing && self.refused);
            }
            Input::Started | Input::Tick | Input::Alive => {}
        }
        let actions = self.machine.handle(self.now, input);
        self.obey(actions)?;
        self.forget_enabling();
        self.audit()
    }

    fn owe(&mut self) {
        self.enabling = false;
        self.owed.get_or_insert(self.now);
    }

    fn obey(&mut self, actions: Actions) -> Result<(), &'static str> {
        if actions.close {
            if !self.open {
                return Err("a watch is closed that is not open");
            }
            self.open = false;
            self.owe();
        }
        if actions.open {
            if self.open || self.opening {
                return Err("a watch is opened beside another");
            }
            self.opening = true;
        }
        if let Some(load) = actions.load {
            if self.running.is_some() {
                return Err("P9: a second load beside the running one");
            }
            let since = self.absent.unwrap_or(Duration::MAX);
            if load.confirm && self.now < since.saturating_add(REMOVAL_CONFIRM) {
                return Err("P12: a removal is confirmed too early");
            }
            self.hinted +=
                u32::from(load.trigger == Trigger::Watch && load.from == LoadFrom::Source);
            self.running = Some(load);
            match load.from {
                // Only a load of the source answers the pending cause.
                LoadFrom::Source => (self.owed, self.hint_owed) = (None, None),
                LoadFrom::Watch if self.pushed => self.pushed = false,
                LoadFrom::Watch if self.content => {
                    (self.content, self.hint_owed) = (false, None);
                }
                LoadFrom::Watch => {
                    return Err("a load takes a value that the watch did not deliver");
                }
                LoadFrom::History if self.rollbacks == 0 => {
                    return Err("a rollback begins without a request");
                }
                LoadFrom::History => self.rollbacks -= 1,
                LoadFrom::Plan if self.plans == 0 => {
                    return Err("a plan begins without a request");
                }
                LoadFrom::Plan => self.plans -= 1,
            }
        }
        Ok(())
    }

    /// Checks the invariants of every state.
    fn audit(&self) -> Result<(), &'static str> {
        let tick = self.machine.next_tick();
        if tick.is_some_and(|tick| tick <= self.now) {
            return Err("the machine spins: it wants to be called at once, again");
        }
        if self.running.is_none()
            && tick.is_none()
            && !self.open
            && !self.opening
            && !self.loads_only_on_request()
        {
            return Err("dead end: nothing runs, nothing is due, and no watch is open");
        }
        if self.machine.watch().is_open() != self.open {
            return Err("the machine is wrong about the watch");
        }
        if self.running.is_some() {
            return Ok(());
        }
        if self.pushed {
            return Err("a pushed value is not loaded");
        }
        if self.rollbacks > 0 {
            return Err("a requested rollback does not begin");
        }
        if self.plans > 0 && self.started {
            return Err("a requested plan does not begin");
        }
        let next = self.machine.next_load();
        let patience = PATIENCE * (1 + self.hinted);
        let causes = [self.owed, self.hint_owed, self.absent];
        if self.loads_only_on_request() && causes.iter().all(Option::is_none) && next.is_some() {
            return Err("a disabled service loads without a request");
        }
        if let Some(owed) = [self.owed, self.hint_owed].into_iter().flatten().min()
            && next.is_none_or(|next| next > owed + patience)
        {
            return Err("P3, P9: a cause is not followed by a load that begins after it");
        }
        if let Some(bound) = self.bound()
            && next.is_none_or(|next| next > self.idle + bound)
        {
            return Err("P4: a pause between two loads is longer than its bound");
        }
        if let Some(since) = self.absent
            && next.is_none_or(|next| next > since + REMOVAL_CONFIRM)
        {
            return Err("P12: a removal is not confirmed in time");
        }
        Ok(())
    }

    /// The longest pause between two loads, if there is one.
    fn bound(&self) -> Option<Duration> {
        let trusted = self.machine.watch() == WatchState::Trusted && !self.in_part;
        match self.heartbeat {
            _ if self.loads_only_on_request() => None,
            Some(heartbeat) if trusted => Some(heartbeat),
            Some(heartbeat) => Some(heartbeat.min(self.interval)),
            None if trusted || self.refused => None,
            None => Some(self.interval),
        }
    }
}
