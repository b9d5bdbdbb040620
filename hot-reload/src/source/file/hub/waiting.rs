//! [`Waiting`]: who waits for one name, which is nearly always one source.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::file::activity::{Activity, Token};

/// By subscriber, the token under which it waits and where it is told.
#[derive(Debug, Default)]
pub(super) enum Waiting {
    #[default]
    Nobody,
    One(Token, Waiter),
    /// The directories that many files have in common.
    Many(BTreeMap<Token, Waiter>),
}

type Waiter = (Token, Arc<Activity>);

impl Waiting {
    pub(super) fn insert(&mut self, subscriber: Token, waiter: Waiter) {
        match self {
            Self::Many(all) => {
                all.insert(subscriber, waiter);
            }
            Self::One(first, _) if *first != subscriber => {
                let mut all = BTreeMap::from([(subscriber, waiter)]);
                if let Self::One(first, waiter) = std::mem::take(self) {
                    all.insert(first, waiter);
                }
                *self = Self::Many(all);
            }
            Self::Nobody | Self::One(..) => *self = Self::One(subscriber, waiter),
        }
    }

    pub(super) fn remove(&mut self, subscriber: Token) {
        match self {
            Self::Many(all) => {
                all.remove(&subscriber);
            }
            Self::One(only, _) if *only == subscriber => *self = Self::Nobody,
            Self::Nobody | Self::One(..) => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Nobody => true,
            Self::One(..) => false,
            Self::Many(all) => all.is_empty(),
        }
    }

    pub(super) fn each(&self, mut visit: impl FnMut(Token, &Arc<Activity>)) {
        match self {
            Self::Nobody => {}
            Self::One(_, (token, activity)) => visit(*token, activity),
            Self::Many(all) => {
                for (token, activity) in all.values() {
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
