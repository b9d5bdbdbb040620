//! The next load: which one is due, and for which causes.

use std::time::Duration;

use super::delivered::Delivered;
use super::terms::{Load, LoadFrom};
use super::time::take_due;
use super::{Machine, RunningLoad};
use crate::event::{Causes, Trigger, WatchState};

impl Machine {
    /// Adds a hint to the causes of the next load.
    pub(super) fn hint(&mut self, now: Duration) {
        let (jitter, longest) = (&mut self.jitter, self.settings.jitter);
        self.agenda.hint(now, || jitter.up_to(longest));
    }

    /// Whether a pushed value, a rollback or a plan waits for a load.
    pub(super) fn has_other_load(&self) -> bool {
        self.pushed || self.rollbacks > 0 || self.has_plan()
    }

    /// Whether a plan waits for a load, and may begin: the first load comes before all plans.
    fn has_plan(&self) -> bool {
        self.plans > 0 && self.spread
    }

    /// The load that is due, with all its causes.
    pub(super) fn due(&mut self, now: Duration) -> Option<RunningLoad> {
        // Pushed values, rollbacks and plans take turns with loads of the source.
        self.other_last =
            self.has_other_load() && !(self.other_last && self.is_source_load_due(now));
        if self.other_last {
            let (trigger, from) = if self.rollbacks > 0 {
                self.rollbacks -= 1;
                (Trigger::Rollback, LoadFrom::History)
            } else if self.has_plan() {
                self.plans -= 1;
                (Trigger::Manual, LoadFrom::Plan)
            } else {
                self.pushed = false;
                (Trigger::Watch, LoadFrom::Watch)
            };
            return Some(RunningLoad {
                load: Load {
                    trigger,
                    confirm: false,
                    from,
                },
                causes: Causes::of(trigger),
                before_watch: false,
                by_clock: false,
                announced: from == LoadFrom::Watch,
            });
        }
        let hinted = self.agenda.is_hinted();
        let well = self.retry.next().is_none();
        let confirm = take_due(&mut self.removal, now);
        let retry = self.retry.take_due(now);
        let mut causes = self.agenda.take_due(now, &self.settings);
        if confirm || retry {
            causes.insert(Trigger::Retry);
        }
        // After a failure, the fix may lie outside the watch: in a file that the content names, or in a host.
        let by_clock = causes.is_empty() && well;
        if self.periodic.is_some_and(|due| due <= now) {
            let is_trusted = self.watch.state() == WatchState::Trusted;
            causes.insert(match is_trusted {
                true => Trigger::Resync,
                false => Trigger::Interval,
            });
        }
        // Every other cause wants to know the state of the source.
        let uses_content =
            self.content == Delivered::Waiting && causes == Causes::of(Trigger::Watch);
        let from = if uses_content {
            self.content = Delivered::None;
            LoadFrom::Watch
        } else {
            LoadFrom::Source
        };
        Some(RunningLoad {
            load: Load {
                trigger: causes.weightiest()?,
                confirm,
                from,
            },
            causes,
            before_watch: false,
            by_clock,
            announced: hinted || causes.contains(Trigger::Watch),
        })
    }

    /// Whether a load is running that may read the source. A load of the watch's content reads it once more if participants
    /// take time.
    pub(super) fn is_reading_source(&self) -> bool {
        let running = self.running;
        running.is_some_and(|running| running.load.from != LoadFrom::History)
    }

    /// Whether a load of the source is due.
    fn is_source_load_due(&self, now: Duration) -> bool {
        self.next_source_load().is_some_and(|due| due <= now)
    }
}
