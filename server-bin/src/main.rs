//! The server as a program: arguments, log, signals and exit codes around [`server_lib::Server`].
//!
//! | exit code | why |
//! |---|---|
//! | 0 | stopped by SIGTERM or SIGINT; by a second one, without waiting for open requests |
//! | 1 | a part of the server failed while it ran |
//! | 2 | wrong arguments |
//! | 3 | `check --deny-warnings`: the configuration is valid and has warnings. `status`: a target is degraded |
//! | 4 | a command cannot reach the server |
//! | 78 | the configuration is wrong, at the start or for `check`; one line says where and what to do |
//!
//! Without a command, the program serves. `cli` has the commands.
//!
//! SIGHUP reloads the configuration, and systemd gets the outcome. SIGQUIT, SIGUSR1 and SIGUSR2 are logged and have no other effect; SIGPIPE and SIGXFSZ
//! have none. `main` installs all handlers first.
//!
//! If the reader of standard error hangs or fails, the program goes on: lines that it does not take are dropped and counted.

mod admin;
mod args;
mod cli;
mod descriptors;
mod early;
mod logs;
mod notifier;
mod output;
mod signals;

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::error::ErrorKind;
use hot_reload::Registry;
use hot_reload::audit::AuditLog;
use hot_reload::diff::RevisionKey;
use server_lib::{Server, ServerConfig, ServerContext, ServerError, Shutdown};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::args::Serve;
use crate::logs::Logs;
use crate::notifier::Notifier;
use crate::output::Output;
use crate::signals::Signals;

/// `EX_CONFIG` of `sysexits.h`.
pub(crate) const CONFIGURATION: u8 = 78;

/// How long the end waits for the audit log to be written.
const AUDIT_FLUSH: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let signals = Signals::catch();
    let line = match args::parse() {
        Ok(line) => line,
        Err(answer) => return print(&answer),
    };
    let args = match line {
        Ok(args) => args,
        Err(command) => {
            // Otherwise nothing but SIGKILL would end a command that waits.
            if let Err(error) = Signals::release() {
                return print(&clap::Error::raw(ErrorKind::Io, error));
            }
            return cli::run(&command);
        }
    };
    let logs = Arc::new(Logs::start(args.log_format));
    let code = match run(&args, signals, &logs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            logs.fail(&failure.line);
            ExitCode::from(failure.code)
        }
    };
    logs.finish();
    code
}

/// Prints the help, the version, or an error about the arguments.
fn print(answer: &clap::Error) -> ExitCode {
    let output = match answer.use_stderr() {
        true => Output::start(io::stderr(), |_| Vec::new()),
        false => Output::start(io::stdout(), |_| Vec::new()),
    };
    output.line(answer.to_string().as_bytes());
    output.finish();
    ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2))
}

/// Why the program ends, in one line.
struct Failure {
    code: u8,
    line: String,
}

fn run(args: &Serve, signals: io::Result<Signals>, logs: &Arc<Logs>) -> Result<(), Failure> {
    let shutdown = Shutdown::new();
    signals?.follow(shutdown.clone(), Arc::clone(logs))?;
    logs.read_environment().map_err(|line| Failure {
        code: CONFIGURATION,
        line,
    })?;
    descriptors::raise();
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(serve(args, shutdown, Arc::clone(logs)));
    // A file system that hangs holds a thread that nobody can stop. The end does not wait for it.
    runtime.shutdown_background();
    ended
}

async fn serve(args: &Serve, shutdown: Shutdown, logs: Arc<Logs>) -> Result<(), Failure> {
    let path = args.config.display().to_string();
    let config = ServerConfig::builder(&path).await.map_err(other)?;
    let listening = Arc::new(Notify::new());
    let listens = Arc::clone(&listening);
    let context = ServerContext::new(shutdown.clone())
        .on_log(move |filter| logs.follow(filter))
        .on_listen(move |_| listens.notify_one());
    let key = admin::revision_key(args)?;
    let audit = audit(args, context.registry(), key)?;
    let notifier = Notifier::start(context.registry())?;
    let admin = admin::start(args, context.registry(), key).await?;
    let config = args.configure(config);
    let config = match &args.revision_key_file {
        // The revision of a large configuration costs much memory for a moment, and without a shared key it has little use.
        Some(_) => config.value_revisions(key),
        None => config,
    };
    let server = Server::run(config, context);
    let ended = notifier.follow(server, listening, shutdown).await;
    if let Some(admin) = admin {
        admin.stop().await;
    }
    if let Some(audit) = audit {
        // A disk that hangs must not delay the end.
        let flushed = tokio::task::spawn_blocking(move || audit.flush());
        let _ = timeout(AUDIT_FLUSH, flushed).await;
    }
    ended.map_err(|error| match error {
        ServerError::Listen { .. } => Failure {
            code: CONFIGURATION,
            line: format!("{path}: {error}"),
        },
        error if error.is_configuration() => Failure {
            code: CONFIGURATION,
            line: error.to_string(),
        },
        error => other(error),
    })
}

/// Opens the audit log, if the arguments name a file.
fn audit(args: &Serve, registry: &Registry, key: RevisionKey) -> Result<Option<AuditLog>, Failure> {
    let Some(file) = &args.audit_log else {
        return Ok(None);
    };
    let log = AuditLog::open(file).map_err(|error| Failure {
        code: CONFIGURATION,
        line: format!("--audit-log: {error}"),
    })?;
    let log = log.revision_key(key);
    registry.observe(log.clone());
    Ok(Some(log))
}

fn other(error: impl Error) -> Failure {
    Failure {
        code: 1,
        line: error.to_string(),
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        other(error)
    }
}
