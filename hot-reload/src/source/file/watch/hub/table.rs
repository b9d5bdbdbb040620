//! [`Table`]: who waits for which name in which directory.
//!
//! Ten thousand files in one directory cost an event no more than one does: it is looked up by name.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use super::WatchId;
#[cfg(target_os = "linux")]
use super::later::Later;
use super::waiting::Waiting;
use crate::clock;
use crate::error::Error;
use crate::locks::lock;
use crate::source::file::watch::activity::{Activity, Change, Token};

/// The index, shared by the sources that fill it and the backend's thread that reports into it.
#[derive(Default)]
pub(super) struct Table {
    index: Mutex<Index>,
    failed: AtomicBool,
}

/// The state of a watch after one waiter has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remains {
    /// Others still wait for it.
    Used,
    /// Nobody waits for it any more.
    Unused,
    /// The watch had ended already.
    Ended,
}

#[derive(Default)]
struct Index {
    /// How many watches have ended so far, in whatever way.
    endings: u64,
    watches: HashMap<WatchId, Watch>,
    subscribers: HashMap<Token, Arc<Activity>>,
}

#[derive(Default)]
struct Watch {
    /// `None` for nearly all: the watches of files.
    names: Option<Box<Names>>,
    inode: Waiting,
    /// Events were lost since it was asked for last, and its end may have been one of them.
    doubtful: bool,
}

type Names = HashMap<Arc<OsStr>, Waiting>;

impl Watch {
    fn name(&self, name: &OsStr) -> Option<(&Arc<OsStr>, &Waiting)> {
        self.names.as_ref()?.get_key_value(name)
    }

    fn names(&self) -> impl Iterator<Item = &Waiting> {
        self.names.iter().flat_map(|names| names.values())
    }

    /// Takes this subscriber out. True if nobody is left.
    fn remove(&mut self, name: Option<&OsStr>, subscriber: Token) -> bool {
        match (name, &mut self.names) {
            (None, _) => self.inode.remove(subscriber),
            (Some(_), None) => {}
            (Some(name), Some(names)) => {
                if let Some(waiting) = names.get_mut(name) {
                    waiting.remove(subscriber);
                    if waiting.is_empty() {
                        names.remove(name);
                    }
                }
            }
        }
        self.inode.is_empty() && self.names.as_ref().is_none_or(|names| names.is_empty())
    }
}

// ===== impl Table: the side of the sources =====

impl Table {
    pub(super) fn enter(&self, subscriber: Token, activity: &Arc<Activity>) {
        lock(&self.index)
            .subscribers
            .insert(subscriber, Arc::clone(activity));
    }

    pub(super) fn leave(&self, subscriber: Token) {
        lock(&self.index).subscribers.remove(&subscriber);
    }

    /// Whether this watch still reports, for certain.
    pub(super) fn is_live(&self, id: WatchId) -> bool {
        let index = lock(&self.index);
        index.watches.get(&id).is_some_and(|watch| !watch.doubtful)
    }

    /// How many watches have ended so far. The number that a watch has is meaningless if it was asked for before an
    /// ending and is looked at after.
    pub(super) fn endings(&self) -> u64 {
        lock(&self.index).endings
    }

    /// Gives back the name as it is kept here, once for all who wait for it.
    ///
    /// # Errors
    ///
    /// A watch has ended since there were so many endings, maybe this one. Ask for it again; so many it is by now.
    pub(super) fn register(
        &self,
        endings: u64,
        id: WatchId,
        name: Option<&OsStr>,
        subscriber: Token,
        (token, activity): (Token, &Arc<Activity>),
    ) -> Result<Option<Arc<OsStr>>, u64> {
        let mut index = lock(&self.index);
        if index.endings != endings {
            return Err(index.endings);
        }
        let watch = index.watches.entry(id).or_default();
        watch.doubtful = false;
        let kept = name.map(|name| match watch.name(name) {
            Some((kept, _)) => Arc::clone(kept),
            None => Arc::from(name),
        });
        let waiting = match &kept {
            Some(name) => {
                let names = watch.names.get_or_insert_default();
                names.entry(Arc::clone(name)).or_default()
            }
            None => &mut watch.inode,
        };
        waiting.insert(subscriber, (token, Arc::clone(activity)));
        Ok(kept)
    }

    /// Removes a waiter, and returns the state of the watch after that.
    pub(super) fn unregister(
        &self,
        id: WatchId,
        name: Option<&OsStr>,
        subscriber: Token,
    ) -> Remains {
        let mut index = lock(&self.index);
        let Some(watch) = index.watches.get_mut(&id) else {
            return Remains::Ended;
        };
        let unused = watch.remove(name, subscriber);
        if unused {
            index.watches.remove(&id);
            index.endings += 1;
            return Remains::Unused;
        }
        Remains::Used
    }

    /// True if nobody waits for anything of this watch; then it has ended.
    pub(super) fn end_unused(&self, id: WatchId) -> bool {
        let mut index = lock(&self.index);
        let unused = !index.watches.contains_key(&id);
        index.endings += u64::from(unused);
        unused
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}

// ===== impl Table: the side of the backend =====

impl Table {
    /// Begins to report. `told` is given back empty, so that no event allocates.
    pub(super) fn report<'a>(&'a self, told: &'a mut Vec<Arc<Activity>>) -> Report<'a> {
        Report {
            index: lock(&self.index),
            told,
            now: clock::now(),
        }
    }

