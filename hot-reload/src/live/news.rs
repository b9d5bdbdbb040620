//! [`News`]: what the channels carry, and how it is told.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::watch;

/// That something is new, and never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct News {
    /// The number of the newest value that was told.
    pub(super) published: u64,
    pub(super) stopped: bool,
}

pub(super) type Channel = watch::Sender<News>;

/// News that wait to be told, because there are many to be woken by them: one for each channel, found by its address, since
/// each part that is followed has one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Untold(BTreeMap<usize, (Arc<Channel>, u64)>);

impl Untold {
    /// Takes note that a value of this number is to be told here.
    pub(super) fn add(&mut self, channel: Arc<Channel>, published: u64) {
        let address = Arc::as_ptr(&channel).addr();
        self.0.insert(address, (channel, published));
    }

    /// Takes over what another one has, which is newer.
    pub(super) fn append(&mut self, newer: &mut Self) {
        self.0.append(&mut newer.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many may be woken.
    pub(super) fn listeners(&self) -> usize {
        self.0
            .values()
            .map(|(channel, _)| channel.receiver_count())
            .sum()
    }

    /// Tells them, which takes the longer the more there are to be woken.
    pub(crate) fn tell(self) {
        for (channel, published) in self.0.into_values() {
            // A waker that panics shall not keep the news from the other channels.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                channel.send_if_modified(|news| {
                    let is_new = news.published < published;
                    news.published = news.published.max(published);
                    is_new
                })
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_is_told_the_newest_that_was_noted_for_it() {
        let channels: Vec<_> = (0..3)
            .map(|_| Arc::new(Channel::new(News::default())))
            .collect();
        let mut untold = Untold::default();
        assert!(untold.is_empty());
        for number in 1..=4 {
            for channel in &channels[..2] {
                untold.add(Arc::clone(channel), number);
            }
        }
        let listening = [channels[0].subscribe(), channels[0].subscribe()];
        assert_eq!(untold.listeners(), 2);
        untold.tell();
        let told: Vec<_> = channels
            .iter()
            .map(|channel| channel.borrow().published)
            .collect();
        assert_eq!(told, [4, 4, 0]);
        assert!(listening.iter().all(|one| one.borrow().published == 4));
    }
}
