//! The commands, which run instead of the server.
//!
//! - `check`: loads and validates a configuration file;
//! - `remote`: sends requests to a running server, through `client`; `show` writes its answers for people.
//!
//! A command prints its result to standard output, and why it failed to standard error.

mod check;
mod client;
mod remote;
mod show;

use std::io::{self, Write};
use std::process::ExitCode;

use self::client::Failure;
use crate::args::{self, Ask, Command};

/// Runs a command. Returns the exit code of the program.
pub(crate) fn run(command: &Command) -> ExitCode {
    let mut page = Vec::new();
    let code = match command {
        Command::Check(check) => check::run(check, &mut page),
        Command::Ask(ask) => self::ask(ask),
        Command::Completions { shell } => {
            let mut line = args::line();
            let name = line.get_name().to_owned();
            clap_complete::generate(*shell, &mut line, name, &mut page);
            0
        }
        Command::Man => match clap_mangen::Man::new(args::line()).render(&mut page) {
            Ok(()) => 0,
            Err(_) => 1,
        },
    };
    // An error means that the reader has closed the stream.
    let _ = io::stdout().lock().write_all(&page);
    ExitCode::from(code)
}

/// Sends a request to a running server.
fn ask(ask: &Ask) -> u8 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(remote::run(ask)),
        Err(error) => Err(Failure::Refused(error.to_string())),
    };
    remote::code(ended)
}
