//! A log of the decisions about the values of services, in a file: [`AuditLog`].
//!
//! ```
//! use hot_reload::Registry;
//! use hot_reload::audit::AuditLog;
//!
//! # fn example() -> Result<(), hot_reload::Error> {
//! let registry = Registry::new();
//! let log = AuditLog::open("/var/log/myapp/reloads.jsonl")?;
//! registry.observe(log.clone());
//! // Services are built with `.register(&registry)`.
//!
//! // At the end, after the services have stopped:
//! log.flush();
//! # Ok(())
//! # }
//! ```
//!
//! # Lines
//!
//! Each line is one JSON object. A decision has one line: a load that published, rejected, failed or held a value, or found none; a
//! rollback; a pause and its end. A load that finds nothing new has a line only if somebody requested it. A failure that repeats has one
//! line, until another outcome follows or somebody requests a load. The same for content that stays held, even if it changes
//! meanwhile. Each rollback has a line. A confirmation has none.
//!
//! | field | content |
//! |---|---|
//! | `time` | the time of the event: RFC 3339, UTC |
//! | `id` | a number that increases, also across restarts of the process |
//! | `target` | the name of the service |
//! | `kind` | `load`, `paused` or `resumed` |
//! | `trigger` | the cause of the load. `manual`, `signal` and `http` are the requester, but a load by `resume` is `manual`, also over HTTP; `rollback` is a rollback, by a person or after a failed probation |
//! | `outcome`, `stage` | the [outcome](crate::Outcome), and the stage that rejected the value |
//! | `generation`, `revision` | the visible value after the event. The revision is that [of the value](crate::Builder::value_revisions), if the service computes it |
//! | `old_generation`, `old_revision` | of a published value: the value that it replaced, if the log has an earlier event of the service |
//! | `rejected_revision` | the revision of rejected content, as a keyed hash; see [`AuditLog::revision_key`] |
//! | `changed` | the [paths](crate::event::ChangedPaths) that a published value changed, if the service compares values. Never values |
//! | `error`, `error_kind` | the reason of a rejection or a failure, as the log shows it, with secrets redacted |
//! | `source` | the source: its `name`; if it is the path of a file, also the user id of its `owner`, the time `modified`, and `writable_by` |
//!
//! A field without a value is `null`. `writable_by` is `others` or `group` if the permissions of the file let anybody or its group
//! change it. The log of the program warns of it once. The file is examined when the line is written, shortly after the event.
//!
//! # The file
//!
//! The file is created with mode 0600, and only appended to. A symbolic link is not followed (on Linux). One thread writes. It gets
//! lines through a queue of 1,024, so that a slow disk delays neither a service nor a reader. Lines that do not fit, or cannot be
//! written, are lost: the log of the program reports the first failure, and the next line that can be written has their number:
//! `{"time":"2026-11-21T06:15:08.042Z","kind":"lost","lines":12}`.
//!
//! To rotate the file, rename it (the default of `logrotate`; not `copytruncate`): the next line creates a new one.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod file;
mod journal;
mod queue;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use self::file::LogFile;
use self::journal::Journal;
use self::queue::Queue;
use self::writer::Writer;
use crate::diff::RevisionKey;
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::locks::lock;

/// An append-only log of decisions, for [`Registry::observe`](crate::Registry::observe) or
/// [`Builder::observe`](crate::Builder::observe). The [module](crate::audit) describes its lines.
///
/// Cloning is cheap; clones write to the same file.
#[derive(Clone)]
pub struct AuditLog {
    inner: Arc<Inner>,
    key: RevisionKey,
}

struct Inner {
    journal: Mutex<Journal>,
    queue: Queue,
}

impl AuditLog {
    /// Opens the file, or creates it, and starts the thread that writes. Blocks while the file is opened.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened for appending, or is a symbolic link, or the thread cannot be started.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let file = LogFile::open(path.as_ref())?;
        let (queue, messages) = Queue::new();
        Writer::new(file, queue.lost()).start(messages)?;
        Ok(Self {
            inner: Arc::new(Inner {
                journal: Mutex::new(Journal::new(crate::clock::time_of_day())),
                queue,
            }),
            key: RevisionKey::random(),
        })
    }

    /// Sets the key under which revisions of rejected content are hashed. Default: [`RevisionKey::random`].
    ///
    /// A plain hash would let a reader of the log test guesses of a weak secret in the content.
    #[must_use]
    pub fn revision_key(self, key: RevisionKey) -> Self {
        Self { key, ..self }
    }

    /// Waits until all lines so far are written or lost. Blocks the thread, so do not call it in a task or in an observer.
    ///
    /// Without it, the last lines before the end of the process may be missing.
    pub fn flush(&self) {
        self.inner.queue.flush();
    }
}

impl Observer for AuditLog {
    fn on_event(&self, event: &Event) {
        let record = lock(&self.inner.journal).record(event, self.key);
        if let Some(record) = record {
            self.inner.queue.push(record);
        }
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog").finish_non_exhaustive()
    }
}
