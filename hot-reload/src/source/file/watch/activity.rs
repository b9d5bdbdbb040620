//! [`Activity`]: the events of one source's files, summarized.
//!
//! The watcher's thread writes here and does nothing else. A million events collapse into a few fields and one hint.

use std::ffi::OsStr;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::counters::Counters;
use super::event::{Change, Token};
use super::options::Options;
use super::track::Track;
use super::writes::{Complete, Seen};
use crate::error::Error;
use crate::hints::HintSender;
use crate::locks::lock;

/// The state that the watcher's thread and one source share.
#[derive(Default)]
pub(crate) struct Activity {
    options: Arc<Options>,
    counters: Arc<Counters>,
    /// Whether the last load was held for a writer. While it is, loads repeat without an event for each write.
    awaits_writer: AtomicBool,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    seen: Seen,
    track: Option<Track>,
    /// The number of events when the whole path was last walked, and the time.
    walked: Option<(u64, Instant)>,
    /// The receivers of hints, in the order of their tokens.
    hints: Vec<(Token, HintSender)>,
    /// Why the last file has no watch, until a walk takes it.
    refusal: Option<Error>,
    /// Whether a notification is due, and whether it is urgent.
    due: bool,
    urgent: bool,
}

impl Activity {
    pub(crate) fn new(options: Arc<Options>, counters: Arc<Counters>) -> Self {
        Self {
            options,
            counters,
            ..Self::default()
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether a change of this name matters, in a directory that is watched as a whole.
    pub(crate) fn wants(&self, name: &OsStr) -> bool {
        self.options.wants(name)
    }

    /// Sets whether the last load was held for a writer.
    pub(crate) fn set_awaits_writer(&self, awaits: bool) {
        // Relaxed: the next load makes up for an event too many or too few.
        self.awaits_writer.store(awaits, Ordering::Relaxed);
    }

    /// Records a change. Returns true if [`notify`](Self::notify) has to be called for it: no notification was due, or this is
    /// the first urgent change. A change is urgent unless it only says that somebody writes.
    pub(crate) fn note(&self, token: Token, change: Change, now: Instant) -> bool {
        self.counters.events.add();
        let mut state = lock(&self.state);
        state.seen.note(token, change, now);
        if let Some(track) = &mut state.track {
            track.note(token, change);
        }
        // Further bytes only prolong a wait, so they need not wake it.
        let urgent = !matches!(change, Change::Written | Change::Created);
        if !urgent && self.awaits_writer.load(Ordering::Relaxed) {
            return false;
        }
        let must_notify = !state.due || (urgent && !state.urgent);
        state.due = true;
        state.urgent |= urgent;
        must_notify
    }

    /// Whether the notification that is due is urgent. Only the backend of Linux postpones the others.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn is_urgent(&self) -> bool {
        lock(&self.state).urgent
    }

    /// Records that events were lost, so that anything may have happened.
    pub(crate) fn note_anything(&self) {
        self.counters.overflows.add();
        let mut state = lock(&self.state);
        state.seen.epoch += 1;
        state.seen.written += 1;
        state.seen.complete = None;
        state.track = None;
        state.due = true;
        state.urgent = true;
    }

    /// Sends the notification that is due, if there is one, to the service and to loads that wait. Holds no lock meanwhile.
    pub(crate) fn notify(&self) {
        let urgent = {
            let mut state = lock(&self.state);
            if !std::mem::take(&mut state.due) {
                return;
            }
            std::mem::take(&mut state.urgent)
        };
        if urgent {
            self.wake.notify_waiters();
        }
        self.each_hint(HintSender::hint);
    }

    /// Notifies the service that the watch is lost.
    pub(crate) fn notify_lost(&self, error: &Error) {
        self.wake.notify_waiters();
        self.each_hint(|hints| hints.lost(error));
    }

    /// Notes why a file has no watch of its own.
    pub(crate) fn refuse(&self, reason: Error) {
        lock(&self.state).refusal = Some(reason);
    }

    /// Takes the reason why the last file has no watch of its own.
    pub(crate) fn take_refusal(&self) -> Option<Error> {
        lock(&self.state).refusal.take()
    }

    /// All events so far, summarized.
    pub(crate) fn seen(&self) -> Seen {
        lock(&self.state).seen.clone()
    }

    /// The number of events so far, and the number of those that wrote.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let seen = &lock(&self.state).seen;
        (seen.epoch, seen.written)
    }

