//! The cost of a read: this crate against other ways to share a value, in one run.
//!
//! It prints a table of ratios and their bounds. The ratios count; the times depend on the machine and its load. The exit
//! code is always 0.

#![allow(
    clippy::disallowed_methods,
    reason = "a stopwatch reads the clock, and a pause between two measurements is a sleep"
)]

mod accessors;
mod contender;
mod others;
mod published;

mod idle;
mod publish;
mod retired;
mod swap;
mod threads;
mod timed;
mod waking;

mod estimates;
mod figures;
mod ratios;
mod rows;

use criterion::Criterion;

use crate::estimates::Estimates;
use crate::rows::Rows;

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut criterion = Criterion::default()
        .output_directory(folder.path())
        .configure_from_args();
    timed::all(&mut criterion);
    criterion.final_summary();

    let mut rows = Rows::default();
    ratios::add(&mut rows, &Estimates(folder.path().to_owned()))?;
    // There are no ratios if the command line asks for a list, a test run or one benchmark.
    if !rows.is_empty() {
        figures::add(&mut rows)?;
        rows.print("reads: ratios of one run, and their bounds");
    }
    Ok(())
}
