//! [`Early`]: the lines of the start, which wait until the filter that decides about them is known.
//!
//! The filter stands in the configuration, and the first lines come before the configuration is loaded.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::output::Output;

/// How many lines wait at most. Further ones are lost; the start of the server writes some dozens at the level `trace`.
const MOST: usize = 1024;

/// Where log lines go: at first into a list, and on to the output once somebody has decided.
#[derive(Clone)]
pub(crate) struct Early {
    output: Output,
    /// `None` once somebody has decided.
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

    /// Lets those lines go on that are wanted, and from now on every line. Only the first decision counts.
    pub(crate) fn decide(&self, wanted: impl Fn(&str, &Level) -> bool) {
        let mut waiting = self.lock();
        // The lock is held until all are through, so that later lines follow them.
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

    /// Whether nobody has decided yet.
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

/// One line. It goes on when it is dropped, as a whole.
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
