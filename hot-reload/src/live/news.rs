//! [`News`]: what the channels carry, and how it is told.

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

/// News that wait to be told, because there are many to be woken by them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Untold(Vec<(Arc<Channel>, u64)>);

impl Untold {
    /// Takes note that a value of this number is to be told here.
    pub(super) fn add(&mut self, channel: Arc<Channel>, published: u64) {
        let known = |(other, _): &&mut (Arc<Channel>, u64)| Arc::ptr_eq(other, &channel);
        match self.0.iter_mut().find(known) {
            Some((_, newest)) => *newest = published,
            None => self.0.push((channel, published)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many may be woken.
    pub(super) fn listeners(&self) -> usize {
        self.0
            .iter()
            .map(|(channel, _)| channel.receiver_count())
            .sum()
    }

    /// Tells them, which takes the longer the more there are to be woken.
    pub(crate) fn tell(self) {
        for (channel, published) in self.0 {
            channel.send_if_modified(|news| {
                let is_new = news.published < published;
                news.published = news.published.max(published);
                is_new
            });
        }
    }
}
