//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use hot_reload::ReloaderConfig;

/// Serves HTTP as a file says, and goes on serving while the file changes.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// The configuration
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// How changes of the file are noticed
    #[arg(short, long, value_name = "MODE", default_value = "hybrid")]
    pub(crate) watch_mode: WatchMode,

    /// Seconds between two loads of the file, where it is polled
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) interval: u32,

    /// The form of the log lines on standard error
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WatchMode {
    /// By looking at it at intervals
    Polling,
    /// By the file system's notifications
    Realtime,
    /// By both: a notification that does not come is made up for
    Hybrid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

impl Args {
    /// The service's configuration.
    pub(crate) fn reloader(&self) -> ReloaderConfig {
        match self.watch_mode {
            WatchMode::Polling => ReloaderConfig::polling(self.interval),
            WatchMode::Realtime => ReloaderConfig::realtime(),
            WatchMode::Hybrid => ReloaderConfig::hybrid(self.interval),
        }
    }
}
