//! [`Notified`]: the content of the channels that wake subscribers. They carry generations, never values.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::watch;

/// How far subscribers have been notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Notified {
    /// The newest generation that subscribers were notified of.
    pub(super) published: u64,
    pub(super) stopped: bool,
}

pub(super) type Channel = watch::Sender<Notified>;

/// Notifications that were not sent yet: for each channel, the newest generation. The key is the channel's address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notifications(BTreeMap<usize, (Arc<Channel>, u64)>);

impl Notifications {
    /// Adds a notification of this generation.
    pub(super) fn add(&mut self, channel: Arc<Channel>, published: u64) {
        let address = Arc::as_ptr(&channel).addr();
        self.0.insert(address, (channel, published));
    }

    /// Adds all notifications of `newer`, which has the newer generations.
    pub(super) fn append(&mut self, newer: &mut Self) {
        self.0.append(&mut newer.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of receivers to wake.
    pub(super) fn listeners(&self) -> usize {
        self.0
            .values()
            .map(|(channel, _)| channel.receiver_count())
            .sum()
    }

    /// Sends all notifications. Takes time in proportion to the number of receivers.
    pub(crate) fn send(self) {
        for (channel, published) in self.0.into_values() {
            // If a waker panics, the other channels are still notified.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                channel.send_if_modified(|notified| {
                    let is_new = notified.published < published;
                    notified.published = notified.published.max(published);
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
    fn each_channel_gets_its_newest_generation() {
        let channels: Vec<_> = (0..3)
            .map(|_| Arc::new(Channel::new(Notified::default())))
            .collect();
        let mut notifications = Notifications::default();
        assert!(notifications.is_empty());
        for number in 1..=4 {
            for channel in &channels[..2] {
                notifications.add(Arc::clone(channel), number);
            }
        }
        let listening = [channels[0].subscribe(), channels[0].subscribe()];
        assert_eq!(notifications.listeners(), 2);
        notifications.send();
        let notified: Vec<_> = channels
            .iter()
            .map(|channel| channel.borrow().published)
            .collect();
        assert_eq!(notified, [4, 4, 0]);
        assert!(listening.iter().all(|one| one.borrow().published == 4));
    }
}
