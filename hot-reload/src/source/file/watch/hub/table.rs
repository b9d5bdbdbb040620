//! [`Table`]: which source waits for which name in which directory.
//!
//! An event is looked up by its name, so it costs the same for ten thousand files in one directory as for one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::backend::WatchId;
use super::waiting::Waiting;
use crate::error::Error;
use crate::locks::lock;
use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::Token;

/// The index, shared by the sources that fill it and the backend's thread that reports into it.
#[derive(Default)]
pub(super) struct Table {
    pub(super) index: Mutex<Index>,
    failed: AtomicBool,
}

/// The state of a watch after one waiter has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remains {
    /// Other sources still wait for it.
    Used,
    /// No source waits for it any more.
    Unused,
    /// The watch had ended already.
    Ended,
}

#[derive(Default)]
pub(super) struct Index {
    /// How many watches have ended so far, for any reason.
    pub(super) endings: u64,
    pub(super) watches: HashMap<WatchId, Watch>,
    pub(super) subscribers: HashMap<Token, Arc<Activity>>,
}

/// The sources that wait for one watch.
#[derive(Default)]
pub(super) struct Watch {
    /// `None` for the watches of files, which are nearly all.
    names: Option<Box<Names>>,
    pub(super) inode: Waiting,
    /// Whether events were lost since it was registered last, maybe that of its end.
    pub(super) unconfirmed: bool,
}

type Names = HashMap<Arc<OsStr>, Waiting>;

impl Watch {
    pub(super) fn name(&self, name: &OsStr) -> Option<(&Arc<OsStr>, &Waiting)> {
        self.names.as_ref()?.get_key_value(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Waiting> {
        self.names.iter().flat_map(|names| names.values())
    }

    /// Removes this source. Returns whether none is left.
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

impl Table {
    pub(super) fn enter(&self, subscriber: Token, activity: &Arc<Activity>) {
        lock(&self.index)
            .subscribers
            .insert(subscriber, Arc::clone(activity));
    }

    pub(super) fn leave(&self, subscriber: Token) {
        lock(&self.index).subscribers.remove(&subscriber);
    }

    /// Whether this watch certainly still reports.
    pub(super) fn is_live(&self, id: WatchId) -> bool {
        let index = lock(&self.index);
        index
            .watches
            .get(&id)
            .is_some_and(|watch| !watch.unconfirmed)
    }

    /// How many watches have ended so far. The number of a watch means nothing if it was requested before an ending and is
    /// registered after it.
    pub(super) fn endings(&self) -> u64 {
        lock(&self.index).endings
    }

    /// Registers a source for a name, or for the inode. Returns the name as all sources share it.
    ///
    /// # Errors
    ///
    /// A watch has ended since this number of endings, maybe this one. Request it again, with the number that is returned.
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
        watch.unconfirmed = false;
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

    /// Removes a source, and returns the state of the watch after that.
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

    /// Ends this watch if no source waits for it. Returns whether it has ended.
    pub(super) fn end_unused(&self, id: WatchId) -> bool {
        let mut index = lock(&self.index);
        let unused = !index.watches.contains_key(&id);
        index.endings += u64::from(unused);
        unused
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Reports that events were lost, so that anything may have changed.
    pub(super) fn report_anything(&self) {
        let all: Vec<_> = lock(&self.index).subscribers.values().cloned().collect();
        for activity in all {
            activity.note_anything();
            activity.notify();
        }
    }

    /// Reports that no event will come any more.
    pub(super) fn fail(&self, error: &Error) {
        self.failed.store(true, Ordering::Release);
        let all: Vec<_> = lock(&self.index).subscribers.values().cloned().collect();
        for activity in all {
            activity.notify_lost(error);
        }
    }
}
