//! One example for each rule of the machine, with the production constants.

mod configure;
mod delivered;
mod loads;
mod pauses;
mod reconnect;
mod replay;
mod trust;

use std::time::Duration;

use super::super::settings::Settings;
use super::{Actions, Input, Machine, Verdict};
use crate::backoff::Jitter;
use crate::event::{Trigger, WatchState};
use crate::watch::WatchProfile;

const INTERVAL: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = WatchProfile::local().heartbeat;

/// A machine and a clock.
struct Run {
    machine: Machine,
    now: Duration,
}

impl Run {
    fn new(settings: Settings) -> Self {
        Self::with_jitter(settings, Jitter::none())
    }

    fn with_jitter(settings: Settings, jitter: Jitter) -> Self {
        Self {
            machine: Machine::new(settings, jitter),
            now: Duration::ZERO,
        }
    }

    /// A hybrid service with a local source, whose watch is trusted.
    fn trusted() -> Self {
        let mut run = Self::settling(Settings::hybrid(INTERVAL, WatchProfile::local()));
        run.idle_until(Duration::from_secs(61));
        assert_eq!(run.machine.watch(), WatchState::Trusted);
        run
    }

    /// The watch is open, and the first load has published.
    fn settling(settings: Settings) -> Self {
        let mut run = Self::new(settings);
        assert!(run.input(Input::Started).open);
        assert_eq!(run.loads(Input::Opened), Some(Trigger::Startup));
        run.ends(Verdict::Published);
        run
    }

    fn input(&mut self, input: Input) -> Actions {
        self.machine.handle(self.now, input)
    }

    fn loads(&mut self, input: Input) -> Option<Trigger> {
        self.input(input).load.map(|load| load.trigger)
    }

    /// The load ends; nothing is due at once.
    fn ends(&mut self, verdict: Verdict) {
        assert_eq!(self.loads(Input::Loaded(verdict)), None);
    }

    /// Goes to the next moment at which the machine does something.
    fn tick(&mut self) -> Actions {
        self.now = self.machine.next_tick().expect("something is due");
        self.input(Input::Tick)
    }

    /// Lets time pass; every load finds nothing new.
    fn idle_until(&mut self, end: Duration) -> u32 {
        let mut loads = 0;
        while self.machine.next_tick().is_some_and(|tick| tick <= end) {
            if self.tick().load.is_some() {
                loads += 1;
                self.ends(Verdict::Unchanged);
            }
        }
        self.now = end;
        loads
    }

    fn after(&mut self, pause: Duration) -> &mut Self {
        self.now += pause;
        self
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
