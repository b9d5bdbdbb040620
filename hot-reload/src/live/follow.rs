//! [`Followers`]: what keeps in step with a part of the value at the moment of publication.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use super::news::Channel;
use crate::locks::lock;

/// Something that keeps in step with a part of the value: a word, or the news of a projection.
pub(super) trait Follow<V>: Send + Sync {
    /// Looks at a value that may become visible next. This is where code of the user's runs, and panics.
    fn prepare(&self, before: Option<&V>, now: &V);

    /// What was prepared has become visible. The channel, if there is something to tell in it.
    fn follow(&self) -> Option<Arc<Channel>>;

    /// The channel in which the end is told.
    fn channel(&self) -> Option<Arc<Channel>>;
}

/// All followers of a value. No code of the user's runs while they are locked.
pub(super) struct Followers<V>(Mutex<List<V>>);

struct List<V> {
    following: Vec<Following<V>>,
    joined: u64,
    /// How many there may be before those that are gone are looked for.
    room: usize,
    stopped: bool,
}

/// Those who come and go where nothing is published are not looked through one by one.
const ROOM: usize = 16;

struct Following<V> {
    /// Its place in the order of joining.
    number: u64,
    follower: Weak<dyn Follow<V>>,
}

impl<V> Followers<V> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(List {
            following: Vec::new(),
            joined: 0,
            room: ROOM,
            stopped: false,
        }))
    }

    /// Takes in a follower that was made for the value of now, if it `is_newest` still. Whether it was, and whether anything
    /// will ever be published again.
    pub(super) fn join(
        &self,
        follower: Weak<dyn Follow<V>>,
        is_newest: impl FnOnce() -> bool,
    ) -> Joined {
        let mut list = self.lock();
        if !is_newest() {
            return Joined::TooLate;
        }
        if list.stopped {
            return Joined::AfterTheEnd;
        }
        if list.following.len() >= list.room {
            list.forget_gone();
        }
        let number = list.joined;
        list.joined += 1;
        list.following.push(Following { number, follower });
        Joined::InTime
    }

    /// Prepares all for a value, makes it visible, and has all follow, unless it is not to become visible any more. The
    /// channels that something is to be told in.
    ///
    /// A panic of a follower comes through, and then nothing has become visible.
    pub(super) fn publish<R>(
        &self,
        before: Option<&V>,
        now: &V,
        make_visible: impl FnOnce() -> Option<R>,
    ) -> Option<(R, Vec<Arc<Channel>>)> {
        let mut prepared = Vec::new();
        let mut upto = 0;
        loop {
            let mut list = self.lock();
            let new = list.since(upto);
            if new.is_empty() {
                let visible = make_visible()?;
                let channels = prepared
                    .iter()
                    .filter_map(|follower: &Arc<dyn Follow<V>>| follower.follow());
                return Some((visible, channels.collect()));
            }
            upto = list.joined;
            drop(list);
            for follower in &new {
                follower.prepare(before, now);
            }
            prepared.extend(new);
        }
    }

    /// Nothing will be published any more. The channels that this is to be told in.
    pub(super) fn stop(&self) -> Vec<Arc<Channel>> {
        let mut list = self.lock();
        list.stopped = true;
        let all = list.since(0);
        list.following = Vec::new();
        drop(list);
        all.iter()
            .filter_map(|follower| follower.channel())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, List<V>> {
        lock(&self.0)
    }
}

impl<V> List<V> {
    /// Those that are still there and have joined since.
    fn since(&mut self, number: u64) -> Vec<Arc<dyn Follow<V>>> {
        self.forget_gone();
        self.following
            .iter()
            .filter(|following| following.number >= number)
            .filter_map(|following| following.follower.upgrade())
            .collect()
    }

    fn forget_gone(&mut self) {
        self.following
            .retain(|following| following.follower.strong_count() > 0);
        self.room = (2 * self.following.len()).max(ROOM);
    }
}

/// How a follower was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    InTime,
    /// It was, and nothing will follow.
    AfterTheEnd,
    /// It was not: the value is another by now.
    TooLate,
}

impl<V> fmt::Debug for Followers<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followers")
            .field("count", &self.lock().following.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Publisher;

    /// How many are remembered.
    fn count<V>(publisher: &Publisher<V>) -> usize {
        publisher.live().shared.followers.lock().following.len()
    }

    #[test]
    fn a_word_that_was_dropped_is_forgotten_by_the_next_publication() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let live = publisher.live();
        let words: Vec<_> = (0..10).map(|_| live.atomic(|value| *value)).collect();
        let kept = words[3].clone();
        assert_eq!(count(&publisher), 10);
        drop(words);
        publisher.publish_fixed(2);
        assert_eq!((count(&publisher), kept.get()), (1, 2));
        drop(kept);
        publisher.publish_fixed(3);
        assert_eq!(count(&publisher), 0);
    }

    #[test]
    fn a_part_is_followed_once_somebody_subscribes_and_as_long_as_it_is_there() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let part = publisher.live().map(|value| value);
        let clone = part.clone();
        assert_eq!((count(&publisher), *part.load()), (0, 1));
        let changes = [part.subscribe(), clone.subscribe(), part.subscribe()];
        assert_eq!(count(&publisher), 1);
        drop((part, clone));
        publisher.publish_fixed(2);
        assert_eq!(count(&publisher), 1);
        drop(changes);
        publisher.publish_fixed(3);
        assert_eq!(count(&publisher), 0);
    }

    #[test]
    fn p17_words_and_parts_that_come_and_go_pile_up_nowhere() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let live = publisher.live();
        let kept: Vec<_> = (0..100).map(|_| live.atomic(|value| *value)).collect();
        for _ in 0..10_000 {
            assert_eq!(live.atomic(|value| *value).get(), 1);
            let _ = live.map(|value| value).subscribe();
        }
        assert!(count(&publisher) <= 201, "{}", count(&publisher));
        publisher.publish_fixed(2);
        assert!(kept.iter().all(|word| word.get() == 2));
        publisher.stop();
        let late = live.atomic(|value| *value);
        assert_eq!((count(&publisher), late.get()), (0, 2));
    }
}
