//! [`Output`]: a standard stream behind a bounded queue, so that its reader cannot hold up the program.
//!
//! A thread writes the lines. While the stream takes none, the queue fills up and further lines are dropped and counted.
//! A line with the count marks the gap. Lines that a failing stream does not take are counted too; a failure has no other
//! effect.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// How many lines wait for the stream before further ones are dropped: enough for a burst, and about a MiB of usual lines.
const QUEUE: usize = 4096;

/// How long the end of the program waits for the stream to take the lines that are left.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pause before the next attempt to write to a stream that is non-blocking and full.
const PAUSE: Duration = Duration::from_millis(10);

/// Makes the line that reports how many lines were dropped.
type Report = Box<dyn Fn(usize) -> Vec<u8> + Send>;

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

    /// Waits until the thread has handled all lines. Returns false on a timeout.
    fn wait(&self) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let pending =
            |written: &mut usize| *written + self.dropped() < self.offered.load(Ordering::Relaxed);
        let waited = self.progress.wait_timeout_while(written, PATIENCE, pending);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

/// The writer of the thread. It never returns an error, so that the thread goes on.
struct Sink<W> {
    stream: W,
    tally: Arc<Tally>,
    /// The length of the queue.
    queue: usize,
    /// The lines that the stream failed to take.
    failed: usize,
    /// The number of lost lines reported so far.
    reported: usize,
    /// The number of lines to write before the next report, if lines were lost.
    due: Option<usize>,
    /// Whether the stream has taken only part of the last line.
    torn: bool,
    report: Report,
}

impl<W: Write> Sink<W> {
    fn new(stream: W, tally: Arc<Tally>, queue: usize, report: Report) -> Self {
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
        let mut written = self
            .tally
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *written += 1;
        self.tally.progress.notify_all();
        Ok(line.len())
    }

    /// The queue is empty.
    fn flush(&mut self) -> io::Result<()> {
        self.report();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// A stream that takes as many bytes as the test allows, and records them.
    struct Scripted {
        steps: Receiver<io::Result<usize>>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // After the script it takes everything.
            let step = self
                .steps
                .recv()
                .unwrap_or(Ok(usize::MAX))?
                .min(bytes.len());
            self.taken.lock().unwrap().extend_from_slice(&bytes[..step]);
            Ok(step)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    type Steps = SyncSender<io::Result<usize>>;

    struct Rig {
        output: Output,
        steps: Steps,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    /// The stream, its script, and the bytes that it has taken.
    fn scripted() -> (Scripted, Steps, Arc<Mutex<Vec<u8>>>) {
        let (sender, steps) = sync_channel(100);
        let taken = Arc::default();
        let stream = Scripted {
            steps,
            taken: Arc::clone(&taken),
        };
        (stream, sender, taken)
    }

    fn rig(queue: usize) -> Rig {
        let (stream, steps, taken) = scripted();
        let output = Output::with_queue(queue, stream, |lost| format!("{lost} lost\n").into());
        Rig {
            output,
            steps,
            taken,
        }
    }

    impl Rig {
        /// Ends the script and the output, and returns the bytes that the stream has taken.
        fn end(self) -> String {
            drop(self.steps);
            self.output.finish();
            String::from_utf8(self.taken.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn healthy_stream_gets_all_lines_in_order_before_the_end() {
        let rig = rig(1000);
        let lines: String = (0..1000).map(|line| format!("line {line}\n")).collect();
        for line in lines.split_inclusive('\n') {
            rig.output.line(line.as_bytes());
        }
        assert_eq!(rig.end(), lines);
    }

    #[test]
    fn lines_beyond_the_queue_are_dropped_and_the_gap_is_marked() {
        let rig = rig(4);
        // The stream takes nothing yet: of ten lines one is with the thread at most, and four are in the queue.
        for line in 0..10 {
            rig.output.line(format!("line {line}\n").as_bytes());
        }
        let dropped = rig.output.tally.dropped();
        assert!(dropped == 5 || dropped == 6, "{dropped}");
        let text = rig.end();
        let kept: String = (0..10 - dropped)
            .map(|line| format!("line {line}\n"))
            .collect();
        assert_eq!(text, format!("{kept}{dropped} lost\n"));
    }

    #[test]
    fn partly_written_line_is_ended_before_the_next_one() {
        let (stream, steps, taken) = scripted();
        let tally = Arc::default();
        let mut sink = Sink::new(
            stream,
            tally,
            10,
            Box::new(|lost| format!("{lost} lost\n").into()),
        );
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
        for step in [Ok(4), full(), full(), Ok(3), Ok(100), Ok(100)] {
            steps.send(step).unwrap();
        }
        sink.write_all(b"one two\n").unwrap();
        sink.flush().unwrap();
        sink.write_all(b"three\n").unwrap();
        sink.flush().unwrap();
        let text = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "one \nthree\n1 lost\n");
    }

    #[test]
    fn report_follows_the_queued_lines_while_more_arrive() {
        let (stream, steps, taken) = scripted();
        drop(steps);
        let mut sink = Sink::new(
            stream,
            Arc::default(),
            3,
            Box::new(|lost| format!("{lost} lost\n").into()),
        );
        sink.failed = 7;
        for line in 0..6 {
            sink.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        let text = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "0\n1\n2\n3\n4\n7 lost\n5\n");
    }

    #[test]
    fn interrupted_and_non_blocking_writes_are_repeated() {
        let rig = rig(10);
        for kind in [io::ErrorKind::Interrupted, io::ErrorKind::WouldBlock] {
            rig.steps.send(Err(kind.into())).unwrap();
        }
        rig.output.line(b"line\n");
        assert_eq!(rig.end(), "line\n");
    }

    #[test]
    fn finish_does_not_wait_for_a_blocked_stream() {
        let rig = rig(10);
        for _ in 0..20 {
            rig.output.line(b"line\n");
        }
        // Returns although the script still blocks the stream.
        rig.output.finish();
        assert_eq!(*rig.taken.lock().unwrap(), b"");
    }

    #[test]
    fn failing_stream_only_loses_lines() {
        let rig = rig(10);
        for _ in 0..20 {
            rig.steps
                .send(Err(io::ErrorKind::BrokenPipe.into()))
                .unwrap();
        }
        for _ in 0..3 {
            rig.output.line(b"line\n");
        }
        rig.output.finish();
        assert_eq!(*rig.taken.lock().unwrap(), b"");
    }
}
