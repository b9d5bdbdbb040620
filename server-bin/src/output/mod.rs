//! [`Output`]: a standard stream behind a bounded queue, so that its reader cannot hold up the program.
//!
//! A thread writes the lines. While the stream takes none, the queue fills up and further lines are dropped and counted.
//! A line with the count marks the gap. Lines that a failing stream does not take are counted too; a failure has no other
//! effect.
//!
//! - `sink`: writes the lines and the reports.

mod sink;

use std::io::Write;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

use self::sink::Sink;

/// How many lines wait for the stream before further ones are dropped: enough for a burst, and about a MiB of usual lines.
const QUEUE: usize = 4096;

/// How long the end of the program waits for the stream to take the lines that are left.
const PATIENCE: Duration = Duration::from_secs(1);

/// A stream behind a bounded queue. Clones share it.
#[derive(Clone)]
pub(crate) struct Output {
    queue: NonBlocking,
    tally: Arc<Tally>,
    /// Ends the thread. It is taken by the first [`finish`](Output::finish).
    guard: Arc<Mutex<Option<WorkerGuard>>>,
}

/// The counts of lines.
#[derive(Default)]
struct Tally {
    offered: AtomicUsize,
    /// The lines dropped because the queue was full.
    dropped: OnceLock<ErrorCounter>,
    /// The lines that the thread has handled.
    written: Mutex<usize>,
    progress: Condvar,
}

impl Output {
    /// Starts the thread that writes to this stream.
    pub(crate) fn start(
        stream: impl Write + Send + 'static,
        report: impl Fn(usize) -> Vec<u8> + Send + 'static,
    ) -> Self {
        Self::with_queue(QUEUE, stream, report)
    }

    fn with_queue(
        lines: usize,
        stream: impl Write + Send + 'static,
        report: impl Fn(usize) -> Vec<u8> + Send + 'static,
    ) -> Self {
        let tally = Arc::new(Tally::default());
        let sink = Sink::new(stream, Arc::clone(&tally), lines, Box::new(report));
        let (queue, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(lines)
            .thread_name("output")
            .finish(sink);
        let _ = tally.dropped.set(queue.error_counter());
        Self {
            queue,
            tally,
            guard: Arc::new(Mutex::new(Some(guard))),
        }
    }

    /// Queues one line, or several as one entry. Never waits.
    pub(crate) fn line(&self, line: &[u8]) {
        self.tally.offered.fetch_add(1, Ordering::Relaxed);
        // The queue never reports an error: it drops and counts lines that do not fit.
        let _ = self.queue.clone().write_all(line);
    }

    /// Waits until the stream has taken all lines, at most [`PATIENCE`]. Later lines are lost.
    pub(crate) fn finish(&self) {
        let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(guard) = { guard }.take() else {
            return;
        };
        if self.tally.wait() {
            drop(guard);
        } else {
            // Dropping it would wait for the thread, which waits for the stream, and would print to standard output.
            mem::forget(guard);
        }
    }
}

impl Tally {
    fn dropped(&self) -> usize {
        self.dropped.get().map_or(0, ErrorCounter::dropped_lines)
    }

    /// Counts a line that the thread has handled.
    fn count(&self) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        *written += 1;
        self.progress.notify_all();
    }

    /// Waits until the thread has handled all lines. Returns false on a timeout.
    fn wait(&self) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let pending =
            |written: &mut usize| *written + self.dropped() < self.offered.load(Ordering::Relaxed);
        let waited = self.progress.wait_timeout_while(written, PATIENCE, pending);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

#[cfg(test)]
mod tests;
