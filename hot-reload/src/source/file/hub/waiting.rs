//! [`Waiting`]: who waits for one name, which is nearly always one source.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::file::activity::{Activity, Token};

/// By subscriber, the token under which it waits and where it is told. There is one for each name and each inode.
#[derive(Debug)]
pub(super) enum Waiting {
    One(Token, Waiter),
    /// The directories that many files have in common. `None`: nobody.
    Others(Option<Box<BTreeMap<Token, Waiter>>>),
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
            Self::Others(Some(all)) => {
                all.insert(subscriber, waiter);
            }
            Self::One(first, _) if *first != subscriber => {
                let mut all = BTreeMap::from([(subscriber, waiter)]);
                if let Self::One(first, waiter) = std::mem::take(self) {
                    all.insert(first, waiter);
                }
                *self = Self::Others(Some(Box::new(all)));
            }
            Self::Others(None) | Self::One(..) => *self = Self::One(subscriber, waiter),
        }
    }

    pub(super) fn remove(&mut self, subscriber: Token) {
        match self {
            Self::Others(Some(all)) => {
                all.remove(&subscriber);
            }
            Self::One(only, _) if *only == subscriber => *self = Self::default(),
            Self::Others(None) | Self::One(..) => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One(..) => false,
            Self::Others(all) => all.as_ref().is_none_or(|all| all.is_empty()),
        }
    }

    pub(super) fn each(&self, mut visit: impl FnMut(Token, &Arc<Activity>)) {
        match self {
            Self::One(_, (token, activity)) => visit(*token, activity),
            Self::Others(all) => {
                for (token, activity) in all.iter().flat_map(|all| all.values()) {
                    visit(*token, activity);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscriber_counts_once_however_many_there_are() {
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
}
