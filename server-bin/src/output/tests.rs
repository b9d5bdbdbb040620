//! Tests with a scripted stream.

use std::io;
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
