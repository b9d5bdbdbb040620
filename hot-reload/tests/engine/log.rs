//! [`log`]: captures the log lines of a test.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

thread_local! {
    /// The lines that this thread logged: all lines of a test.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// One subscriber for all tests: those that come and go beside each other lose lines.
pub(crate) fn log() -> Log {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Log)
            .init();
        // `tracing` may have cached that no subscriber wants a line that another test logged during this set-up.
        tracing::callsite::rebuild_interest_cache();
    });
    LOG.with_borrow_mut(Vec::clear);
    Log
}

pub(crate) struct Log;

impl Log {
    /// All of it.
    pub(crate) fn text(&self) -> String {
        LOG.with_borrow(|lines| String::from_utf8_lossy(lines).into_owned())
    }

    /// The number of lines that begin with this text.
    pub(crate) fn starting_with(&self, text: &str) -> usize {
        LOG.with_borrow(|lines| {
            let lines = String::from_utf8_lossy(lines);
            lines.lines().filter(|line| line.starts_with(text)).count()
        })
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        LOG.with_borrow(|lines| {
            let lines = String::from_utf8_lossy(lines);
            lines.lines().filter(|line| line.contains(text)).count()
        })
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
