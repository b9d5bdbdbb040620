//! `check`: loads a configuration file as the server does, and prints one line for each problem.

use hot_reload::Error;
use serde::Serialize;
use server_lib::ServerConfig;

use crate::CONFIGURATION;
use crate::args::{Check, Format};

/// The exit code if there are warnings, and they are denied.
const WARNINGS: u8 = 3;

/// A problem. As JSON, the fields of an error stand beside `severity`.
#[derive(Serialize)]
#[serde(tag = "severity", rename_all = "snake_case")]
enum Problem<'p> {
    Error(&'p Error),
    Warning { message: &'p str },
}

/// Writes the problems of the file to this page. Returns the exit code.
pub(super) fn run(check: &Check, page: &mut Vec<u8>) -> u8 {
    let config = match ServerConfig::load(&check.config) {
        Ok(config) => config,
        Err(error) => {
            print(check.format, &Problem::Error(&error), page);
            return CONFIGURATION;
        }
    };
    let warnings = config.warnings();
    for message in &warnings {
        print(check.format, &Problem::Warning { message }, page);
    }
    match check.deny_warnings && !warnings.is_empty() {
        true => WARNINGS,
        false => 0,
    }
}

fn print(format: Format, problem: &Problem<'_>, page: &mut Vec<u8>) {
    let line = match (format, problem) {
        (Format::Text, Problem::Error(error)) => error.to_string(),
        (Format::Text, Problem::Warning { message }) => format!("warning: {message}"),
        (Format::Json, problem) => serde_json::to_string(problem).unwrap_or_default(),
    };
    page.extend_from_slice(line.as_bytes());
    page.push(b'\n');
}
