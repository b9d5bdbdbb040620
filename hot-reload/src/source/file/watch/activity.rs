//! [`Activity`]: what a watch has seen happening to the files of one source.
//!
//! The watcher's thread writes here and does nothing else: a million events collapse into a few fields and one hint.

use std::ffi::OsStr;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::gaps::Gaps;
use super::hub::Membership;
use super::subscription::Follow;
use super::track::Track;
use super::writes::{Complete, Seen};
use crate::error::Error;
use crate::locks::lock;
use crate::source::HintSender;
use crate::status::Degradation;

/// What happened to a name or an inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Bytes were written.
    Written,
    /// Somebody who could write has closed it.
    Closed,
    /// Another file has taken the name, complete.
    Arrived,
    /// The name was made, by somebody who may be about to write.
    Created,
    /// The name is gone.
    Gone,
    /// Anything else: attributes, a directory on the way, a mount.
    Touched,
}

/// Which name or inode a change belongs to, unique in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token(NonZeroU64);

impl Token {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// The shared state between the watcher's thread and one source.
#[derive(Default)]
pub(crate) struct Activity {
    /// What it is the watch of, and has a hold of it in turn as long as the watch is open.
    follow: Arc<Follow>,
    state: Mutex<State>,
    hold: Mutex<Hold>,
    wake: Notify,
}

/// What an open watch has a hold of, besides.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    /// What has the activity told of things. It has a hold of the activity in turn, so whoever ends the watch takes it.
    pub(crate) membership: Option<Membership>,
    /// The files that the last walk has found.
    pub(crate) files: Box<[Token]>,
    /// What the last walk could not watch.
    pub(crate) gaps: Gaps,
    /// What is not announced, whatever is watched.
    pub(crate) unannounced: Option<Box<Degradation>>,
}

#[derive(Debug, Default)]
struct State {
    seen: Seen,
    track: Option<Track>,
    /// The number of events when the whole path was last walked, and the time.
    walked: Option<(u64, Instant)>,
    /// Whom to tell, in the order of the tokens.
    hints: Vec<(Token, HintSender)>,
    /// Why the last file found no watch, until somebody takes note.
    refusal: Option<Error>,
    /// Whether somebody must be told, and whether that is urgent.
    untold: bool,
    urgent: bool,
}

impl Activity {
    /// One that counts there. Of the names in a directory that is watched as a whole only those of interest matter to it.
    pub(crate) fn new(follow: &Arc<Follow>) -> Self {
        Self {
            follow: Arc::clone(follow),
            state: Mutex::default(),
            hold: Mutex::default(),
            wake: Notify::new(),
        }
    }

    pub(crate) fn follow(&self) -> &Follow {
        &self.follow
    }

