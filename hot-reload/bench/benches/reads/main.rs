//! What a read costs: ours against other ways to share a value, one after the other in one run.
//!
//! Ends with a table of ratios against their bounds. The ratios count; the times depend on the machine, and on what else
//! it does. The exit code is 0 whatever they are.

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
    // Without ratios it was asked for something else than the whole: a list, a test run, one benchmark.
    if !rows.is_empty() {
        figures::add(&mut rows)?;
        rows.print("reads: ratios of one run, and their bounds");
    }
    Ok(())
}
