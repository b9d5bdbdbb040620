//! [`Early`]: a buffer for log lines until the log filter is known.
//!
//! The filter is part of the configuration, and the first lines are logged before the configuration is loaded.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::output::Output;

/// The largest number of waiting lines. Further ones are lost; a start logs some dozens at the level `trace`.
const MOST: usize = 1024;

/// A log writer: it buffers lines until [`decide`](Self::decide), and then passes them on to the output.
#[derive(Clone)]
pub(crate) struct Early {
    output: Output,
    /// `None` once the filter is known.
    waiting: Arc<Mutex<Option<Vec<Waiting>>>>,
}

struct Waiting {
    level: Level,
    target: String,
    line: Vec<u8>,
}

impl Early {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            waiting: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    /// Passes on the buffered lines that are wanted, and every later line. Only the first call has an effect.
    pub(crate) fn decide(&self, wanted: impl Fn(&str, &Level) -> bool) {
        let mut waiting = self.lock();
        // The lock is held until all lines are passed on, so that later lines follow them.
        for Waiting {
            level,
            target,
            line,
        } in waiting.take().unwrap_or_default()
        {
            if wanted(&target, &level) {
                self.output.line(&line);
            }
        }
    }

    /// Whether the filter is still unknown.
    pub(crate) fn is_waiting(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for Early {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        self.line(Level::INFO, "")
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line<'a> {
        self.line(*event.level(), event.target())
    }
}

impl Early {
    fn line(&self, level: Level, target: &str) -> Line<'_> {
        Line {
            early: self,
            level,
            target: target.to_owned(),
            line: Vec::new(),
        }
    }
}

/// One line. It is passed on as a whole when it is dropped.
pub(crate) struct Line<'a> {
    early: &'a Early,
    level: Level,
    target: String,
    line: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = mem::take(&mut self.line);
        match self.early.lock().as_mut() {
            None => self.early.output.line(&line),
            Some(waiting) if waiting.len() < MOST => waiting.push(Waiting {
                level: self.level,
                target: mem::take(&mut self.target),
                line,
            }),
            Some(_) => {}
        }
    }
}