    /// Events were lost, also of the end of watches: which still report is not known any more.
    pub(super) fn report_overflow(&self) {
        {
            let mut index = lock(&self.index);
            // Maybe one of those that are being asked for right now.
            index.endings += 1;
            for watch in index.watches.values_mut() {
                watch.doubtful = true;
            }
        }
        self.report_anything();
    }

    /// Events were lost: anything may have changed.
    pub(super) fn report_anything(&self) {
        let everybody: Vec<_> = lock(&self.index).subscribers.values().cloned().collect();
        for activity in everybody {
            activity.note_anything();
            activity.tell();
        }
    }

    /// Any name may stand for something else now.
    #[cfg(target_os = "linux")]
    pub(super) fn report_remount(&self, told: &mut Vec<Arc<Activity>>) {
        let report = self.report(told);
        for (subscriber, activity) in &report.index.subscribers {
            if activity.note(*subscriber, Change::Touched, report.now) {
                report.told.push(Arc::clone(activity));
            }
        }
        report.tell();
    }

    /// No event will come any more.
    pub(super) fn fail(&self, error: &Error) {
        self.failed.store(true, Ordering::Release);
        let everybody: Vec<_> = lock(&self.index).subscribers.values().cloned().collect();
        for activity in everybody {
            activity.tell_lost(error);
        }
    }
}

/// Some events on their way to those who wait for them.
pub(super) struct Report<'a> {
    index: MutexGuard<'a, Index>,
    told: &'a mut Vec<Arc<Activity>>,
    now: Instant,
}

impl Report<'_> {
    /// Something happened to this name, or without a name to the watched inode itself. Who waits for a directory waits
    /// for every name in it that matters to him.
    ///
    /// A watch that nobody knows is one that was just given up, or is just being set up and will be looked at after.
    pub(super) fn change(&mut self, id: WatchId, name: Option<&OsStr>, change: Change) {
        let Some(watch) = self.index.watches.get(&id) else {
            return;
        };
        match name {
            Some(name) => {
                if let Some((_, waiting)) = watch.name(name) {
                    note(waiting, change, self.now, self.told);
                }
                watch.inode.each(|token, activity| {
                    if activity.wants(name) && activity.note(token, Change::Touched, self.now) {
                        self.told.push(Arc::clone(activity));
                    }
                });
            }
            None => {
                note(&watch.inode, change, self.now, self.told);
                for waiting in watch.names() {
                    note(waiting, Change::Touched, self.now, self.told);
                }
            }
        }
    }

    /// This watch has ended by itself: its directory is gone, or was unmounted.
    pub(super) fn died(&mut self, id: WatchId) {
        // Also of a watch that nobody knows: it may be on its way to be registered.
        self.index.endings += 1;
        let Some(watch) = self.index.watches.remove(&id) else {
            return;
        };
        for waiting in watch.names().chain([&watch.inode]) {
            note(waiting, Change::Touched, self.now, self.told);
            waiting.each(|token, activity| activity.forget_write(token));
        }
    }

    /// Tells everybody concerned, with no lock held.
    pub(super) fn tell(self) {
        drop(self.index);
        for activity in self.told.drain(..) {
            activity.tell();
        }
    }

    /// The same, but those who only need to know that somebody writes are told later.
    #[cfg(target_os = "linux")]
    pub(super) fn tell_urgent(self, later: &mut Later) {
        drop(self.index);
        for activity in self.told.drain(..) {
            if activity.is_urgent() {
                activity.tell();
            } else {
                later.put(activity, self.now);
            }
        }
    }
}

fn note(waiting: &Waiting, change: Change, now: Instant, told: &mut Vec<Arc<Activity>>) {
    waiting.each(|token, activity| {
        if activity.note(token, change, now) {
            told.push(Arc::clone(activity));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(table: &Table, id: WatchId, name: Option<&str>) -> usize {
        let mut told = Vec::new();
        let mut report = table.report(&mut told);
        report.change(id, name.map(OsStr::new), Change::Touched);
        let count = report.told.len();
        report.tell();
        count
    }

    fn register(table: &Table, id: WatchId, name: Option<&str>, who: Token, at: &Arc<Activity>) {
        let waiter = (Token::next(), at);
        let kept = table.register(table.endings(), id, name.map(OsStr::new), who, waiter);
        assert!(kept.is_ok());
    }

    #[test]
    fn an_event_reaches_who_waits_for_that_name_and_nobody_else() {
        let table = Table::default();
        let (one, other) = (Arc::default(), Arc::default());
        register(&table, 1, Some("a"), Token::next(), &one);
        register(&table, 1, Some("b"), Token::next(), &other);
        assert_eq!(told(&table, 1, Some("a")), 1);
        assert_eq!(told(&table, 1, Some("c")), 0);
        assert_eq!(told(&table, 2, Some("a")), 0);
        assert_eq!(
            told(&table, 1, None),
            2,
            "an event of the directory concerns all"
        );
    }

    #[test]
    fn a_watch_is_unused_when_its_last_name_goes() {
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
    fn a_watch_that_ended_before_it_was_registered_is_asked_for_again() {
        let table = Table::default();
        let (activity, who) = (Arc::default(), Token::next());
        let before = table.endings();
        let mut told = Vec::new();
        let mut report = table.report(&mut told);
        report.died(1);
        report.tell();
        let again = table.register(before, 1, None, who, (Token::next(), &activity));
        assert_eq!(again, Err(table.endings()));
        assert!(!table.is_live(1));
        assert!(table.end_unused(1));
        assert_ne!(again, Err(table.endings()), "giving back is an ending too");
    }
}