    pub(crate) fn hold(&self) -> MutexGuard<'_, Hold> {
        lock(&self.hold)
    }

    /// Whether a change of this name in a directory that is watched as a whole matters.
    pub(crate) fn wants(&self, name: &OsStr) -> bool {
        self.follow.wants(name)
    }

    /// Records a change. Returns true if [`tell`](Self::tell) has to be called for it: no change was waiting, or this is the
    /// first urgent one. A change is urgent unless it only says that somebody writes.
    pub(crate) fn note(&self, token: Token, change: Change, now: Instant) -> bool {
        self.follow.tally().events.add();
        let mut state = lock(&self.state);
        state.seen.note(token, change, now);
        if let Some(track) = &mut state.track {
            track.note(token, change);
        }
        // Further bytes only prolong a wait, which need not be woken for that.
        let urgent = !matches!(change, Change::Written | Change::Created);
        if !urgent && self.follow.waits() {
            return false;
        }
        let news = !state.untold || (urgent && !state.urgent);
        state.untold = true;
        state.urgent |= urgent;
        news
    }

    /// Whether an urgent change waits for [`tell`](Self::tell). Only the backend of Linux postpones the others.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn is_urgent(&self) -> bool {
        lock(&self.state).urgent
    }

    /// Records that something may have happened, nobody knows what.
    pub(crate) fn note_anything(&self) {
        self.follow.tally().overflows.add();
        let mut state = lock(&self.state);
        state.seen.epoch += 1;
        state.seen.written += 1;
        state.seen.complete = None;
        state.track = None;
        state.untold = true;
        state.urgent = true;
    }

    /// Tells the service, and whoever waits for rest, if that was not done yet. No lock is held while it is told.
    pub(crate) fn tell(&self) {
        let urgent = {
            let mut state = lock(&self.state);
            if !std::mem::take(&mut state.untold) {
                return;
            }
            std::mem::take(&mut state.urgent)
        };
        if urgent {
            self.wake.notify_waiters();
        }
        self.each_hint(HintSender::hint);
    }

    /// Tells the service that the watch is lost.
    pub(crate) fn tell_lost(&self, error: &Error) {
        self.wake.notify_waiters();
        self.each_hint(|hints| hints.lost(error));
    }

    /// A file had to do without a watch, for this reason.
    pub(crate) fn refuse(&self, reason: Error) {
        lock(&self.state).refusal = Some(reason);
    }

    /// Why the last file had to do without a watch, if that was not asked before.
    pub(crate) fn take_refusal(&self) -> Option<Error> {
        lock(&self.state).refusal.take()
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        lock(&self.state).seen.clone()
    }

    /// The number of events so far, and of those that wrote.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let seen = &lock(&self.state).seen;
        (seen.epoch, seen.written)
    }

    /// The way that was walked last, if the file's own events are all that has happened since.
    pub(crate) fn track(&self) -> Option<Track> {
        let state = lock(&self.state);
        state.track.filter(|track| track.holds(state.seen.epoch))
    }

    /// The file at the end of that way was looked at again, when there had been so many events.
    pub(crate) fn advance(&self, inode: Option<Token>, epoch: u64) {
        if let Some(track) = &mut lock(&self.state).track {
            track.advance(inode, epoch);
        }
    }

    /// The way was walked anew, which began when there had been so many events.
    pub(crate) fn set_track(&self, walked: Option<(Token, Option<Token>)>, epoch: u64) {
        let mut state = lock(&self.state);
        let quiet = state.seen.epoch == epoch;
        state.track = walked
            .filter(|_| quiet)
            .map(|(name, inode)| Track::new(name, inode, epoch));
    }

    /// Whether the whole path was walked recently and no event has arrived since.
    pub(crate) fn was_walked(&self, now: Instant) -> bool {
        let state = lock(&self.state);
        state.walked.is_some_and(|(epoch, at)| {
            epoch == state.seen.epoch && now.saturating_duration_since(at) < WALK_AGAIN
        })
    }

    /// Notes a walk of the whole path: the number of events and the time at its start. `None`: part of the path is unwatched.
    pub(crate) fn set_walked(&self, walked: Option<(u64, Instant)>) {
        lock(&self.state).walked = walked;
    }

    /// The last "complete" was about a file that is no longer the one looked at.
    pub(crate) fn forget_complete(&self) {
        lock(&self.state).seen.complete = None;
    }

    /// What this event said has been acted upon. It says nothing about a change that comes after it, and whose own
    /// events may still be on their way.
    pub(crate) fn use_up(&self, complete: Complete) {
        lock(&self.state)
            .seen
            .complete
            .take_if(|last| *last == complete);
    }

    /// This name or inode is no longer looked at, or is no file, or was waited for long enough.
    pub(crate) fn forget_write(&self, token: Token) {
        lock(&self.state)
            .seen
            .writes
            .retain(|write| write.token != token);
    }

    /// All writers were waited for long enough. The next byte begins a new wait.
    pub(crate) fn forget_writes(&self) {
        lock(&self.state).seen.writes.clear();
    }

    /// Waits until something other than another written byte has happened after `epoch`.
    pub(crate) async fn changed(&self, epoch: u64) {
        let told = self.wake.notified();
        tokio::pin!(told);
        told.as_mut().enable();
        let seen = self.seen();
        if seen.epoch != epoch && seen.writes.is_empty() {
            return;
        }
        told.await;
    }

    /// Adds somebody to tell. The token takes it out again.
    pub(crate) fn add_hints(&self, hints: HintSender) -> Token {
        let known = &mut lock(&self.state).hints;
        let token = Token::next();
        // There is one for nearly all.
        known.reserve_exact(1);
        known.push((token, hints));
        token
    }

    /// Takes somebody out, and says if nobody is left. What is taken out is to be dropped with no lock held: it may be
    /// the last of its kind, which wakes whoever hears of that.
    pub(crate) fn remove_hints(&self, token: Token) -> (Option<HintSender>, bool) {
        let hints = &mut lock(&self.state).hints;
        let index = hints.iter().position(|(other, _)| *other == token);
        let gone = index.map(|index| hints.remove(index).1);
        (gone, hints.is_empty())
    }

    /// Sends with no lock held: whoever is woken may drop its subscription at once.
    fn each_hint(&self, send: impl Fn(&HintSender)) {
        let mut told = None;
        loop {
            let next = {
                let hints = &lock(&self.state).hints;
                let index = hints.partition_point(|(token, _)| Some(*token) <= told);
                hints.get(index).cloned()
            };
            let Some((token, hints)) = next else { return };
            send(&hints);
            told = Some(token);
        }
    }
}

