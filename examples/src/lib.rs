#![doc = include_str!("../../README.md")]

use std::fmt::Display;

/// Prints a line for the person who runs an example.
#[allow(
    clippy::print_stdout,
    reason = "the output of an example is for a person"
)]
pub fn say(line: impl Display) {
    println!("{line}");
}
