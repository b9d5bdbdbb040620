//! The walks with settings that change between any two inputs.

use super::super::super::settings::Settings;
use super::sequences::walk;
use super::{Ghost, INTERVAL};
use crate::watch::WatchProfile;

impl Ghost {
    /// A service that was enabled and is disabled again need not load.
    pub(super) fn forget_enabling(&mut self) {
        if self.loads_only_on_request() && self.enabling {
            (self.owed, self.enabling) = (None, false);
        }
    }

    /// Replaces the settings by the other ones.
    pub(super) fn configure(&mut self) -> Result<(), &'static str> {
        let settings = self.other.take().ok_or("there are no other settings")?;
        self.other = Some((**self.machine.settings()).clone());
        if settings.enabled && !self.enabled {
            let enabling = self.enabling || self.owed.is_none();
            self.owe();
            self.enabling = enabling;
        }
        if self.enabled && !settings.enabled {
            // Its hints are dropped: the load of the next enabling answers them.
            self.hint_owed = None;
        }
        (self.interval, self.heartbeat) = (settings.interval, settings.heartbeat);
        self.enabled = settings.enabled;
        let watches = settings.watches();
        let actions = self.machine.configure(self.now, settings.into());
        if !watches {
            // What the watch has delivered is loaded from the source.
            (self.open, self.opening, self.content) = (false, false, false);
            if actions.open {
                return Err("a watch is opened that nobody wants");
            }
        }
        if actions.close && watches {
            return Err("a wanted watch is closed");
        }
        self.obey(super::Actions {
            close: false,
            ..actions
        })?;
        self.forget_enabling();
        self.audit()
    }

    /// Whether only requests cause loads.
    pub(super) fn loads_only_on_request(&self) -> bool {
        !self.enabled && self.served
    }
}

fn walk_between(before: Settings, after: Settings) -> u64 {
    let mut ghost = Ghost::new(before);
    ghost.other = Some(after);
    let mut states = 0;
    walk(&ghost, &mut Vec::new(), &mut states);
    states
}

fn hybrid() -> Settings {
    Settings::hybrid(INTERVAL, WatchProfile::local())
}

#[test]
fn every_sequence_while_a_service_is_disabled_and_enabled() {
    for settings in [
        hybrid(),
        Settings::realtime(INTERVAL, WatchProfile::unknown()),
        Settings::polling(INTERVAL),
    ] {
        let disabled = Settings {
            enabled: false,
            ..settings.clone()
        };
        let states = walk_between(settings.clone(), disabled.clone());
        assert!(states > 1_000, "{states}");
        let states = walk_between(disabled, settings);
        assert!(states > 1_000, "{states}");
    }
}

#[test]
fn p04_every_sequence_while_the_strategy_changes() {
    let polling = || Settings::polling(INTERVAL / 2);
    let realtime = || Settings::realtime(INTERVAL * 2, WatchProfile::unknown());
    for (before, after) in [
        (hybrid(), polling()),
        (polling(), hybrid()),
        (hybrid(), realtime()),
        (realtime(), hybrid()),
        (realtime(), polling()),
    ] {
        let states = walk_between(before, after);
        assert!(states > 10_000, "{states}");
    }
}

#[test]
fn p04_every_sequence_while_the_periods_change() {
    let profile = WatchProfile::local().with_heartbeat(INTERVAL / 4);
    let states = walk_between(hybrid(), Settings::hybrid(INTERVAL / 2, profile));
    assert!(states > 20_000, "{states}");
}

#[test]
fn p03_every_sequence_with_content_while_a_service_is_disabled() {
    let mut ghost = Ghost::new(hybrid());
    ghost.delivers = true;
    ghost.other = Some(Settings {
        enabled: false,
        ..hybrid()
    });
    let mut states = 0;
    walk(&ghost, &mut Vec::new(), &mut states);
    assert!(states > 20_000, "{states}");
}
