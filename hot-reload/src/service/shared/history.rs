//! [`History`]: the replaced values that a service keeps for rollbacks.

use std::collections::VecDeque;
use std::mem;

use crate::snapshot::{EngineShare, Generation, Snapshot};

/// The last values that were replaced, the newest last.
pub(crate) struct History<V> {
    room: usize,
    values: VecDeque<EngineShare<V>>,
}

impl<V> History<V> {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            values: VecDeque::new(),
        }
    }

    /// Adds a replaced value. Returns the value that it evicts, to be dropped without a lock.
    #[must_use = "it is dropped when nothing is locked"]
    pub(crate) fn replaced(&mut self, value: &Snapshot<V>) -> Option<EngineShare<V>> {
        if self.room == 0 {
            return None;
        }
        self.values.push_back(EngineShare::of(value));
        if self.values.len() > self.room {
            return self.values.pop_front();
        }
        None
    }

    /// Removes all values, because no rollback can follow. The caller drops them without a lock.
    #[must_use = "they are dropped when nothing is locked"]
    pub(crate) fn clear(&mut self) -> VecDeque<EngineShare<V>> {
        mem::take(&mut self.values)
    }

    /// All values, the newest first.
    pub(crate) fn list(&self) -> Vec<Snapshot<V>> {
        let newest_first = self.values.iter().rev();
        newest_first.map(|value| value.snapshot().clone()).collect()
    }

    /// The value of this generation.
    pub(crate) fn find(&self, generation: Generation) -> Option<Snapshot<V>> {
        let mut values = self.values.iter().map(EngineShare::snapshot);
        values
            .find(|value| value.generation() == generation)
            .cloned()
    }

    /// The newest value before this one. For a value of a rollback, the value before its origin: so repeated rollbacks step
    /// back further, and do not alternate between two values.
    pub(crate) fn before(&self, value: &Snapshot<V>) -> Option<Snapshot<V>> {
        let bound = value.origin().unwrap_or_else(|| value.generation());
        let mut newest_first = self.values.iter().rev().map(EngineShare::snapshot);
        newest_first
            .find(|value| value.generation() < bound)
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Publisher;

    /// A history after this number of publications, and the newest value.
    fn history(room: usize, values: u32) -> (History<u32>, Snapshot<u32>) {
        let publisher = Publisher::new();
        let mut history = History::new(room);
        for value in 1..=values {
            if let Some(before) = publisher.current() {
                drop(history.replaced(&before));
            }
            publisher.publish_by_hand(value);
        }
        (history, publisher.current().unwrap())
    }

    #[test]
    fn p17_history_keeps_the_newest_values_up_to_its_size() {
        for room in 0..5 {
            let (history, _newest) = history(room, 10);
            let kept: Vec<_> = history.list().iter().map(|value| **value).collect();
            let expected: Vec<_> = (1..=9).rev().take(room).collect();
            assert_eq!(kept, expected);
        }
    }

    #[test]
    fn previous_value_and_each_generation_are_found() {
        let (history, newest) = history(3, 10);
        assert_eq!(**history.before(&newest).as_ref().unwrap(), 9);
        let eight = history.list()[1].clone();
        assert_eq!(*eight, 8);
        assert_eq!(**history.find(eight.generation()).as_ref().unwrap(), 8);
        assert!(history.find(newest.generation()).is_none());
        let oldest = history.list()[2].clone();
        assert!(history.before(&oldest).is_none());
    }
}
