//! [`View`]: the files that a load has found at rest, and [`Pause`]: the wait before its next step.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::settle;
use super::stamp::{Kind, Stamp};
use crate::source::file::os::{self, Writers};
use crate::source::file::watch::open_watch::OpenWatch;
use crate::source::file::watch::subscription::FileWatch;
use crate::source::file::watch::writes::Seen;

/// The files as they were when they were found at rest.
pub(crate) struct View {
    /// By path, in the order asked for.
    pub(crate) stamps: Vec<io::Result<Stamp>>,
    /// The open watch, and its events before the stamps were taken.
    pub(crate) watched: Option<(OpenWatch, Seen)>,
    /// The file that the kernel was asked about, if it is the only one. Nothing was read of it yet.
    pub(crate) opened: Option<File>,
    /// Whether the kernel said that nobody writes. Then nobody may write later either.
    pub(crate) proven: bool,
}

/// A wait, and what ends it early.
pub(crate) struct Pause {
    pub(crate) time: Duration,
    pub(crate) epoch: Option<(OpenWatch, u64)>,
}

impl View {
    /// Whether no event reported a write since. Another file may have taken the name. Then the read content is whole, and
    /// the next load finds the new file.
    pub(crate) fn still_holds(&self) -> bool {
        self.watched
            .as_ref()
            .is_none_or(|(open, seen)| open.counts().1 == seen.written)
    }

    /// Whether an event has said that the file is complete.
    pub(crate) fn is_announced(&self) -> bool {
        let seen = self.watched.as_ref().map(|(_, seen)| seen);
        seen.is_some_and(|seen| seen.complete.is_some())
    }

    /// A pause that ends early with the next event.
    pub(crate) fn pause(&self, time: Duration) -> Pause {
        let epoch = self.watched.as_ref().map(|(open, _)| {
            let (epoch, _) = open.counts();
            (open.clone(), epoch)
        });
        Pause { time, epoch }
    }

    /// The file, open and not read yet, if it is the only one and the kernel was asked about it.
    pub(crate) fn opened(&self) -> Option<&File> {
        self.opened.as_ref()
    }

    /// Whether still nobody writes to the opened file, if nobody did before.
    pub(crate) fn is_still_at_rest(&self) -> bool {
        let file = self.opened.as_ref().filter(|_| self.proven);
        file.is_none_or(|file| os::writers_now(file) != Writers::Somebody)
    }

    /// Whether the content may be taken although it changed during the read: neither the kernel nor an event reports a writer.
    pub(crate) fn may_be_taken(&self, watch: &FileWatch) -> bool {
        let mut stamps = self.stamps.iter().flatten();
        if stamps.any(|stamp| watch.is_never_closed(stamp.inode())) {
            return true;
        }
        let unclosed = |(open, _): &(OpenWatch, Seen)| {
            let seen = open.seen();
            let stamps = self.stamps.iter().flatten();
            let mut changed = stamps.filter(|stamp| stamp.kind == Kind::File);
            os::CLOSES && !self.proven && changed.any(|stamp| settle::unclosed(&seen, stamp))
        };
        self.is_still_at_rest() && !self.watched.as_ref().is_some_and(unclosed)
    }

    /// Whether the kernel said that nobody writes to the opened file. It only says so on file systems of this machine.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven && self.opened.is_some()
    }

    /// Notes that the load has accepted the files.
    pub(crate) fn accept(&self) {
        if let Some((open, seen)) = &self.watched
            && let Some(complete) = seen.complete
        {
            open.use_up(complete);
        }
    }
}

impl Pause {
    /// Waits. Cancel safe.
    pub(crate) async fn wait(self) {
        match self.epoch {
            Some((open, epoch)) => open.pause(epoch, self.time).await,
            None => tokio::time::sleep(self.time).await,
        }
    }
}
