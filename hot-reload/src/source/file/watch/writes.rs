//! [`Seen`]: what the events about the files of one source say, taken together.

use std::time::Instant;

use super::activity::{Change, Token};

/// What was seen so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Goes up with every event.
    pub(crate) epoch: u64,
    /// Goes up when something was written, or may have been.
    pub(crate) written: u64,
    /// The last event about content said that it is complete.
    pub(crate) complete: Option<Complete>,
    /// Who is writing, and since when.
    pub(crate) writes: Vec<Write>,
}

/// Which name or inode was said to be complete, and by which event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Complete {
    pub(crate) token: Token,
    epoch: u64,
}

/// A write that was not yet seen to end.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) token: Token,
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    /// Only the name was seen to appear, no byte.
    pub(crate) only_created: bool,
}

impl Seen {
    /// Takes in an event.
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
            // Comes too when an inode is replaced, after its successor has arrived: says nothing about the content.
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
