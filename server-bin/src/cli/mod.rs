//! The commands: what the program does instead of serving.
//!
//! - `check`: loads and checks a configuration file.
//!
//! A command prints its result to standard output.

mod check;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::args::{Command, CommandLine, Serve};

/// The command of a command line, as the error, or the arguments of the server.
///
/// # Errors
///
/// If neither is given.
pub(crate) fn or_serve(line: CommandLine) -> Result<Result<Serve, Command>, clap::Error> {
    match (line.command, line.serve) {
        (Some(command), _) => Ok(Err(command)),
        (None, Some(serve)) => Ok(Ok(serve)),
        (None, None) => {
            let text = "name a configuration file with --config FILE, or a command";
            Err(CommandLine::command().error(ErrorKind::MissingRequiredArgument, text))
        }
    }
}

/// Runs a command. Returns the exit code of the program.
pub(crate) fn run(command: &Command) -> ExitCode {
    let mut page = Vec::new();
    let code = match command {
        Command::Check(check) => check::run(check, &mut page),
        Command::Completions { shell } => {
            let mut line = CommandLine::command();
            let name = line.get_name().to_owned();
            clap_complete::generate(*shell, &mut line, name, &mut page);
            0
        }
        Command::Man => match clap_mangen::Man::new(CommandLine::command()).render(&mut page) {
            Ok(()) => 0,
            Err(_) => 1,
        },
    };
    // Whoever has closed the stream wants no more of it.
    let _ = io::stdout().lock().write_all(&page);
    ExitCode::from(code)
}
