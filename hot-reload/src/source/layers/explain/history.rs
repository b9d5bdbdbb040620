//! [`History`]: the layers of the last loads.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::revision::Revision;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::Node;

/// The most loads that are kept. Layers that stay the same are shared.
const LOADS: usize = 16;

/// The layers of the last loads that could be decoded, the newest load last.
#[derive(Default)]
pub(in crate::source::layers) struct History {
    kept: VecDeque<Kept>,
    /// The load whose value is visible.
    visible: Option<Revision>,
}

struct Kept {
    load: Arc<Load>,
    /// Whether its value was ever visible.
    was_visible: bool,
}

/// The layers of one load, in order.
pub(super) struct Load {
    pub(super) revision: Revision,
    pub(super) layers: Vec<(String, Option<Arc<Node>>)>,
    /// The values that an explanation may show.
    pub(super) quoting: Quoting,
}

impl History {
    /// All loads that are kept.
    pub(super) fn loads(&self) -> Vec<Arc<Load>> {
        let loads = self.kept.iter().map(|kept| Arc::clone(&kept.load));
        loads.collect()
    }

    /// Keeps a load. An earlier one with the same revision is forgotten.
    pub(in crate::source::layers) fn remember(
        &mut self,
        revision: Revision,
        layers: Vec<(String, Option<Arc<Node>>)>,
        quoting: Quoting,
    ) {
        let mut was_visible = self.visible.as_ref() == Some(&revision);
        self.kept.retain(|kept| {
            let is_other = kept.load.revision != revision;
            was_visible |= !is_other && kept.was_visible;
            is_other
        });
        let load = Load {
            revision,
            layers,
            quoting,
        };
        self.kept.push_back(Kept {
            load: Arc::new(load),
            was_visible,
        });
        while self.kept.len() > LOADS {
            self.evict();
        }
    }

    /// Forgets one load: the oldest that was never visible, or else the oldest that is not visible now. The newest load stays,
    /// because it may become visible.
    fn evict(&mut self) {
        let older = || self.kept.iter().take(LOADS);
        let unseen = older().position(|kept| !kept.was_visible);
        let hidden = || older().position(|kept| Some(&kept.load.revision) != self.visible.as_ref());
        if let Some(index) = unseen.or_else(hidden) {
            self.kept.remove(index);
        }
    }

    /// Notes that the value of the load with this revision is visible.
    pub(in crate::source::layers) fn note_visible(&mut self, revision: Option<&Revision>) {
        if self.visible.as_ref() == revision {
            return;
        }
        self.visible = revision.cloned();
        let visible = |kept: &&mut Kept| Some(&kept.load.revision) == revision;
        if let Some(kept) = self.kept.iter_mut().find(visible) {
            kept.was_visible = true;
        }
    }
}