impl fmt::Debug for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activity")
            .field("seen", &self.seen())
            .finish_non_exhaustive()
    }
}

/// A path is walked again after this time even without an event: a watch may have silently lost its place. Shorter than
/// the heartbeat with its jitter, so that every heartbeat walks.
const WALK_AGAIN: Duration = Duration::from_secs(40);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_write_ends_when_it_is_closed() {
        let (activity, token) = (Activity::default(), Token::next());
        activity.note(token, Change::Written, clock::now());
        assert!(activity.seen().complete.is_none());
        assert_eq!(activity.seen().writes.len(), 1);
        activity.note(token, Change::Closed, clock::now());
        assert!(activity.seen().complete.is_some());
        assert!(activity.seen().writes.is_empty());
    }

    #[test]
    fn the_death_of_a_replaced_inode_leaves_its_successor_complete() {
        let (activity, name, inode) = (Activity::default(), Token::next(), Token::next());
        activity.note(name, Change::Arrived, clock::now());
        activity.note(inode, Change::Touched, clock::now());
        assert!(activity.seen().complete.is_some());
    }

    #[test]
    fn a_completion_serves_once_and_a_later_one_is_left_alone() {
        let (activity, token) = (Activity::default(), Token::next());
        activity.note(token, Change::Closed, clock::now());
        let first = activity.seen().complete.unwrap();
        activity.note(token, Change::Closed, clock::now());
        activity.use_up(first);
        let second = activity.seen().complete.unwrap();
        activity.use_up(second);
        assert!(activity.seen().complete.is_none());
    }

    #[test]
    fn path_counts_as_walked_until_an_event_or_a_timeout() {
        let (activity, start) = (Activity::default(), clock::now());
        assert!(!activity.was_walked(start));
        activity.set_walked(Some((0, start)));
        assert!(activity.was_walked(start + WALK_AGAIN / 2));
        assert!(!activity.was_walked(start + WALK_AGAIN));
        activity.note(Token::next(), Change::Touched, start);
        assert!(!activity.was_walked(start));
        activity.set_walked(Some((1, start)));
        assert!(activity.was_walked(start));
        activity.note_anything();
        assert!(!activity.was_walked(start));
        activity.set_walked(Some((2, start)));
        activity.set_walked(None);
        assert!(!activity.was_walked(start), "not all of it is watched");
    }

    #[test]
    fn many_changes_are_told_once() {
        let (activity, token) = (Activity::default(), Token::next());
        assert!(activity.note(token, Change::Written, clock::now()));
        assert!(!activity.note(token, Change::Written, clock::now()));
        activity.tell();
        assert!(activity.note(token, Change::Written, clock::now()));
        assert!(!activity.is_urgent());
        assert!(activity.note(token, Change::Closed, clock::now()));
        assert!(activity.is_urgent());
        assert!(!activity.note(token, Change::Arrived, clock::now()));
    }
}
