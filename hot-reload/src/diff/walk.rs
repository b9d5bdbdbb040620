//! Walks two trees side by side and collects the changes.

use super::change::{Change, ChangeKind};
use super::list::{Pair, align};
use super::path::{Path, Segment};
use super::show;
use super::tree::{Key, Node};
use crate::scope::Scope;

/// Collects the changes between two trees.
#[derive(Default)]
pub(super) struct Walk<'a> {
    /// The path from the whole value to the current position.
    steps: Vec<Step<'a>>,
    changes: Vec<Change>,
}

/// One step of the path.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a Key),
    Item { old: usize, new: usize },
}

impl<'a> Walk<'a> {
    /// The collected changes, ordered by path.
    pub(super) fn changes(mut self) -> Vec<Change> {
        self.changes.sort_by(|a, b| {
            let by = |change: &Change| (change.kind, change.old_path.clone());
            a.path.cmp(&b.path).then_with(|| by(a).cmp(&by(b)))
        });
        self.changes
    }

    /// Compares one position, if a side has it.
    pub(super) fn compare(
        &mut self,
        old: Option<&'a Node>,
        new: Option<&'a Node>,
        scope: &Scope<'_>,
    ) {
        let (Some(old), Some(new)) = (old, new) else {
            if old.is_some() || new.is_some() {
                self.report(old, new, scope);
            }
            return;
        };
        // Keys of a map and the number of items may be part of a secret; names of fields come from the program.
        match (old, new) {
            (Node::Record(old), Node::Record(new)) => self.entries(old, new, scope),
            (Node::Map(old), Node::Map(new)) if !scope.is_secret() => self.entries(old, new, scope),
            (Node::List(old), Node::List(new)) if !scope.is_secret() => self.list(old, new, scope),
            (Node::Tuple(old), Node::Tuple(new)) if !scope.is_secret() => {
                self.tuple(old, new, scope);
            }
            _ if old != new => self.report(Some(old), Some(new), scope),
            _ => {}
        }
    }

    /// Compares one step below the current position.
    pub(super) fn step(
        &mut self,
        step: Step<'a>,
        old: Option<&'a Node>,
        new: Option<&'a Node>,
        scope: &Scope<'_>,
    ) {
        self.within(step, scope, |walk, scope| walk.compare(old, new, scope));
    }

    /// Calls a function one step below the current position.
    pub(super) fn within(
        &mut self,
        step: Step<'a>,
        scope: &Scope<'_>,
        there: impl FnOnce(&mut Self, &Scope<'_>),
    ) {
        let scope = match step {
            Step::Key(key) => scope.key(&show::name(key)),
            Step::Item { old, new } => scope.item(old, new),
        };
        self.steps.push(step);
        there(self, &scope);
        self.steps.pop();
    }

    fn entries(
        &mut self,
        mut old: &'a [(Key, Node)],
        mut new: &'a [(Key, Node)],
        scope: &Scope<'_>,
    ) {
        while let Some(key) = first_key(old, new) {
            let (was, is) = (take(&mut old, key), take(&mut new, key));
            self.step(Step::Key(key), was, is, scope);
        }
    }

    fn list(&mut self, old: &'a [Node], new: &'a [Node], scope: &Scope<'_>) {
        for pair in align(old, new) {
            match pair {
                Pair::Old(i) => self.step(Step::at(i, i), old.get(i), None, scope),
                Pair::New(j) => self.step(Step::at(j, j), None, new.get(j), scope),
                Pair::Both(i, j) => self.step(Step::at(i, j), old.get(i), new.get(j), scope),
            }
        }
    }

    fn tuple(&mut self, old: &'a [Node], new: &'a [Node], scope: &Scope<'_>) {
        for at in 0..old.len().max(new.len()) {
            self.step(Step::at(at, at), old.get(at), new.get(at), scope);
        }
    }

    fn report(&mut self, old: Option<&Node>, new: Option<&Node>, scope: &Scope<'_>) {
        let kind = match (old, new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        let sides = || old.into_iter().chain(new);
        // If one side is secret, the other is as likely to be one.
        let shown: Option<Vec<String>> = sides().map(|node| show::shortened(node, scope)).collect();
        let secret = shown.is_none();
        let mut shown = shown.into_iter().flatten();
        let (path, old_path) = (self.path(|_, new| new), self.path(|old, _| old));
        self.changes.push(Change {
            old_path: (old_path != path).then_some(old_path),
            path,
            kind,
            secret,
            old: old.and_then(|_| shown.next()),
            new: new.and_then(|_| shown.next()),
            compound: sides().any(Node::is_compound),
        });
    }

    fn path(&self, index: fn(usize, usize) -> usize) -> Path {
        let segment = |step: &Step<'_>| match *step {
            Step::Key(key) => Segment::Key(show::hidden(show::name(key)).into_owned()),
            Step::Item { old, new } => Segment::Index(index(old, new)),
        };
        self.steps.iter().map(segment).collect()
    }
}

impl Step<'_> {
    pub(super) fn at(old: usize, new: usize) -> Self {
        Self::Item { old, new }
    }
}

/// The smaller of the next keys.
pub(super) fn first_key<'a>(old: &'a [(Key, Node)], new: &'a [(Key, Node)]) -> Option<&'a Key> {
    let keys = old.first().into_iter().chain(new.first());
    keys.map(|(key, _)| key).min()
}

/// Takes the next value if it has this key.
pub(super) fn take<'a>(entries: &mut &'a [(Key, Node)], key: &Key) -> Option<&'a Node> {
    let ((first, value), rest) = entries.split_first()?;
    (first == key).then(|| {
        *entries = rest;
        value
    })
}
