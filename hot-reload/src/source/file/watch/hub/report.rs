//! [`Report`]: the events of a backend on their way to the sources that wait for them.

use std::ffi::OsStr;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use super::backend::WatchId;
#[cfg(target_os = "linux")]
use super::delayed::Delayed;
use super::table::{Index, Table};
use super::waiting::Waiting;
use crate::clock;
use crate::locks::lock;
use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::Change;

impl Table {
    /// Begins a report. It leaves `notified` empty, so that its memory can be used again.
    pub(super) fn report<'a>(&'a self, notified: &'a mut Vec<Arc<Activity>>) -> Report<'a> {
        Report {
            index: lock(&self.index),
            notified,
            now: clock::now(),
        }
    }

    /// Reports that events were lost, maybe of the end of watches. Which watches still report is unknown after it.
    pub(super) fn report_overflow(&self) {
        {
            let mut index = lock(&self.index);
            // Maybe of one that is being registered right now.
            index.endings += 1;
            for watch in index.watches.values_mut() {
                watch.unconfirmed = true;
            }
        }
        self.report_anything();
    }

    /// Reports a change of mounts: any name may lead to something else now.
    #[cfg(target_os = "linux")]
    pub(super) fn report_remount(&self, notified: &mut Vec<Arc<Activity>>) {
        let report = self.report(notified);
        for (subscriber, activity) in &report.index.subscribers {
            if activity.note(*subscriber, Change::Touched, report.now) {
                report.notified.push(Arc::clone(activity));
            }
        }
        report.notify();
    }
}

/// Some events of one moment. It locks the table until [`notify`](Self::notify).
pub(super) struct Report<'a> {
    index: MutexGuard<'a, Index>,
    notified: &'a mut Vec<Arc<Activity>>,
    now: Instant,
}

impl Report<'_> {
    /// Reports a change of this name, or without a name of the watched inode itself. A source that waits for a directory waits
    /// for every name in it that matters to the source.
    ///
    /// An unknown watch was just released, or is just being set up, and its walk checks the files after that.
    pub(super) fn change(&mut self, id: WatchId, name: Option<&OsStr>, change: Change) {
        let Some(watch) = self.index.watches.get(&id) else {
            return;
        };
        match name {
            Some(name) => {
                if let Some((_, waiting)) = watch.name(name) {
                    note(waiting, change, self.now, self.notified);
                }
                watch.inode.each(|token, activity| {
                    if activity.wants(name) && activity.note(token, Change::Touched, self.now) {
                        self.notified.push(Arc::clone(activity));
                    }
                });
            }
            None => {
                note(&watch.inode, change, self.now, self.notified);
                for waiting in watch.names() {
                    note(waiting, Change::Touched, self.now, self.notified);
                }
            }
        }
    }

    /// Reports that this watch has ended: its directory is gone, or was unmounted.
    pub(super) fn died(&mut self, id: WatchId) {
        // Also for an unknown watch, which may be about to be registered.
        self.index.endings += 1;
        let Some(watch) = self.index.watches.remove(&id) else {
            return;
        };
        for waiting in watch.names().chain([&watch.inode]) {
            note(waiting, Change::Touched, self.now, self.notified);
            waiting.each(|token, activity| activity.forget_write(token));
        }
    }

    /// Notifies all sources concerned, with no lock held.
    pub(super) fn notify(self) {
        drop(self.index);
        for activity in self.notified.drain(..) {
            activity.notify();
        }
    }

    /// The same, but delays the notifications that only say that somebody writes.
    #[cfg(target_os = "linux")]
    pub(super) fn notify_urgent(self, delayed: &mut Delayed) {
        drop(self.index);
        for activity in self.notified.drain(..) {
            if activity.is_urgent() {
                activity.notify();
            } else {
                delayed.put(activity, self.now);
            }
        }
    }
}

fn note(waiting: &Waiting, change: Change, now: Instant, notified: &mut Vec<Arc<Activity>>) {
    waiting.each(|token, activity| {
        if activity.note(token, change, now) {
            notified.push(Arc::clone(activity));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::table::Remains;
    use super::*;
    use crate::source::file::watch::event::Token;

    fn notified(table: &Table, id: WatchId, name: Option<&str>) -> usize {
        let mut notified = Vec::new();
        let mut report = table.report(&mut notified);
        report.change(id, name.map(OsStr::new), Change::Touched);
        let count = report.notified.len();
        report.notify();
        count
    }

    fn register(table: &Table, id: WatchId, name: Option<&str>, who: Token, at: &Arc<Activity>) {
        let waiter = (Token::next(), at);
        let kept = table.register(table.endings(), id, name.map(OsStr::new), who, waiter);
        assert!(kept.is_ok());
    }

    #[test]
    fn event_reaches_only_the_sources_that_wait_for_its_name() {
        let table = Table::default();
        let (one, other) = (Arc::default(), Arc::default());
        register(&table, 1, Some("a"), Token::next(), &one);
        register(&table, 1, Some("b"), Token::next(), &other);
        assert_eq!(notified(&table, 1, Some("a")), 1);
        assert_eq!(notified(&table, 1, Some("c")), 0);
        assert_eq!(notified(&table, 2, Some("a")), 0);
        assert_eq!(
            notified(&table, 1, None),
            2,
            "an event of the directory concerns all"
        );
    }

    #[test]
    fn watch_is_unused_when_its_last_name_is_removed() {
        let table = Table::default();
        let (activity, who) = (Arc::default(), Token::next());
        register(&table, 1, Some("a"), who, &activity);
        register(&table, 1, None, who, &activity);
        let unregister = |name| table.unregister(1, name, who);
        assert_eq!(unregister(Some(OsStr::new("a"))), Remains::Used);
        assert_eq!(unregister(None), Remains::Unused);
        assert_eq!(unregister(None), Remains::Ended);
        assert!(!table.is_live(1));
    }

    #[test]
    fn watch_that_ended_before_it_was_registered_is_requested_again() {
        let table = Table::default();
        let (activity, who) = (Arc::default(), Token::next());
        let before = table.endings();
        let mut notified = Vec::new();
        let mut report = table.report(&mut notified);
        report.died(1);
        report.notify();
        let again = table.register(before, 1, None, who, (Token::next(), &activity));
        assert_eq!(again, Err(table.endings()));
        assert!(!table.is_live(1));
        assert!(table.end_unused(1));
        assert_ne!(again, Err(table.endings()), "releasing is an ending too");
    }
}
