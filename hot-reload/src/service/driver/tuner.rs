//! [`Tuner`]: counts failed loads in a row, and applies the settings that the visible value has.

use std::mem;

use tracing::{info, warn};

use super::timing::Tuning;
use crate::event::Stage;
use crate::service::boundary::contained;
use crate::service::machine::Verdict;
use crate::service::pipeline::deadline::Deadline;
use crate::service::policy::settings::ReloadSettings;
use crate::service::settings::Settings;
use crate::service::shared::Shared;
use crate::snapshot::Generation;

/// See the [module documentation](self).
pub(crate) struct Tuner<'e, V> {
    tuning: &'e Tuning<V>,
    /// The failed loads in a row after which the service counts as given up.
    most: Option<u32>,
    failed: u32,
    /// Whether the log and an event have reported that the service counts as given up.
    reported: bool,
    /// The last generation whose settings were applied.
    seen: Option<Generation>,
    applied: ReloadSettings,
}

impl<'e, V> Tuner<'e, V> {
    pub(crate) fn new(tuning: &'e Tuning<V>) -> Self {
        Self {
            tuning,
            most: tuning.timing.limits.attempts.filter(|most| *most > 0),
            failed: 0,
            reported: false,
            seen: None,
            applied: ReloadSettings::default(),
        }
    }

    /// Counts a load. Returns whether the service counts as given up.
    pub(crate) fn load_ended(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Published | Verdict::Unchanged | Verdict::Held(_) => self.failed = 0,
            Verdict::Failed(_) | Verdict::Rejected => self.failed = self.failed.saturating_add(1),
            Verdict::Absent | Verdict::Missing | Verdict::Aside => {}
        }
        self.is_given_up()
    }

    fn is_given_up(&self) -> bool {
        self.most.is_some_and(|most| self.failed >= most)
    }

    /// The number of failed loads in a row when the service begins to count as given up, once.
    pub(crate) fn report(&mut self) -> Option<u32> {
        let is_given_up = self.is_given_up();
        let was_reported = mem::replace(&mut self.reported, is_given_up);
        (self.reported && !was_reported).then_some(self.failed)
    }

    /// The settings of the engine, if those of the visible value have changed.
    pub(crate) fn changed(&mut self, shared: &Shared<V>, deadline: &Deadline) -> Option<Settings> {
        let section = self.tuning.section.as_ref()?;
        let visible = shared.publisher.current()?;
        if self.seen.replace(visible.generation()) == Some(visible.generation()) {
            return None;
        }
        let name = &*shared.observers.target;
        let Ok(now) = contained(Stage::Commit, || section(visible.value()).clone()) else {
            warn!(target: "hot_reload", name, "`settings_from` panicked; the earlier reload settings stay in force; fix the function");
            return None;
        };
        if now == self.applied {
            return None;
        }
        let timing = self.tuning.timing.clone().with(&now);
        self.most = timing.limits.attempts.filter(|most| *most > 0);
        deadline.set(timing.deadline);
        self.applied = now;
        info!(target: "hot_reload", name, "reload settings applied");
        Some(timing.settings())
    }
}
