//! [`Queue`]: a bounded queue of records to the thread that writes. Pushing never waits.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::record::Record;

/// The most records that wait. About half a megabyte.
pub(super) const ROOM: usize = 1_024;

pub(super) enum Message {
    Record(Box<Record>),
    /// Answered once all earlier records are written or lost.
    Flush(SyncSender<()>),
}

pub(super) struct Queue {
    sender: SyncSender<Message>,
    /// The number of lost records that no line reports yet.
    lost: Arc<AtomicU64>,
}

impl Queue {
    pub(super) fn new() -> (Self, Receiver<Message>) {
        let (sender, messages) = sync_channel(ROOM);
        let lost = Arc::default();
        (Self { sender, lost }, messages)
    }

    pub(super) fn lost(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.lost)
    }

    /// Adds a record, or counts it as lost.
    pub(super) fn push(&self, record: Record) {
        if self
            .sender
            .try_send(Message::Record(record.into()))
            .is_err()
        {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    /// Waits until the thread has handled all messages so far.
    pub(super) fn flush(&self) {
        let (done, ended) = sync_channel(1);
        // An error means that the thread has ended, so nothing is left to write.
        if self.sender.send(Message::Flush(done)).is_ok() {
            let _ = ended.recv();
        }
    }
}
