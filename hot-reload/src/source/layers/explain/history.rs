//! [`History`]: the layers of the last loads.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::revision::Revision;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::Node;

/// The most loads that are kept. Layers that stay the same are shared.
const LOADS: usize = 16;

/// The layers of the last loads that could be decoded.
#[derive(Default)]
pub(in crate::source::layers) struct History {
    pub(super) loads: VecDeque<Arc<Load>>,
}

/// The layers of one load, in order.
pub(super) struct Load {
    pub(super) revision: Revision,
    pub(super) layers: Vec<(String, Option<Arc<Node>>)>,
    /// The values that an explanation may show.
    pub(super) quoting: Quoting,
}

impl History {
    /// Keeps a load. An earlier one with the same revision is forgotten.
    pub(in crate::source::layers) fn remember(
        &mut self,
        revision: Revision,
        layers: Vec<(String, Option<Arc<Node>>)>,
        quoting: Quoting,
    ) {
        self.loads.retain(|load| load.revision != revision);
        self.loads.push_back(Arc::new(Load {
            revision,
            layers,
            quoting,
        }));
        while self.loads.len() > LOADS {
            self.loads.pop_front();
        }
    }
}
