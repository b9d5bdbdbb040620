//! [`Writer`]: the thread that writes lines.

use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Receiver;
use std::thread;

use serde::Serialize;
use tracing::{error, info, warn};

use super::file::LogFile;
use super::journal::MOST_TARGETS;
use super::queue::Message;
use super::record::{Lost, Record, SourceFile};
use crate::clock::time_of_day;
use crate::error::Error;

pub(super) struct Writer {
    file: LogFile,
    lost: Arc<AtomicU64>,
    /// Whether the last line could not be written.
    is_failing: bool,
    /// The sources whose permissions were reported, the oldest first.
    reported: VecDeque<Arc<str>>,
}

impl Writer {
    pub(super) fn new(file: LogFile, lost: Arc<AtomicU64>) -> Self {
        Self {
            file,
            lost,
            is_failing: false,
            reported: VecDeque::new(),
        }
    }

    /// Starts the thread. It ends when the queue is gone and everything in it is written.
    pub(super) fn start(mut self, messages: Receiver<Message>) -> Result<(), Error> {
        let thread = thread::Builder::new().name("hot-reload-audit".to_owned());
        thread.spawn(move || {
            for message in messages {
                match message {
                    Message::Record(record) => self.write(*record),
                    Message::Flush(done) => {
                        self.report_lost();
                        let _ = done.send(());
                    }
                }
            }
            self.report_lost();
        })?;
        Ok(())
    }

    /// Writes the line of a record, after that of the records that were lost before.
    pub(super) fn write(&mut self, mut record: Record) {
        record.source = record.source_name.clone().map(|name| self.examine(name));
        self.report_lost();
        if !self.append(&record) {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    fn report_lost(&mut self) {
        let lines = self.lost.swap(0, Relaxed);
        let time = time_of_day();
        let kind = "lost";
        if lines > 0 && !self.append(&Lost { time, kind, lines }) {
            self.lost.fetch_add(lines, Relaxed);
        }
    }

    /// Whether the line was written. Logs the first failure, and its end.
    fn append(&mut self, line: &impl Serialize) -> bool {
        let moved = self.file.follow_rename();
        let written = match serde_json::to_string(line) {
            Ok(line) => self.file.append(&line),
            Err(error) => Err(io::Error::other(error)),
        };
        let is_written = written.is_ok();
        let path = self.file.path().display();
        match moved.and(written) {
            Ok(()) if self.is_failing => {
                self.is_failing = false;
                info!(target: "hot_reload", "the audit log {path} is written again");
            }
            Ok(()) => {}
            Err(_) if self.is_failing => {}
            Err(error) => {
                self.is_failing = true;
                let stays = match is_written {
                    true => "lines go to the file that was renamed",
                    false => "lines are lost until it can be written",
                };
                error!(
                    target: "hot_reload",
                    "the audit log {path} cannot be written: {error}; {stays}, and services go on"
                );
            }
        }
        is_written
    }

    /// Whether the permissions of the source were not reported yet. Remembers it, and forgets the oldest of too many.
    fn is_first_report(&mut self, name: &Arc<str>) -> bool {
        if self.reported.contains(name) {
            return false;
        }
        if self.reported.len() >= MOST_TARGETS {
            self.reported.pop_front();
        }
        self.reported.push_back(Arc::clone(name));
        true
    }

    /// The facts about a source, if its name is the path of a file.
    fn examine(&mut self, name: Arc<str>) -> SourceFile {
        let file = fs::metadata(&*name).ok();
        let writable_by = file.as_ref().and_then(writable_by);
        match writable_by {
            Some(who) if self.is_first_report(&name) => warn!(
                target: "hot_reload",
                "the permissions of {name} let {who} change it; run `chmod go-w` on it, unless that is intended",
                who = if who == "group" { "its group" } else { "anybody" }
            ),
            Some(_) => {}
            None => {
                self.reported.retain(|reported| *reported != name);
            }
        }
        SourceFile {
            owner: file.as_ref().and_then(owner),
            modified: file.and_then(|file| file.modified().ok()),
            writable_by,
            name,
        }
    }
}

#[cfg(unix)]
fn owner(file: &Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::uid(file))
}

/// Who may write the file besides its owner.
#[cfg(unix)]
fn writable_by(file: &Metadata) -> Option<&'static str> {
    match std::os::unix::fs::MetadataExt::mode(file) {
        mode if mode & 0o002 != 0 => Some("others"),
        mode if mode & 0o020 != 0 => Some("group"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn owner(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn writable_by(_: &Metadata) -> Option<&'static str> {
    None
}
