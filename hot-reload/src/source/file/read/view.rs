//! [`View`]: what a look has found at rest, and [`Pause`]: how long to wait until it is.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::settle;
use super::stamp::{Kind, Stamp};
use crate::source::file::os::{self, Writers};
use crate::source::file::watch::subscription::{Follow, Watch};
use crate::source::file::watch::writes::Seen;

/// The files as they were when they were found at rest.
pub(crate) struct View {
    /// By path, in the order asked for.
    pub(crate) stamps: Vec<io::Result<Stamp>>,
    /// The watch, and what it had seen before.
    pub(crate) watched: Option<(Watch, Seen)>,
    /// The file that was asked about, if it is the only one; nothing was read of it yet.
    pub(crate) opened: Option<File>,
    /// Nobody was writing then, so nobody must be later either.
    pub(crate) proven: bool,
}

/// How long to wait, and what ends it early.
pub(crate) struct Pause {
    pub(crate) time: Duration,
    pub(crate) epoch: Option<(Watch, u64)>,
}

impl View {
    /// Whether nobody was seen to write since. A file that has taken the name meanwhile is another matter: what was
    /// read is whole, and the next look finds the new one.
    pub(crate) fn still_holds(&self) -> bool {
        self.watched
            .as_ref()
            .is_none_or(|(watch, seen)| watch.counts().1 == seen.written)
    }

    /// Whether an event has said that the file is complete.
    pub(crate) fn is_announced(&self) -> bool {
        let seen = self.watched.as_ref().map(|(_, seen)| seen);
        seen.is_some_and(|seen| seen.complete.is_some())
    }

    /// A pause that ends early with the next event.
    pub(crate) fn pause(&self, time: Duration) -> Pause {
        let epoch = self.watched.as_ref().map(|(watch, _)| {
            let (epoch, _) = watch.counts();
            (watch.clone(), epoch)
        });
        Pause { time, epoch }
    }

    /// The file, open and not read yet, if there is one of them and it was asked about.
    pub(crate) fn opened(&self) -> Option<&File> {
        self.opened.as_ref()
    }

    /// Whether nobody writes to what was opened, where nobody did before.
    pub(crate) fn is_still_at_rest(&self) -> bool {
        let file = self.opened.as_ref().filter(|_| self.proven);
        file.is_none_or(|file| os::writers_now(file) != Writers::Somebody)
    }

    /// Whether the content may be taken although it changed during the read: neither the kernel nor an event reports a writer.
    pub(crate) fn may_be_taken(&self, follow: &Follow) -> bool {
        let tireless = |stamp: &io::Result<Stamp>| {
            stamp
                .as_ref()
                .is_ok_and(|stamp| follow.is_tireless(stamp.inode()))
        };
        if self.stamps.iter().any(tireless) {
            return true;
        }
        let unclosed = |(watch, _): &(Watch, Seen)| {
            let seen = watch.seen();
            let stamps = self.stamps.iter().flatten();
            let mut changed = stamps.filter(|stamp| stamp.kind == Kind::File);
            os::CLOSES && !self.proven && changed.any(|stamp| settle::unclosed(&seen, stamp))
        };
        self.is_still_at_rest() && !self.watched.as_ref().is_some_and(unclosed)
    }

    /// Whether the file was asked about and nobody wrote, which is believed of file systems of this machine only.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven && self.opened.is_some()
    }

    /// What was found is taken for good.
    pub(crate) fn accept(&self) {
        if let Some((watch, seen)) = &self.watched
            && let Some(complete) = seen.complete
        {
            watch.use_up(complete);
        }
    }
}

impl Pause {
    /// Waits. Cancel safe.
    pub(crate) async fn wait(self) {
        match self.epoch {
            Some((watch, epoch)) => watch.pause(epoch, self.time).await,
            None => tokio::time::sleep(self.time).await,
        }
    }
}
