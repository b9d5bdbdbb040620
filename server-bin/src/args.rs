//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, FromArgMatches, Subcommand, ValueEnum};
use hot_reload::policy::Probation;
use server_lib::ConfigBuilder;

/// The command line: the arguments of the server, or a command.
pub(crate) fn line() -> clap::Command {
    let line = clap::Command::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Serves HTTP, and reloads its configuration file while it serves")
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true);
    Command::augment_subcommands(Serve::augment_args(line))
}

/// The arguments of the server, or a command. `derive(Parser)` does not fit: with it, each command fails if an environment
/// variable of the server is set.
///
/// # Errors
///
/// An error about the arguments, the help, or the version.
pub(crate) fn parse() -> Result<Result<Serve, Command>, clap::Error> {
    let matches = line().try_get_matches()?;
    match matches.subcommand_name() {
        Some(_) => Command::from_arg_matches(&matches).map(Err),
        None => Serve::from_arg_matches(&matches).map(Ok),
    }
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

    /// How many replaced configurations are kept in memory for `rollback`
    #[arg(
        long,
        value_name = "COUNT",
        env = "SERVER_HISTORY",
        default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(..=100)
    )]
    pub(crate) history: u8,

    /// Rolls a new configuration back unless `confirm` is called within this time; not the first one
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SERVER_CONFIRM_WITHIN",
        requires = "admin",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) confirm_within: Option<u32>,

    /// The file with a key that the instances of a fleet share, 32 hexadecimal digits: equal configurations then have equal
    /// revisions in the metrics
    #[arg(long, value_name = "FILE", env = "SERVER_REVISION_KEY_FILE")]
    pub(crate) revision_key_file: Option<PathBuf>,

    /// Appends a line of JSON to this file for each decision: who or what changed the configuration, when, and what became of it
    #[arg(long, value_name = "FILE", env = "SERVER_AUDIT_LOG")]
    pub(crate) audit_log: Option<PathBuf>,

    /// Serves the admin endpoints and metrics here: HOST:PORT, or unix:PATH
    #[arg(long, value_name = "ADDRESS", env = "SERVER_ADMIN")]
    pub(crate) admin: Option<String>,

    /// The file with the token of the admin endpoints; an address that is not loopback needs one
    #[arg(
        long,
        value_name = "FILE",
        env = "SERVER_ADMIN_TOKEN_FILE",
        requires = "admin"
    )]
    pub(crate) admin_token_file: Option<PathBuf>,
}

/// A command, which runs instead of the server.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Loads and validates a configuration file, without any effect
    Check(Check),
    #[command(flatten)]
    Ask(Ask),
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, for `man -l -`
    Man,
}

/// A request to a running server.
#[derive(Debug, Subcommand)]
pub(crate) enum Ask {
    /// Prints the state of a running server; exits with 3 if it is degraded, and with 4 if it cannot be reached
    Status {
        #[command(flatten)]
        remote: Remote,
        /// Prints the state again each second
        #[arg(long, conflicts_with = "json")]
        watch: bool,
        /// Prints the whole state as JSON
        #[arg(long)]
        json: bool,
    },
    /// Loads the sources of a running server now, and prints the outcome; exits with 1 unless the value is in force
    Reload {
        #[command(flatten)]
        remote: Remote,
    },
    /// Prints what a reload would do, without an effect; exits with 1 if it would be refused
    Plan {
        #[command(flatten)]
        remote: Remote,
    },
    /// Publishes an earlier value again
    Rollback {
        #[command(flatten)]
        remote: Remote,
        /// The generation of the earlier value; by default, the one before the visible value
        generation: Option<u64>,
    },
    /// Keeps a configuration that `--confirm-within` would roll back
    Confirm {
        #[command(flatten)]
        remote: Remote,
        /// Its generation, as `status` shows it
        generation: u64,
    },
    /// Holds every new value until `resume`
    Pause {
        #[command(flatten)]
        remote: Remote,
    },
    /// Ends a pause, a rollback and every other hold, and loads the sources
    Resume {
        #[command(flatten)]
        remote: Remote,
    },
    /// Prints the recent events
    Events {
        #[command(flatten)]
        remote: Remote,
        /// Prints each further event as it happens
        #[arg(short, long)]
        follow: bool,
        /// Prints JSON, one event per line
        #[arg(long)]
        json: bool,
    },
    /// Prints the recent history of a target: loads, holds, the watch
    Explain {
        #[command(flatten)]
        remote: Remote,
    },
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

/// The admin endpoints of a running server.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// Where the server has its admin endpoints: HOST:PORT, or unix:PATH
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SERVER_ADMIN",
        default_value = "unix:/run/server/admin.sock"
    )]
    pub(crate) admin: String,

    /// The file with the token of the admin endpoints
    #[arg(long, value_name = "FILE", env = "SERVER_ADMIN_TOKEN_FILE")]
    pub(crate) admin_token_file: Option<PathBuf>,

    /// The target, such as `config`; by default, all targets
    #[arg(short, long, value_name = "NAME")]
    pub(crate) target: Option<String>,
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
    /// Configures the service of the configuration.
    pub(crate) fn configure(&self, config: ConfigBuilder) -> ConfigBuilder {
        let config = config.history(self.history.into());
        let config = match self.confirm_within {
            Some(seconds) => {
                let window = Duration::from_secs(seconds.into());
                config.probation(Probation::until_confirmed(window))
            }
            None => config,
        };
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
