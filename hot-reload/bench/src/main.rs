//! Ratios of this crate to the bare kernel interface and to release 0.3.6, measured in one run.
//!
//! Absolute times depend on the machine and are printed as context only. The exit code is 0 for any ratios; a lost change is
//! a failure. Linux only, because it compares with inotify.

#![allow(
    clippy::disallowed_methods,
    reason = "a stopwatch reads the clock, and a pause between two measurements is a sleep"
)]

mod bare;
mod census;
mod content;
mod fleet;
mod group;
mod host;
mod latency;
mod member;
mod one_folder;
mod place;
mod polling;
mod process;
mod published;

use anyhow::bail;

/// A measurement: its name on the command line, and its function.
type Bench = (&'static str, fn() -> anyhow::Result<()>);

const BENCHES: [Bench; 5] = [
    ("latency", latency::run),
    ("polling", polling::run),
    ("fleet", fleet::run),
    ("one_folder", one_folder::run),
    ("group", group::run),
];

fn main() -> anyhow::Result<()> {
    let wanted: Vec<_> = std::env::args().skip(1).collect();
    if let Some((role, arguments)) = wanted.split_first()
        && role == member::ROLE
    {
        return member::run(arguments);
    }
    for name in &wanted {
        if !BENCHES.iter().any(|(known, _)| known == name) {
            bail!("no bench is called {name}: there are {}", names());
        }
    }
    for (name, run) in BENCHES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            run()?;
        }
    }
    Ok(())
}

fn names() -> String {
    BENCHES.map(|(name, _)| name).join(", ")
}
