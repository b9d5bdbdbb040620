//! [`Seen`]: the combined events about the files of one source, mainly about unfinished writes.

use std::time::Instant;

use super::event::{Change, Token};

/// All events so far, summarized.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The number of events.
    pub(crate) epoch: u64,
    /// The number of events that wrote, or may have written.
    pub(crate) written: u64,
    /// The last event about content, if it said that the content is complete.
    pub(crate) complete: Option<Complete>,
    /// The writes that have not ended.
    pub(crate) writes: Vec<Write>,
}

/// The name or inode that an event said to be complete, and the number of that event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Complete {
    pub(crate) token: Token,
    epoch: u64,
}

/// A write without an event of its end.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) token: Token,
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    /// Whether the name was created and no byte was written.
    pub(crate) only_created: bool,
}

impl Seen {
    /// Adds an event.
    pub(crate) fn note(&mut self, token: Token, change: Change, now: Instant) {
        self.epoch += 1;
        match change {
            Change::Written | Change::Created => {
                self.written += 1;
                self.complete = None;
                self.write(token, change == Change::Created, now);
            }
            Change::Closed | Change::Arrived => {
                self.writes.retain(|write| write.token != token);
                self.complete = Some(Complete {
                    token,
                    epoch: self.epoch,
                });
            }
            Change::Gone => {
                self.writes.retain(|write| write.token != token);
                self.complete = None;
            }
            // This also comes when an inode is replaced, after its successor has arrived. It says nothing about the content.
            Change::Touched => {}
        }
    }

    fn write(&mut self, token: Token, only_created: bool, now: Instant) {
        match self.writes.iter_mut().find(|write| write.token == token) {
            Some(write) => {
                write.last = now;
                write.only_created = only_created;
            }
            None => self.writes.push(Write {
                token,
                first: now,
                last: now,
                only_created,
            }),
        }
    }
}
