//! [`Sink`]: the writer behind the queue, which reports how many lines were lost.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Tally;

/// The pause before the next attempt to write to a stream that is non-blocking and full.
const PAUSE: Duration = Duration::from_millis(10);

/// Makes the line that reports how many lines were dropped.
type Report = Box<dyn Fn(usize) -> Vec<u8> + Send>;

/// The writer of the thread. It never returns an error, so that the thread goes on.
pub(super) struct Sink<W> {
    stream: W,
    tally: Arc<Tally>,
    /// The length of the queue.
    queue: usize,
    /// The lines that the stream failed to take.
    pub(super) failed: usize,
    /// The number of lost lines reported so far.
    reported: usize,
    /// The number of lines to write before the next report, if lines were lost.
    due: Option<usize>,
    /// Whether the stream has taken only part of the last line.
    torn: bool,
    report: Report,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(stream: W, tally: Arc<Tally>, queue: usize, report: Report) -> Self {
        Self {
            stream,
            tally,
            queue,
            failed: 0,
            reported: 0,
            due: None,
            torn: false,
            report,
        }
    }

    fn lost(&self) -> usize {
        self.failed + self.tally.dropped()
    }

    /// Writes all bytes. Returns false if the stream fails.
    fn put(&mut self, bytes: &[u8]) -> bool {
        let line = match mem::take(&mut self.torn) {
            true => &[b"\n", bytes].concat(),
            false => bytes,
        };
        let mut rest = line;
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) => break,
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    thread::park_timeout(PAUSE);
                }
                Err(_) => break,
            }
        }
        let _ = self.stream.flush();
        let before = line.len() - bytes.len();
        self.torn = !rest.is_empty() && (before > 0 || rest.len() < line.len());
        rest.is_empty()
    }

    fn report(&mut self) {
        self.due = None;
        let lost = self.lost();
        if lost > self.reported {
            let line = (self.report)(lost - self.reported);
            if self.put(&line) {
                self.reported = lost;
            }
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.put(line) {
            self.failed += 1;
        }
        // Dropped lines are newer than all lines that are in the queue now.
        match self.due {
            Some(0) => self.report(),
            Some(lines) => self.due = Some(lines - 1),
            None if self.lost() > self.reported => self.due = Some(self.queue),
            None => {}
        }
        self.tally.count();
        Ok(line.len())
    }

    /// The queue is empty.
    fn flush(&mut self) -> io::Result<()> {
        self.report();
        Ok(())
    }
}