    /// The path as it was walked last, if only the file itself has had events since.
    pub(crate) fn track(&self) -> Option<Track> {
        let state = lock(&self.state);
        state.track.filter(|track| track.holds(state.seen.epoch))
    }

    /// Notes that the file at the end of the path was checked again, at this number of events.
    pub(crate) fn advance(&self, inode: Option<Token>, epoch: u64) {
        if let Some(track) = &mut lock(&self.state).track {
            track.advance(inode, epoch);
        }
    }

    /// Notes a walk of the whole path that began at this number of events.
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

    /// Forgets the last event that said "complete": it was about a file that is no longer at the path.
    pub(crate) fn forget_complete(&self) {
        lock(&self.state).seen.complete = None;
    }

    /// Notes that a load has handled this event. It says nothing about a later change, whose own events may still be on
    /// their way.
    pub(crate) fn use_up(&self, complete: Complete) {
        lock(&self.state)
            .seen
            .complete
            .take_if(|last| *last == complete);
    }

    /// Forgets the writer of this name or inode: it is no longer watched, is no file, or was waited for long enough.
    pub(crate) fn forget_write(&self, token: Token) {
        lock(&self.state)
            .seen
            .writes
            .retain(|write| write.token != token);
    }

    /// Forgets all writers: they were waited for long enough. The next byte begins a new wait.
    pub(crate) fn forget_writes(&self) {
        lock(&self.state).seen.writes.clear();
    }

    /// Waits until something other than another written byte has happened after `epoch`.
    pub(crate) async fn changed(&self, epoch: u64) {
        let notified = self.wake.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let seen = self.seen();
        if seen.epoch != epoch && seen.writes.is_empty() {
            return;
        }
        notified.await;
    }

    /// Adds a receiver of hints. The token removes it.
    pub(crate) fn add_hints(&self, hints: HintSender) -> Token {
        let known = &mut lock(&self.state).hints;
        let token = Token::next();
        // Nearly every source has exactly one.
        known.reserve_exact(1);
        known.push((token, hints));
        token
    }

    /// Removes a receiver of hints, and returns whether it was the last one. Drop what is returned with no lock held: dropping
    /// the last sender wakes its receiver.
    pub(crate) fn remove_hints(&self, token: Token) -> (Option<HintSender>, bool) {
        let hints = &mut lock(&self.state).hints;
        let index = hints.iter().position(|(other, _)| *other == token);
        let gone = index.map(|index| hints.remove(index).1);
        (gone, hints.is_empty())
    }

    /// Sends with no lock held, because a receiver may drop its subscription at once.
    fn each_hint(&self, send: impl Fn(&HintSender)) {
        let mut last = None;
        loop {
            let next = {
                let hints = &lock(&self.state).hints;
                let index = hints.partition_point(|(token, _)| Some(*token) <= last);
                hints.get(index).cloned()
            };
            let Some((token, hints)) = next else { return };
            send(&hints);
            last = Some(token);
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

/// A path is walked again after this time even without an event, because a watch may have silently lost its place. It is
/// shorter than the heartbeat with its jitter, so that every heartbeat walks.
const WALK_AGAIN: Duration = Duration::from_secs(40);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn write_ends_when_its_writer_closes_the_file() {
        let (activity, token) = (Activity::default(), Token::next());
        activity.note(token, Change::Written, clock::now());
        assert!(activity.seen().complete.is_none());
        assert_eq!(activity.seen().writes.len(), 1);
        activity.note(token, Change::Closed, clock::now());
        assert!(activity.seen().complete.is_some());
        assert!(activity.seen().writes.is_empty());
    }

    #[test]
    fn end_of_a_replaced_inode_leaves_its_successor_complete() {
        let (activity, name, inode) = (Activity::default(), Token::next(), Token::next());
        activity.note(name, Change::Arrived, clock::now());
        activity.note(inode, Change::Touched, clock::now());
        assert!(activity.seen().complete.is_some());
    }

    #[test]
    fn event_complete_serves_once_and_a_later_one_stays() {
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
    fn many_changes_lead_to_one_notification() {
        let (activity, token) = (Activity::default(), Token::next());
        assert!(activity.note(token, Change::Written, clock::now()));
        assert!(!activity.note(token, Change::Written, clock::now()));
        activity.notify();
        assert!(activity.note(token, Change::Written, clock::now()));
        assert!(!activity.is_urgent());
        assert!(activity.note(token, Change::Closed, clock::now()));
        assert!(activity.is_urgent());
        assert!(!activity.note(token, Change::Arrived, clock::now()));
    }
}
