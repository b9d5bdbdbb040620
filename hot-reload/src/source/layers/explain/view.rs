//! [`View`]: one key in the layers of one load.

use super::answer::KeyAnswer;
use super::history::Load;
use crate::error::Location;
use crate::scope::pattern::Wanted;
use crate::source::decode::tree::{Node, merged};

/// One key in the layers of one load.
pub(super) struct View<'a> {
    load: &'a Load,
    steps: &'a [Wanted],
    effective: Option<Node>,
}

impl<'a> View<'a> {
    pub(super) fn of(load: &'a Load, steps: &'a [Wanted]) -> Self {
        let trees = load.layers.iter().filter_map(|(_, tree)| tree.as_deref());
        let whole = merged(trees, "");
        Self {
            load,
            steps,
            effective: whole.find(steps).cloned(),
        }
    }

    /// The effective value.
    pub(super) fn shown(&self) -> Option<String> {
        let effective = self.effective.as_ref();
        effective.map(|node| node.shown(self.steps, self.load.quoting))
    }

    /// Whether both have the same value from the same layer.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_same = match (&self.effective, &other.effective) {
            (Some(one), Some(other)) => one.is_same(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        is_same && self.winners().eq(other.winners())
    }

    /// The names of the layers that win.
    fn winners(&self) -> impl Iterator<Item = &str> {
        let found = self.found().into_iter();
        found.filter_map(|(name, _, wins)| wins.then_some(name))
    }

    /// The layers that have the key, the last one first, and whether each of them wins.
    fn found(&self) -> Vec<(&'a str, &'a Node, bool)> {
        let mut found = Vec::new();
        // A value that is no table replaces all that earlier layers have there.
        let mut is_replaced = false;
        for (name, tree) in self.load.layers.iter().rev() {
            let Some(tree) = tree.as_deref() else {
                continue;
            };
            if let Some(node) = tree.find(self.steps) {
                found.push((&**name, node, !is_replaced && self.wins(node)));
            }
            let mut above = (0..=self.steps.len()).filter_map(|end| tree.find(&self.steps[..end]));
            is_replaced |= above.any(|node| !node.is_table());
        }
        found
    }

    fn wins(&self, node: &Node) -> bool {
        let is_won = |effective: &Node| match effective.is_table() {
            true => node.is_table(),
            false => effective.is_from(node),
        };
        self.effective.as_ref().is_some_and(is_won)
    }

    pub(super) fn answers(&self) -> Vec<KeyAnswer> {
        let answer = |(layer, node, wins): (&str, &Node, bool)| {
            let mut place = Location::new(&node.origin.part.name);
            if let Some((line, column)) = node.origin.line_and_column() {
                place = place.line(line, column);
            }
            KeyAnswer {
                layer: Location::new(layer).to_string(),
                place: place.to_string(),
                value: node.shown(self.steps, self.load.quoting),
                wins,
            }
        };
        self.found().into_iter().map(answer).collect()
    }
}
