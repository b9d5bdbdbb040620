//! [`Waiting`]: the sources that wait for one name or inode, nearly always exactly one.

use std::sync::Arc;

use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::Token;

/// By source, the token that it waits under and its activity. There is one `Waiting` for each name and each inode.
#[derive(Debug)]
pub(super) enum Waiting {
    One(Token, Waiter),
    /// For the directories that many files have in common. `None`: no source.
    Others(Option<Box<Crowd>>),
}

type Waiter = (Token, Arc<Activity>);

impl Default for Waiting {
    fn default() -> Self {
        Self::Others(None)
    }
}

impl Waiting {
    pub(super) fn insert(&mut self, subscriber: Token, waiter: Waiter) {
        match self {
            Self::Others(Some(crowd)) => crowd.insert(subscriber, waiter),
            Self::One(first, _) if *first != subscriber => {
                let mut crowd = Box::new(Crowd::default());
                crowd.insert(subscriber, waiter);
                if let Self::One(first, waiter) = std::mem::take(self) {
                    crowd.insert(first, waiter);
                }
                *self = Self::Others(Some(crowd));
            }
            Self::Others(None) | Self::One(..) => *self = Self::One(subscriber, waiter),
        }
    }

    pub(super) fn remove(&mut self, subscriber: Token) {
        match self {
            Self::Others(Some(crowd)) => crowd.remove(subscriber),
            Self::One(only, _) if *only == subscriber => *self = Self::default(),
            Self::Others(None) | Self::One(..) => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One(..) => false,
            Self::Others(crowd) => crowd.as_ref().is_none_or(|crowd| crowd.is_empty()),
        }
    }

    pub(super) fn each(&self, mut visit: impl FnMut(Token, &Arc<Activity>)) {
        match self {
            Self::One(_, (token, activity)) => visit(*token, activity),
            Self::Others(crowd) => {
                for (token, activity) in crowd.iter().flat_map(|crowd| crowd.waiters()) {
                    visit(*token, activity);
                }
            }
        }
    }
}

/// Many sources that wait for the same, in the order of their tokens, which is nearly always the order of their arrival.
///
/// Every file is in the crowd of each directory on its path, so a place takes no more memory than its content. A source that
/// leaves makes its place empty until half of the places are. So ten thousand may leave in any order at the same cost each.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    places: Vec<(Token, Option<Waiter>)>,
    empty: usize,
}

impl Crowd {
    fn insert(&mut self, subscriber: Token, waiter: Waiter) {
        let found = self.find(subscriber);
        if let Some((_, place)) = found.ok().and_then(|index| self.places.get_mut(index)) {
            self.empty -= usize::from(place.is_none());
            *place = Some(waiter);
            return;
        }
        if self.places.len() == self.places.capacity() {
            // By a quarter, because a `Vec` doubles.
            self.places.reserve_exact(self.places.len() / 4 + 1);
        }
        let (Ok(index) | Err(index)) = found;
        self.places.insert(index, (subscriber, Some(waiter)));
    }

    fn remove(&mut self, subscriber: Token) {
        let found = self.find(subscriber).ok();
        let Some((_, place)) = found.and_then(|index| self.places.get_mut(index)) else {
            return;
        };
        self.empty += usize::from(place.take().is_some());
        if 2 * self.empty > self.places.len() {
            self.places.retain(|(_, place)| place.is_some());
            self.places.shrink_to_fit();
            self.empty = 0;
        }
    }

    fn find(&self, subscriber: Token) -> Result<usize, usize> {
        self.places
            .binary_search_by_key(&subscriber, |(token, _)| *token)
    }

    fn is_empty(&self) -> bool {
        self.empty == self.places.len()
    }

    fn waiters(&self) -> impl Iterator<Item = &Waiter> {
        self.places.iter().filter_map(|(_, place)| place.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_that_is_inserted_twice_counts_once() {
        let mut waiting = Waiting::default();
        let subscribers: Vec<_> = (0..3).map(|_| Token::next()).collect();
        for subscriber in subscribers.iter().chain(&subscribers) {
            waiting.insert(*subscriber, (Token::next(), Arc::default()));
        }
        let mut count = 0;
        waiting.each(|_, _| count += 1);
        assert_eq!(count, 3);
        for subscriber in subscribers {
            assert!(!waiting.is_empty());
            waiting.remove(subscriber);
        }
        assert!(waiting.is_empty());
    }

    #[test]
    fn source_that_leaves_and_returns_waits_once() {
        let mut waiting = Waiting::default();
        let mut subscribers: Vec<_> = (0..100).map(|_| Token::next()).collect();
        let count = |waiting: &Waiting| {
            let mut count = 0;
            waiting.each(|_, _| count += 1);
            count
        };
        for subscriber in subscribers.iter().rev() {
            waiting.insert(*subscriber, (Token::next(), Arc::default()));
        }
        // Each third one, over and over, until all are gone.
        let mut left = 100;
        while !subscribers.is_empty() {
            for index in (0..subscribers.len()).rev().step_by(3) {
                let subscriber = subscribers.remove(index);
                waiting.remove(subscriber);
                waiting.insert(subscriber, (Token::next(), Arc::default()));
                waiting.remove(subscriber);
                waiting.remove(subscriber);
                left -= 1;
                assert_eq!(count(&waiting), left);
                assert_eq!(waiting.is_empty(), left == 0);
            }
        }
    }

    #[test]
    fn waiting_takes_at_most_three_words() {
        let words = size_of::<Waiting>() / size_of::<usize>();
        assert!(words <= 3, "{words} words");
    }
}
