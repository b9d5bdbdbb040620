//! The server as a program: arguments, log, signals and exit codes around [`server_lib::Server`].
//!
//! | exit code | why |
//! |---|---|
//! | 0 | told to stop by SIGTERM or SIGINT; told twice, without waiting for open requests |
//! | 1 | something ended that should not |
//! | 2 | wrong arguments |
//! | 78 | the configuration is wrong at the start; one line on standard error says where and what to do |
//!
//! SIGHUP asks for a look at the file.

mod args;
mod descriptors;
mod logs;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::Parser;
use hot_reload::{Control, ReloaderService, Trigger};
use server_lib::{Server, ServerConfig, ServerContext, ServerError, Shutdown};
use tokio::runtime::Runtime;

use crate::args::{Args, WatchMode};
use crate::logs::Logs;

/// `EX_CONFIG` of `sysexits.h`.
const CONFIGURATION: u8 = 78;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.line);
            ExitCode::from(failure.code)
        }
    }
}

/// Why the program ends, in one line.
struct Failure {
    code: u8,
    line: String,
}

fn run(args: &Args) -> Result<(), Failure> {
    // The service would wait for a good file for ever; an operator who starts the server wants to know at once.
    let config = ServerConfig::load(&args.config).map_err(|error| Failure {
        code: CONFIGURATION,
        line: error.to_string(),
    })?;
    let logs = Logs::start(args.log_format, &config.log).map_err(|line| Failure {
        code: CONFIGURATION,
        line,
    })?;
    descriptors::raise();
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(serve(args, logs));
    // A file system that hangs holds a thread that nobody can stop. The end does not wait for it.
    runtime.shutdown_background();
    ended
}

async fn serve(args: &Args, logs: Logs) -> Result<(), Failure> {
    let shutdown = Shutdown::new();
    // Before anything else, so that no signal finds the default, which is to die.
    stop_on_signal(shutdown.clone())?;

    let path = args.config.display().to_string();
    let (service, rx) = ReloaderService::new(&path, args.reloader())
        .await
        .map_err(other)?;
    let context = ServerContext::new(shutdown).on_log(move |filter| logs.follow(filter));
    reload_on_hangup(service.control())?;
    let server = Server::new(rx, context);
    let ended = match args.watch_mode {
        WatchMode::Polling => server.entrypoint(service).await,
        WatchMode::Realtime | WatchMode::Hybrid => server.entrypoint_with_realtime(service).await,
    };
    ended.map_err(|error| match error {
        ServerError::Listen { .. } => Failure {
            code: CONFIGURATION,
            line: format!("{path}: {error}"),
        },
        error => other(error),
    })
}

/// SIGTERM and SIGINT, and Ctrl-C where there are no signals.
fn stop_on_signal(shutdown: Shutdown) -> io::Result<()> {
    #[cfg(unix)]
    let (mut terminate, mut interrupt) = {
        use tokio::signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        )
    };
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        shutdown.stop();
        // Whoever asks again does not want to wait for open requests.
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(0);
    });
    Ok(())
}

/// SIGHUP: the file is looked at now. What comes of it is in the log.
fn reload_on_hangup(control: Control<ServerConfig>) -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                let outcome = control.reload_by(Trigger::Signal).await;
                tracing::info!(%outcome, "looked at the file, as SIGHUP asked");
            }
        });
    }
    #[cfg(not(unix))]
    drop(control);
    Ok(())
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
