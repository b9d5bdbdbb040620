//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use server_lib::ConfigBuilder;

/// Serves HTTP, and reloads its configuration file while it serves.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) serve: Option<Serve>,
}

/// The arguments of the server.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file
    #[arg(short, long, value_name = "FILE", env = "SERVER_CONFIG")]
    pub(crate) config: PathBuf,

    /// How the server detects changes of the file
    #[arg(
        short,
        long,
        value_name = "MODE",
        env = "SERVER_WATCH_MODE",
        default_value = "hybrid"
    )]
    pub(crate) watch_mode: WatchMode,

    /// Seconds between two loads while the file is polled
    #[arg(long, value_name = "SECONDS", env = "SERVER_INTERVAL", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) interval: u32,

    /// The format of the log lines on standard error
    #[arg(
        long,
        value_name = "FORMAT",
        env = "SERVER_LOG_FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

/// What the program does instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Loads and checks a configuration file, without any effect
    Check(Check),
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, for `man -l -`
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The configuration file
    #[arg(short, long, value_name = "FILE", env = "SERVER_CONFIG")]
    pub(crate) config: PathBuf,

    /// The format of the problems on standard output, one line each
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Exits with 3 if there are warnings
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

/// The format of what a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WatchMode {
    /// Loads the file at intervals
    Polling,
    /// Loads the file when the file system reports a change
    Realtime,
    /// Loads the file when the file system reports a change, and at a heartbeat in case a report is missed
    Hybrid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

impl Serve {
    /// Configures how the service detects changes.
    pub(crate) fn strategy(&self, config: ConfigBuilder) -> ConfigBuilder {
        let interval = Duration::from_secs(self.interval.into());
        match self.watch_mode {
            WatchMode::Polling => config.interval(interval),
            WatchMode::Realtime => config.realtime().interval(REALTIME_INTERVAL),
            WatchMode::Hybrid => config.hybrid().interval(interval),
        }
    }
}

/// How often the file is loaded in realtime mode while its watch is down, as by
/// [`ReloaderConfig::realtime`](hot_reload::ReloaderConfig::realtime).
const REALTIME_INTERVAL: Duration = Duration::from_secs(10);
