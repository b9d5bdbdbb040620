//! [`Options`]: how a source watches and reads its files.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

use super::file_events::FileEvents;
use super::writing::MAX_WRITER_WAIT;
use crate::source::file::os;

/// Decides whether a name in a directory that is watched as a whole matters. It runs on the watcher's thread, so it only
/// compares.
type Interest = dyn Fn(&OsStr) -> bool + Send + Sync;

/// The options of a source. A source and its open watch share them.
#[derive(Default, Clone)]
pub(crate) struct Options {
    events: FileEvents,
    leases: Leases,
    /// `None`: all names.
    interest: Option<Arc<Interest>>,
    settle: Duration,
    republish_on_touch: bool,
    /// `None`: the default.
    max_writer_wait: Option<Duration>,
}

/// Whether the kernel is asked who has a file open for writing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Leases {
    #[default]
    Ask,
    Never,
}

impl Options {
    pub(crate) fn with_events(self, events: FileEvents) -> Self {
        Self { events, ..self }
    }

    pub(crate) fn with_leases(self, ask: bool) -> Self {
        let leases = if ask { Leases::Ask } else { Leases::Never };
        Self { leases, ..self }
    }

    pub(crate) fn with_settle(self, settle: Duration) -> Self {
        Self {
            settle: settle.min(MAX_SETTLE),
            ..self
        }
    }

    pub(crate) fn with_max_writer_wait(self, longest: Duration) -> Self {
        Self {
            max_writer_wait: Some(longest),
            ..self
        }
    }

    pub(crate) fn with_republish_on_touch(self) -> Self {
        Self {
            republish_on_touch: true,
            ..self
        }
    }

    #[cfg(feature = "dir")]
    pub(crate) fn with_interest(
        self,
        interest: impl Fn(&OsStr) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            interest: Some(Arc::new(interest)),
            ..self
        }
    }

    pub(crate) fn events(&self) -> FileEvents {
        self.events
    }

    /// The time for which a file must be untouched before it is read.
    pub(crate) fn settle(&self) -> Duration {
        self.settle
    }

    /// Whether a file with a new modification time counts as changed, whatever its content.
    pub(crate) fn republishes_on_touch(&self) -> bool {
        self.republish_on_touch
    }

    /// The longest wait for a writer.
    pub(crate) fn max_writer_wait(&self) -> Duration {
        self.max_writer_wait.unwrap_or(MAX_WRITER_WAIT)
    }

    /// Whether the kernel may and can be asked who writes.
    pub(crate) fn asks_who_writes(&self) -> bool {
        os::LEASES && self.leases == Leases::Ask
    }

    /// Whether a change of this name matters, in a directory that is watched as a whole.
    pub(crate) fn wants(&self, name: &OsStr) -> bool {
        self.interest.as_ref().is_none_or(|interest| interest(name))
    }
}

/// Adds the options that all sources of files have to a builder. It has a method `with`, which changes its [`Options`].
macro_rules! file_options {
    ($source:ty) => {
        impl $source {
            /// Where the events come from. Default: [`FileEvents::Native`](crate::source::file::FileEvents::Native).
            pub fn events(self, events: crate::source::file::FileEvents) -> Self {
                self.with(|options| options.with_events(events))
            }

            /// Whether the kernel is asked before a read if anybody has the file open for writing. Default: `true`. The question
            /// is a read lease, which is released at once. It is possible on Linux, for file systems of this machine.
            ///
            /// A writer that opens the file within these two microseconds waits for their end. If it opens with `O_NONBLOCK`,
            /// it is refused instead. In both cases this process gets a `SIGURG`, which does nothing unless it is handled.
            pub fn leases(self, ask: bool) -> Self {
                self.with(|options| options.with_leases(ask))
            }

            /// The time for which a changed file must be untouched before it is read. Default: none; at most 5 s.
            ///
            /// It is for a writer that appends by opening the file again and again: between two parts the file looks
            /// finished. Every change is seen later by this time. A file that is never untouched for so long is read two
            /// seconds after this time at the latest. The times of the file system count, so its clock must be right.
            pub fn settle(self, untouched: std::time::Duration) -> Self {
                self.with(|options| options.with_settle(untouched))
            }

            /// The longest wait for a writer that has a file open. Default: 60 s.
            ///
            /// Meanwhile the value stays, and [`Status::hold`](crate::Status::hold) says that the file is [being
            /// written](crate::event::HoldReason::BeingWritten). If the kernel does not report writers, the wait for an
            /// unclosed write ends after 10 s without another write. A shorter time bounds this wait, too. Then the file is
            /// loaded as it is, once nobody has written for 500 ms, and the source is degraded by `never_closed`.
            pub fn wait_for_writers(self, longest: std::time::Duration) -> Self {
                self.with(|options| options.with_max_writer_wait(longest))
            }

            /// Publishes the value again when a file was touched: its modification time has changed, whatever its content.
            /// Default: a file with the same content has not changed.
            ///
            /// It is for people who use `touch` as a command to reload. Each save publishes a value then, even if nothing in it
            /// has changed. A value that is held stays held.
            /// [`Control::republish`](crate::Control::republish) does the same once, without a touch.
            pub fn republish_on_touch(self) -> Self {
                self.with(|options| options.with_republish_on_touch())
            }
        }
    };
}
pub(crate) use file_options;

/// The cap of [`settle`](Options::settle). Together with the longest wait of a load it stays below the load deadline.
/// Otherwise, a file that is written to forever would only ever time out.
pub(crate) const MAX_SETTLE: Duration = Duration::from_secs(5);
